//! Installing Debian's packages without anything of theirs coming up.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::shell::say;

/// Where Debian asks whether a service may be started (`invoke-rc.d(8)`).
const POLICY: &str = "/usr/sbin/policy-rc.d";
/// What we answer there: no. The comment tells it from every other's, many of which are the same two lines.
const NO: &str = "#!/bin/sh\n# Symbolon's `cargo xtask` wrote this for as long as it installs packages, and removes it.\nexit 101\n";

/// What a new server of PostgreSQL's is told here (`pg_createcluster(8)`): make no cluster of your own. Debian reads
/// every file in this folder.
const CLUSTERS: &str = "/etc/postgresql-common/createcluster.d/symbolon-xtask.conf";
const NO_CLUSTER: &str = "# Symbolon's `cargo xtask` wrote this for as long as it installs packages, and removes it.\ncreate_main_cluster = false\n";

/// Lets nothing that is installed meanwhile be started as a service, nor make a cluster.
pub(super) fn quietly(install: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    without_services(Path::new(POLICY), || without_cluster(Path::new(CLUSTERS), install))
}

/// Whether a run of ours has not taken back what it told Debian.
pub(super) fn is_left() -> bool {
    is_ours(Path::new(POLICY), NO) || is_ours(Path::new(CLUSTERS), NO_CLUSTER)
}

/// Lets nothing that is installed meanwhile be started as a service: what is wanted are programs, and a gateway that
/// came up by itself would be on the machine's own port 80. The machine's own policy is left alone; one that an
/// interrupted run of ours left is removed at the end.
fn without_services(policy: &Path, install: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    let _alone = alone(policy.parent().unwrap_or(policy))?;
    with_file(policy, NO, 0o755, install)
}

/// Lets a PostgreSQL that is installed meanwhile make no cluster: the tests have their own, and one that the next start
/// of the machine brought up would be on its port 5432. Folders that are only there for the file go with it.
fn without_cluster(file: &Path, install: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    let folders = file.ancestors().skip(1).take(2);
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(|why| format!("{} cannot be made: {why}.", folder.display()))?;
    }
    let outcome = with_file(file, NO_CLUSTER, 0o644, install);
    for folder in folders {
        // One that is not empty is somebody else's.
        let _ = fs::remove_dir(folder);
    }
    outcome
}

/// Installs while the file is there with our text. Another's file is left alone.
fn with_file(
    file: &Path,
    text: &str,
    mode: u32,
    install: impl FnOnce() -> Result<(), String>,
) -> Result<(), String> {
    let written = OpenOptions::new().write(true).create_new(true).mode(mode).open(file);
    let ours = match written.and_then(|mut file| file.write_all(text.as_bytes())) {
        Ok(()) => true,
        Err(why) if why.kind() == ErrorKind::AlreadyExists => is_ours(file, text),
        Err(why) => return Err(format!("{} cannot be written: {why}.", file.display())),
    };
    let outcome = install();
    if ours {
        fs::remove_file(file).map_err(|why| format!("{} cannot be removed: {why}.", file.display()))?;
    }
    outcome
}

/// Whether the file is one that a run of ours wrote.
fn is_ours(file: &Path, text: &str) -> bool {
    fs::read(file).is_ok_and(|found| found == text.as_bytes())
}

/// Waits until no other run installs, and keeps others waiting while the answer lives: two at once would remove each
/// other's policy. The policy's folder itself is locked, so that no file is left by it.
fn alone(folder: &Path) -> Result<File, String> {
    let locked = File::open(folder).and_then(|lock| match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            say("==> waiting for another run, which is installing packages");
            lock.lock().map(|()| lock)
        }
        Err(TryLockError::Error(why)) => Err(why),
    });
    locked.map_err(|why| format!("{} cannot be locked: {why}.", folder.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use super::*;

    /// A folder of the test's own, with no policy in it.
    fn policy(test: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-policy-{test}-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        folder.join("policy-rc.d")
    }

    #[test]
    fn no_service_is_started_while_something_is_installed() {
        let policy = policy("none");
        let there = || {
            let mode = fs::metadata(&policy).map(|file| file.permissions().mode() & 0o777);
            assert_eq!(mode.map_err(|why| why.to_string()), Ok(0o755));
            Err("it fails".to_owned())
        };
        assert_eq!(without_services(&policy, there), Err("it fails".to_owned()));
        assert!(!policy.exists());
        fs::remove_dir(policy.parent().unwrap()).unwrap();
    }

    #[test]
    fn the_machines_own_policy_stays_and_one_that_a_run_of_ours_left_goes() {
        let policy = policy("left");
        for own in ["the machine's own", "#!/bin/sh\nexit 101\n"] {
            fs::write(&policy, own).unwrap();
            assert_eq!(without_services(&policy, || Ok(())), Ok(()));
            assert_eq!(fs::read_to_string(&policy).unwrap(), own);
        }
        fs::write(&policy, NO).unwrap();
        assert_eq!(without_services(&policy, || Err("it fails".to_owned())), Err("it fails".to_owned()));
        fs::remove_dir(policy.parent().unwrap()).unwrap();
    }

    #[test]
    fn a_postgresql_that_is_installed_makes_no_cluster() {
        let policy = policy("cluster");
        let root = policy.parent().unwrap();
        let file = root.join("postgresql-common/createcluster.d/ours.conf");
        let says_no = || fs::read_to_string(&file).unwrap().ends_with("\ncreate_main_cluster = false\n");
        let install = |made: bool| {
            without_cluster(&file, || {
                assert!(says_no());
                let package = root.join("postgresql-common/createcluster.conf");
                if made { fs::write(package, "theirs").map_err(|why| why.to_string()) } else { Ok(()) }
            })
        };
        assert_eq!(install(false), Ok(()));
        assert_eq!(fs::read_dir(root).unwrap().count(), 0, "nothing is left");
        assert_eq!(install(true), Ok(()));
        assert_eq!(fs::read_dir(root.join("postgresql-common")).unwrap().count(), 1, "what is theirs stays");
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn two_runs_do_not_install_at_once() {
        let policy = policy("two");
        let folder = policy.parent().unwrap();
        let is_locked = || matches!(File::open(folder).unwrap().try_lock(), Err(TryLockError::WouldBlock));
        let during = || {
            assert!(is_locked());
            Ok(())
        };
        assert_eq!(without_services(&policy, during), Ok(()));
        assert!(!is_locked());
        // The second waits for the first, and then finds no policy but its own.
        let first = alone(folder).unwrap();
        fs::write(&policy, "the machine's own").unwrap();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| without_services(&policy, || Ok(())));
            fs::remove_file(&policy).unwrap();
            drop(first);
            assert_eq!(second.join().unwrap(), Ok(()));
        });
        fs::remove_dir(folder).unwrap();
    }
}
