//! A server that follows another, and takes its place.

use crate::account::run;
use crate::place;
use crate::server::{Options, Server};

impl Server {
    /// Starts a standby of this server, which has everything of it, and follows it through its socket. `name` is what
    /// `synchronous_standby_names` may call it.
    pub fn standby(&self, name: &str) -> Result<Self, String> {
        let directory = place::directory(self.account, 0o700, self.options.durable)?;
        self.take_to(
            &directory.path().join("data"),
            &["--write-recovery-conf", "--dbname", &format!("application_name={name}")],
        )?;
        let options = Options { tcp: false, archive: false, ..self.options.clone() };
        let path = directory.path().to_owned();
        let mut standby = Self::of(path.clone(), path, self.version, &options)?;
        // From here on the server removes it.
        let _ = directory.keep();
        standby.start_again()?;
        Ok(standby)
    }

    /// Makes a standby a primary, and waits until it is one.
    pub fn promote(&self) -> Result<(), String> {
        run(self.command("pg_ctl")?.args(["promote", "--silent", "--pgdata"]).arg(self.data()))
    }
}
