//! Programs of the system, by Debian's `apt-get`.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::shell::{Shell, say, succeed};

/// A program of the system, and the Debian packages that bring it.
pub(crate) struct Program {
    pub(super) name: &'static str,
    pub(super) packages: &'static str,
}

/// SQLite is C, and is compiled into the binary.
const CC: Program = Program { name: "cc", packages: "gcc libc6-dev" };
const PYTHON: Program = Program { name: "python3", packages: "python3 python3-pip" };
const NODE: Program = Program { name: "node", packages: "nodejs" };
const NPM: Program = Program { name: "npm", packages: "npm" };
const NGINX: Program = Program { name: "nginx", packages: "nginx" };
/// Finds what a Debian package depends on.
const SHLIBDEPS: Program = Program { name: "dpkg-shlibdeps", packages: "dpkg-dev" };
/// Judges a Debian package.
const LINTIAN: Program = Program { name: "lintian", packages: "lintian" };

/// What building and testing need. One that no test uses any more is to be taken out.
pub(crate) const FOR_TESTS: &[Program] = &[
    CC,
    // The lines that the demo and the README give to be pasted are run as they stand.
    Program { name: "curl", packages: "curl" },
    // Histories of repositories are searched for tokens.
    Program { name: "git", packages: "git" },
    // The README's application, and the client that is generated from the OpenAPI document.
    PYTHON,
    // The console is driven in a real browser.
    Program { name: "chromium", packages: "chromium" },
    NODE,
    NPM,
    // The package is judged, installed and removed.
    SHLIBDEPS,
    LINTIAN,
    // The container file is built, with stand-ins for the images that it builds upon; the compose file is read.
    Program { name: "podman", packages: "podman" },
    Program { name: "busybox", packages: "busybox-static" },
    // The unit is judged by the program whose file it is.
    Program { name: "systemd-analyze", packages: "systemd" },
    // Gateways in front of an application; others come from the Python package index.
    NGINX,
    Program { name: "haproxy", packages: "haproxy" },
];

/// What making the Debian package needs.
pub(crate) const FOR_PACKAGES: &[Program] = &[CC, SHLIBDEPS, LINTIAN];

/// What counting instructions needs.
pub(crate) const FOR_COUNTS: &[Program] = &[CC, Program { name: "valgrind", packages: "valgrind" }];

/// What is measured as a baseline beside programs of our own.
pub(crate) const FOR_BASELINES: &[Program] = &[NGINX];

/// What measuring rivals needs.
pub(crate) const FOR_RIVALS: &[Program] = &[
    CC,
    PYTHON,
    NODE,
    NPM,
    // Each has a processor of its own.
    Program { name: "taskset", packages: "util-linux" },
];

/// Where Debian asks whether a service may be started (`invoke-rc.d(8)`).
const POLICY: &str = "/usr/sbin/policy-rc.d";
/// What we answer there: no. The comment tells it from every other's, many of which are the same two lines.
const NO: &str = "#!/bin/sh\n# Symbolon's `cargo xtask` wrote this for as long as it installs packages, and removes it.\nexit 101\n";

/// Sees to it that the programs are there.
pub(crate) fn programs(shell: &Shell, wanted: &[Program]) -> Result<(), String> {
    let missing: Vec<&Program> = wanted.iter().filter(|program| !shell.has(program.name)).collect();
    if missing.is_empty() {
        let policy = Path::new(POLICY);
        let left = is_ours(policy) && is_root(shell);
        // By a run that was interrupted; or it is of one that is under way, which is waited for.
        return if left { without_services(policy, || Ok(())) } else { Ok(()) };
    }
    debian(shell, &missing)?;
    match missing.iter().find(|program| !shell.has(program.name)) {
        Some(lost) => Err(format!("{} was installed, but is in no folder of PATH.", lost.name)),
        None => Ok(()),
    }
}

/// By Debian's package manager, which only root may run.
pub(super) fn debian(shell: &Shell, missing: &[&Program]) -> Result<(), String> {
    let names: Vec<&str> = missing.iter().map(|program| program.name).collect();
    let packages: Vec<&str> = missing.iter().flat_map(|program| program.packages.split(' ')).collect();
    let (names, wanted) = (names.join(", "), packages.join(" "));
    if !shell.has("apt-get") {
        return Err(format!(
            "Missing: {names}. Install it with the system's package manager (Debian calls it: {wanted})."
        ));
    }
    if !is_root(shell) {
        return Err(format!("Missing: {names}. Install it: `sudo apt-get install {wanted}`."));
    }
    say(&format!("==> {names}: installing {wanted}"));
    let apt = |arguments: &[&str]| {
        succeed(shell.command("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive")).map_err(
            |how| format!("Missing: {names}, and `apt-get {}` ended with {how}.", arguments.join(" ")),
        )
    };
    without_services(Path::new(POLICY), || {
        apt(&["-q", "update"])?;
        apt(&[&["-q", "-y", "install", "--no-install-recommends"], packages.as_slice()].concat())
    })
}

fn is_root(shell: &Shell) -> bool {
    shell.answer("id", &["-u"]).is_some_and(|id| id.trim() == "0")
}

/// Lets nothing that is installed meanwhile be started as a service: what is wanted are programs, and a gateway that
/// came up by itself would be on the machine's own port 80. The machine's own policy is left alone; one that an
/// interrupted run of ours left is removed at the end.
fn without_services(policy: &Path, install: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    let _alone = alone(policy.parent().unwrap_or(policy))?;
    let written = OpenOptions::new().write(true).create_new(true).mode(0o755).open(policy);
    let ours = match written.and_then(|mut file| file.write_all(NO.as_bytes())) {
        Ok(()) => true,
        Err(why) if why.kind() == ErrorKind::AlreadyExists => is_ours(policy),
        Err(why) => return Err(format!("{} cannot be written: {why}.", policy.display())),
    };
    let outcome = install();
    if ours {
        fs::remove_file(policy).map_err(|why| format!("{} cannot be removed: {why}.", policy.display()))?;
    }
    outcome
}

/// Whether the policy is one that a run of ours wrote.
fn is_ours(policy: &Path) -> bool {
    fs::read(policy).is_ok_and(|found| found == NO.as_bytes())
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
