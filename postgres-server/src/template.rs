//! An empty cluster of each version, made once: `initdb` takes a second, and a copy a tenth of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::account::{Account, command, run};
use crate::version::{Version, tools};
use crate::{copy, place, socket::USER};

/// To be raised with every change to what `initdb` is told.
const FORM: u32 = 1;

/// The cluster to copy, which is made if it is not there yet.
pub(crate) fn template(version: Version, account: Option<Account>) -> Result<PathBuf, String> {
    template_in(&tools()?, version, account)
}

fn template_in(tools: &Path, version: Version, account: Option<Account>) -> Result<PathBuf, String> {
    let number = number(&version.program("postgres")?)?;
    let home = tools.join(format!("postgres-cluster-{number}-{FORM}"));
    if home.is_dir() {
        return Ok(home);
    }
    fs::create_dir_all(tools).map_err(|why| format!("{} cannot be made: {why}.", tools.display()))?;
    // Where the account may write, which the target directory need not be.
    let made = place::directory(account, 0o700, false)?;
    let cluster = made.path().join("data");
    initialise(&version.program("initdb")?, &cluster, account)?;
    let staging = tempfile::Builder::new()
        .prefix(".postgres-cluster-")
        .tempdir_in(tools)
        .map_err(|why| format!("Nothing can be made in {}: {why}.", tools.display()))?;
    let copied = staging.path().join("data");
    copy::tree(&cluster, &copied, None)
        .map_err(|why| format!("{} cannot be copied: {why}.", cluster.display()))?;
    match fs::rename(&copied, &home) {
        // Another process may have been quicker.
        Err(why) if !home.is_dir() => Err(format!("{} cannot be moved into place: {why}.", home.display())),
        _ => Ok(home),
    }
}

/// The number of the version, such as `15.14`.
fn number(postgres: &Path) -> Result<String, String> {
    let answer = Command::new(postgres).arg("--version").output();
    let answer = answer.map_err(|why| format!("{} cannot be run: {why}.", postgres.display()))?;
    // `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`
    let said = String::from_utf8_lossy(&answer.stdout);
    let number = said.split_whitespace().nth(2).filter(|number| !number.contains('/'));
    number.map(str::to_owned).ok_or_else(|| format!("{} does not tell its version.", postgres.display()))
}

/// Makes an empty cluster. Its files of settings are replaced in each copy.
fn initialise(initdb: &Path, cluster: &Path, account: Option<Account>) -> Result<(), String> {
    let mut initdb = command(initdb, cluster.parent().unwrap_or(cluster), account);
    initdb.args(["--encoding=UTF8", "--locale=C", "--auth=trust", "--no-sync", "--no-instructions"]);
    initdb.args(["--wal-segsize=1", "--username", USER, "--pgdata"]).arg(cluster);
    run(&mut initdb)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;
    use crate::account;

    #[test]
    fn two_that_make_it_at_once_find_one_whole_cluster_and_leave_nothing_else() {
        let tools = tempfile::tempdir().unwrap();
        let (account, both) = (account::other().unwrap(), Barrier::new(2));
        let make = || {
            both.wait();
            template_in(tools.path(), Version::Debian, account)
        };
        let (one, two) = thread::scope(|scope| {
            let two = scope.spawn(make);
            (make(), two.join().unwrap())
        });
        let home = one.unwrap();
        assert_eq!(two.as_ref(), Ok(&home));
        assert!(home.join("global/pg_control").is_file());
        let left: Vec<_> = fs::read_dir(tools.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(left, [home]);
    }
}
