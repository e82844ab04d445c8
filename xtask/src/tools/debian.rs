//! Programs of the system, by Debian's `apt-get`.

use std::fs;
use std::path::Path;

use super::quiet::{is_left, quietly};
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
/// Steps the wall clock of a process. Its library comes with the program that names it.
const FAKETIME: Program = Program { name: "faketime", packages: "faketime" };
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
    // The server's clock is stepped to the end of what was lent.
    FAKETIME,
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
    // Servers that tests start themselves; those of the newest version come from the Python package index.
    Program { name: "postgres", packages: "postgresql" },
];

/// What making the Debian package needs.
pub(crate) const FOR_PACKAGES: &[Program] = &[CC, SHLIBDEPS, LINTIAN];

/// What counting instructions needs.
pub(crate) const FOR_COUNTS: &[Program] = &[CC, Program { name: "valgrind", packages: "valgrind" }];

/// What long runs need.
pub(crate) const FOR_SOAKS: &[Program] =
    &[CC, Program { name: "postgres", packages: "postgresql" }, FAKETIME];

/// What is measured as a baseline beside programs of our own.
pub(crate) const FOR_BASELINES: &[Program] = &[NGINX];

/// What measuring a fleet needs.
pub(crate) const FOR_FLEETS: &[Program] = &[Program { name: "postgres", packages: "postgresql" }];

/// What measuring rivals needs.
pub(crate) const FOR_RIVALS: &[Program] = &[
    CC,
    PYTHON,
    NODE,
    NPM,
    // Each has a processor of its own.
    Program { name: "taskset", packages: "util-linux" },
];

/// Where Debian puts PostgreSQL's programs, which are in no folder of PATH: each version has a folder, and `bin` in it.
const POSTGRESQL: &str = "/usr/lib/postgresql";

/// Sees to it that the programs are there.
pub(crate) fn programs(shell: &Shell, wanted: &[Program]) -> Result<(), String> {
    let missing: Vec<&Program> = wanted.iter().filter(|program| !is_there(shell, program)).collect();
    if missing.is_empty() {
        // By a run that was interrupted; or it is of one that is under way, which is waited for.
        return if is_left() && is_root(shell) { quietly(|| Ok(())) } else { Ok(()) };
    }
    debian(shell, &missing)?;
    match missing.iter().find(|program| !is_there(shell, program)) {
        Some(lost) => {
            Err(format!("{} was installed, but is in no folder where it is looked for.", lost.name))
        }
        None => Ok(()),
    }
}

/// Whether the program would be found, by us or by who starts PostgreSQL's.
fn is_there(shell: &Shell, program: &Program) -> bool {
    shell.has(program.name) || is_in_a_version(Path::new(POSTGRESQL), program.name)
}

fn is_in_a_version(folder: &Path, program: &str) -> bool {
    let versions = fs::read_dir(folder).into_iter().flatten().flatten();
    versions.map(|version| version.path().join("bin").join(program)).any(|program| program.is_file())
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
    quietly(|| {
        apt(&["-q", "update"])?;
        apt(&[&["-q", "-y", "install", "--no-install-recommends"], packages.as_slice()].concat())
    })
}

fn is_root(shell: &Shell) -> bool {
    shell.answer("id", &["-u"]).is_some_and(|id| id.trim() == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_of_any_version_counts_and_a_folder_does_not() {
        let root = &std::env::temp_dir().join(format!("xtask-versions-{}", std::process::id()));
        assert!(!is_in_a_version(&root.join("none"), "postgres"));
        fs::create_dir_all(root.join("15/bin/postgres")).unwrap();
        assert!(!is_in_a_version(root, "postgres"));
        fs::create_dir_all(root.join("14/bin")).unwrap();
        fs::write(root.join("14/bin/postgres"), "").unwrap();
        assert!(is_in_a_version(root, "postgres") && !is_in_a_version(root, "psql"));
        fs::remove_dir_all(root).unwrap();
    }
}
