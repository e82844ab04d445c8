//! Packages of the npm registry, at the versions and hashes of a lock file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use super::put;
use crate::shell::{Shell, say, succeed};

/// Packages that are installed together.
pub(crate) struct NpmPackages {
    /// Each with its version, as their folder under `target/tools` is called.
    name: &'static str,
    /// Where their `package.json` and `package-lock.json` stand. The lock file names no host, so that everybody's own
    /// setting decides where the packages come from; what comes is compared with the hashes in it.
    folder: &'static str,
}

/// Drives Chromium, and judges what it shows by the rules of accessibility.
pub(crate) const FOR_BROWSER_TESTS: NpmPackages = NpmPackages {
    name: "browser-axe-core-4.14.1-playwright-core-1.61.1",
    folder: "crates/symbolon/tests/console/browser",
};

/// A client of OAuth's standards.
pub(crate) const FOR_OAUTH_TESTS: NpmPackages =
    NpmPackages { name: "oauth-oauth4webapi-3.8.8", folder: "crates/symbolon/tests/oauth/npm" };

/// What the TypeScript client is compiled by, guards and is tried with. There are too many of them for a name: it ends with the
/// CRC-32 of the lock file.
pub(crate) const FOR_TYPESCRIPT_CLIENT: NpmPackages =
    NpmPackages { name: "typescript-client-75ce016a", folder: "clients/typescript" };

/// Clients of the Model Context Protocol, its conformance tests, and a server that was published for O.D.I.N.
pub(crate) const FOR_MCP_TESTS: NpmPackages =
    NpmPackages { name: "mcp-f8f46054", folder: "crates/symbolon/tests/mcp/npm" };

/// A rival of the bench, and a Node.js for it. They too are named by the lock file's CRC-32.
pub(crate) const BETTER_AUTH: NpmPackages =
    NpmPackages { name: "better-auth-8c940153", folder: "bench/peers/better-auth" };

/// The oldest Node.js that these packages run on.
const NODE: u32 = 18;

/// Sees to it that the packages are in `target/tools/NAME`, where the tests look for them: the answer.
pub(crate) fn npm_packages(shell: &Shell, packages: &NpmPackages) -> Result<PathBuf, String> {
    let tools = shell.root().join("target/tools");
    let home = tools.join(packages.name);
    node_will_do(shell)?;
    if home.exists() {
        return Ok(home);
    }
    say(&format!("==> {} is missing: installing it", packages.name));
    let staging = tools.join(format!(".{}-{}", packages.name, process::id()));
    let installed = fetch(shell, packages, &staging).and_then(|()| put(&staging, &home));
    // What is left of a failed install is in nobody's way; its error is the one to tell.
    let _ = fs::remove_dir_all(&staging);
    installed.map(|()| home)
}

/// `npm ci` takes exactly what the lock file has. No package runs a program of its own while it is installed.
fn fetch(shell: &Shell, packages: &NpmPackages, staging: &Path) -> Result<(), String> {
    let source = shell.root().join(packages.folder);
    let copied = fs::create_dir_all(staging).and_then(|()| {
        let files = ["package.json", "package-lock.json"];
        files.iter().try_for_each(|file| fs::copy(source.join(file), staging.join(file)).map(drop))
    });
    copied.map_err(|why| format!("{} cannot be written: {why}.", staging.display()))?;
    let what = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"];
    succeed(shell.command("npm").args(what).current_dir(staging))
        .map_err(|how| format!("{} could not be installed: npm ended with {how}.", packages.name))
}

fn node_will_do(shell: &Shell) -> Result<(), String> {
    let answer = shell.answer("node", &["--version"]).unwrap_or_default();
    match major(&answer) {
        Some(found) if found >= NODE => Ok(()),
        _ => Err(format!("Node.js {NODE} or newer is needed; `node --version` says {:?}.", answer.trim())),
    }
}

/// The first number of `v20.20.2`.
fn major(answer: &str) -> Option<u32> {
    answer.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn the_first_number_of_a_version_is_found() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("v9"), Some(9));
        assert_eq!(major(""), None);
        assert_eq!(major("node 20"), None);
    }

    /// As below, of many packages.
    const MANY: [(&NpmPackages, &str, &str); 3] = [
        (&FOR_MCP_TESTS, "mcp", include_str!("../../../crates/symbolon/tests/mcp/npm/package-lock.json")),
        (
            &FOR_TYPESCRIPT_CLIENT,
            "typescript-client",
            include_str!("../../../clients/typescript/package-lock.json"),
        ),
        (&BETTER_AUTH, "better-auth", include_str!("../../../bench/peers/better-auth/package-lock.json")),
    ];

    /// Each kind of few packages, what its folder's name begins with, and its lock file.
    const FEW: [(&NpmPackages, &str, &str); 2] = [
        (
            &FOR_BROWSER_TESTS,
            "browser",
            include_str!("../../../crates/symbolon/tests/console/browser/package-lock.json"),
        ),
        (
            &FOR_OAUTH_TESTS,
            "oauth",
            include_str!("../../../crates/symbolon/tests/oauth/npm/package-lock.json"),
        ),
    ];

    #[test]
    fn the_folder_is_named_for_what_the_lock_file_has() {
        for (packages, word, lock) in FEW {
            let mut name = word.to_owned();
            for (at, _) in lock.match_indices("\"node_modules/") {
                let mut words = lock[at..].split('"');
                let package = words.nth(1).unwrap().trim_start_matches("node_modules/");
                let version =
                    words.find(|word| word.starts_with(|first: char| first.is_ascii_digit())).unwrap();
                let _ = write!(name, "-{package}-{version}");
            }
            assert_eq!(name, packages.name);
        }
        for (packages, word, lock) in MANY {
            assert_eq!(format!("{word}-{:08x}", crc32fast::hash(lock.as_bytes())), packages.name);
        }
    }

    #[test]
    fn the_lock_file_has_hashes_and_names_no_host() {
        for (_, _, lock) in FEW.into_iter().chain(MANY) {
            assert!(!lock.contains("://") && !lock.contains("\"resolved\""));
            let packages = lock.matches("\"node_modules/").count();
            assert_eq!(packages, lock.matches("\"integrity\": \"sha512-").count());
        }
    }
}
