//! Copies of a cluster, and what is made of them again.

use std::fs::{self, File};
use std::path::Path;

use tempfile::TempDir;

use crate::account::run;
use crate::copy;
use crate::place;
use crate::server::Server;
use crate::socket::USER;

/// A copy of a server's cluster. It is removed with the value.
#[derive(Debug)]
pub struct Backup(TempDir);

/// Up to where the archived WAL is played back.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// A restore point, as `pg_create_restore_point` makes it.
    Name(&'a str),
    /// A moment, as PostgreSQL writes it.
    Time(&'a str),
}

impl Server {
    /// What `pg_basebackup` takes of it while it runs.
    pub fn base_backup(&self) -> Result<Backup, String> {
        let backup = self.empty_backup()?;
        self.take_to(&backup.0.path().join("data"), &[])?;
        Ok(backup)
    }

    /// Its files as they are while it is stopped, as a snapshot of a file system has them.
    pub fn snapshot(&self) -> Result<Backup, String> {
        self.is_stopped()?;
        let backup = self.empty_backup()?;
        self.copy_cluster(&self.data(), &backup.0.path().join("data"))?;
        Ok(backup)
    }

    /// Puts a copy in the place of what it has. It has to be stopped, and can then be started again.
    pub fn put_back(&self, backup: &Backup) -> Result<(), String> {
        self.is_stopped()?;
        let data = self.data();
        fs::remove_dir_all(&data).map_err(|why| format!("{} cannot be removed: {why}.", data.display()))?;
        self.copy_cluster(&backup.0.path().join("data"), &data)
    }

    /// Puts a copy in the place of what it has and starts it, with what its archive has beyond the copy, up to `target`.
    /// It has to be stopped.
    pub fn recover(&mut self, backup: &Backup, target: Target<'_>) -> Result<(), String> {
        self.put_back(backup)?;
        let signal = self.data().join("recovery.signal");
        File::create(&signal)
            .and_then(|_| copy::give(&signal, self.account))
            .map_err(|why| format!("{} cannot be made: {why}.", signal.display()))?;
        let restore = format!("cp {}/%f %p", self.archive().display());
        let target = match target {
            Target::Name(name) => ("recovery_target_name", name),
            Target::Time(time) => ("recovery_target_time", time),
        };
        // Of what was archived, that which the copy is of: an earlier recovery has left another behind.
        let timeline = ("recovery_target_timeline", "current");
        let action = ("recovery_target_action", "promote");
        self.configure(&[("restore_command", &restore), timeline, action, target])?;
        self.start_again()
    }

    /// Copies the cluster while the server runs.
    pub(crate) fn take_to(&self, data: &Path, more: &[&str]) -> Result<(), String> {
        let mut command = self.command("pg_basebackup")?;
        command.args([
            "--checkpoint=fast",
            "--no-sync",
            "--wal-method=stream",
            "--username",
            USER,
            "--pgdata",
        ]);
        command.arg(data).args(["--port", &self.socket().port.to_string(), "--host"]).arg(self.directory());
        run(command.args(more))
    }

    fn copy_cluster(&self, from: &Path, to: &Path) -> Result<(), String> {
        copy::tree(from, to, self.account)
            .map_err(|why| format!("{} cannot be copied: {why}.", from.display()))
    }

    fn empty_backup(&self) -> Result<Backup, String> {
        place::directory(self.account, 0o700, self.options.durable).map(Backup)
    }

    fn is_stopped(&self) -> Result<(), String> {
        if self.pid().is_none() { Ok(()) } else { Err("The server is running.".to_owned()) }
    }
}
