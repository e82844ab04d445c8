//! Servers that a test makes by commands of its own, as an operator does.

use std::env;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::account::{self, Account};
use crate::place;
use crate::version::Version;

/// Waits until nobody holds the other end of its input, which comes about however that process ends; then stops the servers
/// whose clusters are `NAME/data` in the directory, and removes the directory, which is its first argument.
const WATCH: &str = r#"
read -r word
for cluster in "$0"/*/data; do
    pg_ctl stop --silent --mode=immediate --pgdata="$cluster" >/dev/null 2>&1
done
rm -rf -- "$0"
"#;

/// A directory for servers. It is removed with the value, or when this process is killed, and the servers stopped before whose
/// clusters are in `NAME/data` of it.
#[derive(Debug)]
pub struct Workshop {
    version: Version,
    account: Option<Account>,
    directory: TempDir,
    watch: Child,
}

impl Workshop {
    /// An empty directory, which whoever runs servers owns.
    pub fn new(version: Version) -> Result<Self, String> {
        let account = account::other()?;
        let directory = place::directory(account, 0o700, false)?;
        let watch = shell(version, directory.path(), account, "/bin/sh")?
            .args(["-c", WATCH])
            .arg(directory.path())
            .process_group(0)
            .stdin(Stdio::piped())
            .spawn()
            .map_err(|why| format!("A shell cannot be started: {why}."))?;
        Ok(Self { version, account, directory, watch })
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// A shell in the directory, as whom servers run, with the programs of PostgreSQL on its path.
    pub fn shell(&self) -> Result<Command, String> {
        shell(self.version, self.directory(), self.account, "/bin/bash")
    }
}

fn shell(
    version: Version,
    directory: &Path,
    account: Option<Account>,
    shell: &str,
) -> Result<Command, String> {
    let programs = version.program("pg_ctl")?;
    let folders = programs.parent().into_iter().chain(["/usr/bin", "/bin"].map(Path::new));
    let path = env::join_paths(folders)
        .map_err(|why| format!("{} cannot be in PATH: {why}.", programs.display()))?;
    let mut command = account::command(Path::new(shell), directory, account);
    command.env("PATH", path);
    Ok(command)
}

impl Drop for Workshop {
    fn drop(&mut self) {
        drop(self.watch.stdin.take());
        // An error has nobody to be told to.
        let _ = self.watch.wait();
    }
}
