//! A way to a server of ours: the directory of its socket.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The one user, who may do everything.
pub(crate) const USER: &str = "postgres";

/// The database that is there from the start, from which others are made.
pub(crate) const FIRST: &str = "postgres";

/// The directory of a server's socket, the port in the socket's name, and the client that speaks to it.
#[derive(Clone, Debug)]
pub(crate) struct Socket {
    pub(crate) directory: PathBuf,
    pub(crate) port: u16,
    pub(crate) psql: PathBuf,
}

impl Socket {
    /// The database's URL, as sqlx reads it. The port is named, for sqlx would take one from a variable.
    pub(crate) fn url(&self, database: &str) -> String {
        let directory = self.directory.to_string_lossy();
        let directory = utf8_percent_encode(&directory, NON_ALPHANUMERIC);
        format!("postgres://{USER}@localhost:{}/{database}?host={directory}", self.port)
    }

    /// Runs the statements, each a transaction of its own; the answer is the rows, one a line, columns divided by `|`.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> Result<String, String> {
        let mut psql = Command::new(&self.psql)
            .args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1"])
            .args(["--username", USER, "--dbname", database, "--port", &self.port.to_string(), "--host"])
            .arg(&self.directory)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|why| format!("{} cannot be run: {why}.", self.psql.display()))?;
        let input = psql.stdin.take();
        let done = thread::scope(|scope| {
            // Beside reading, for psql answers before it has read all. One that failed has stopped reading; its error is
            // the one to tell.
            scope.spawn(move || input.map(|mut input| input.write_all(sql.as_bytes())));
            psql.wait_with_output()
        });
        let done = done.map_err(|why| format!("{} cannot be heard: {why}.", self.psql.display()))?;
        if done.status.success() {
            return Ok(String::from_utf8_lossy(&done.stdout).trim_end_matches('\n').to_owned());
        }
        Err(String::from_utf8_lossy(&done.stderr).trim().to_owned())
    }

    /// Makes an empty database; the answer is its name, which no other process has chosen.
    pub(crate) fn new_database(&self) -> Result<String, String> {
        let name = format!("test_{}", random()?);
        // Without the record of each page that the other way writes: half the time, where nothing is synchronised.
        self.sql(FIRST, &format!("CREATE DATABASE {name} STRATEGY FILE_COPY;")).map(|_| name)
    }
}

/// Sixteen letters and digits by chance.
pub(crate) fn random() -> Result<String, String> {
    let mut bytes = [0; 8];
    #[expect(clippy::disallowed_methods, reason = "an edge: names that other processes do not choose too")]
    getrandom::fill(&mut bytes).map_err(|why| format!("The system gives no random bytes: {why}."))?;
    Ok(format!("{:016x}", u64::from_ne_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_the_socket_in_which_nothing_can_be_misread() {
        let (directory, psql) = ("/tmp/a b&c".into(), PathBuf::new());
        let socket = Socket { directory, port: 5432, psql };
        assert_eq!(socket.url("one"), "postgres://postgres@localhost:5432/one?host=%2Ftmp%2Fa%20b%26c");
    }
}
