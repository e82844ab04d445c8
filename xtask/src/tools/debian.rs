//! Programs of the system, by Debian's `apt-get`.

use crate::shell::{Shell, say, succeed};

/// A program of the system, and the Debian packages that bring it.
pub(crate) struct Program {
    pub(super) name: &'static str,
    pub(super) packages: &'static str,
}

/// What building and testing need. One that no test uses any more is to be taken out.
pub(crate) const FOR_TESTS: &[Program] = &[
    // SQLite is C, and is compiled into the binary.
    Program { name: "cc", packages: "gcc libc6-dev" },
    // The lines that the demo and the README give to be pasted are run as they stand.
    Program { name: "curl", packages: "curl" },
    // The README's application, and the client that is generated from the OpenAPI document.
    Program { name: "python3", packages: "python3 python3-pip" },
    // The console is driven in a real browser.
    Program { name: "chromium", packages: "chromium" },
    Program { name: "node", packages: "nodejs" },
    Program { name: "npm", packages: "npm" },
    // The package is judged, installed and removed.
    Program { name: "dpkg-shlibdeps", packages: "dpkg-dev" },
    Program { name: "lintian", packages: "lintian" },
    // The unit is judged by the program whose file it is.
    Program { name: "systemd-analyze", packages: "systemd" },
];

/// What making the Debian package needs.
pub(crate) const FOR_PACKAGES: &[Program] = &[
    Program { name: "cc", packages: "gcc libc6-dev" },
    Program { name: "dpkg-shlibdeps", packages: "dpkg-dev" },
    Program { name: "lintian", packages: "lintian" },
];

/// Sees to it that the programs are there.
pub(crate) fn programs(shell: &Shell, wanted: &[Program]) -> Result<(), String> {
    let missing: Vec<&Program> = wanted.iter().filter(|program| !shell.has(program.name)).collect();
    if missing.is_empty() {
        return Ok(());
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
    if shell.answer("id", &["-u"]).is_none_or(|id| id.trim() != "0") {
        return Err(format!("Missing: {names}. Install it: `sudo apt-get install {wanted}`."));
    }
    say(&format!("==> {names}: installing {wanted}"));
    let apt = |arguments: &[&str]| {
        succeed(shell.command("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive")).map_err(
            |how| format!("Missing: {names}, and `apt-get {}` ended with {how}.", arguments.join(" ")),
        )
    };
    apt(&["-q", "update"])?;
    apt(&[&["-q", "-y", "install", "--no-install-recommends"], packages.as_slice()].concat())
}
