//! pip: what it is told, and what of the user's own settings it may heed.

use std::path::Path;
use std::process::Command;

use super::debian::{Program, debian};
use crate::shell::Shell;

/// What the user may say to pip: which index, or mirror of it, is asked, and how it is reached. Whatever a mirror
/// answers is compared with our hashes.
const KEPT: [&str; 9] = [
    "index-url",
    "proxy",
    "cert",
    "client-cert",
    "trusted-host",
    "keyring-provider",
    "timeout",
    "default-timeout",
    "retries",
];

/// `pip install` into a folder of its own, so that nothing outside the repository is touched, of exactly the wheels
/// that the list has hashes of: no source, which would run a program of its author's, and nothing that a package asks
/// for and the list does not have.
pub(super) fn pip(shell: &Shell, home: &Path, list: &Path) -> Command {
    let mut command = shell.command("python3");
    command.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]);
    command.args(["--require-hashes", "--only-binary", ":all:", "--no-deps"]);
    command.arg("--target").arg(home).arg("--requirement").arg(list);
    let names: Vec<&str> = shell.variables().collect();
    let settings = shell.answer("python3", &["-m", "pip", "config", "list"]).unwrap_or_default();
    narrow(&mut command, &names, &settings);
    command
}

/// Takes from pip every variable of its own and every file of settings, but for what is [`KEPT`]: no second index, no
/// folder of packages and no list of someone else's has a part in what is installed. `settings` is what
/// `pip config list` prints.
fn narrow(command: &mut Command, variables: &[&str], settings: &str) {
    let of_pip = variables.iter().filter(|name| name.starts_with("PIP_"));
    let (kept, taken): (Vec<&str>, Vec<&str>) = of_pip.partition(|&&name| KEPT.contains(&&*key(name)));
    for name in taken {
        command.env_remove(name);
    }
    // A variable goes before any file, and what is said for `pip install` before what is said for all of pip.
    for wanted in KEPT.iter().filter(|wanted| !kept.iter().any(|name| key(name) == **wanted)) {
        let said = ["install", "global"].iter().find_map(|section| {
            let start = format!("{section}.{wanted}=");
            settings.lines().find_map(|line| line.strip_prefix(&start)).and_then(unquoted)
        });
        if let Some(value) = said {
            command.env(format!("PIP_{}", wanted.to_uppercase().replace('-', "_")), value);
        }
    }
    // By this very path pip knows that no file is to be read.
    command.env("PIP_CONFIG_FILE", "/dev/null").env("PIP_ROOT_USER_ACTION", "ignore");
}

/// The text that Python prints in quotes.
fn unquoted(printed: &str) -> Option<String> {
    let quote = printed.chars().next().filter(|first| ['\'', '"'].contains(first))?;
    let mut inside = printed.strip_prefix(quote)?.strip_suffix(quote)?.chars();
    let mut text = String::new();
    while let Some(next) = inside.next() {
        text.push(match next {
            '\\' => inside.next().map(|escaped| if escaped == 'n' { '\n' } else { escaped })?,
            _ => next,
        });
    }
    Some(text)
}

/// What a variable is called in a file of settings, as pip takes it: `PIP_INDEX_URL` is `index-url`.
fn key(variable: &str) -> String {
    variable.trim_start_matches("PIP_").to_lowercase().replace('_', "-")
}

/// Debian keeps pip apart from Python.
pub(super) fn with_pip(shell: &Shell) -> Result<(), String> {
    match shell.answer("python3", &["-m", "pip", "--version"]) {
        Some(_) => Ok(()),
        None => debian(shell, &[&Program { name: "python3 with pip", packages: "python3 python3-pip" }]),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    /// What is changed in the environment: with a value, or without one where a variable is taken away.
    fn changes(variables: &[&str], settings: &str) -> Vec<(String, Option<String>)> {
        let mut command = Command::new("python3");
        narrow(&mut command, variables, settings);
        let text = |text: &OsStr| text.to_str().unwrap().to_owned();
        command.get_envs().map(|(name, value)| (text(name), value.map(text))).collect()
    }

    fn change(name: &str, value: Option<&str>) -> (String, Option<String>) {
        (name.to_owned(), value.map(str::to_owned))
    }

    #[test]
    fn no_variable_adds_an_index_and_a_mirror_stays() {
        let variables = [
            "HTTPS_PROXY",
            "PIP_CERT",
            "PIP_CONSTRAINT",
            "PIP_EXTRA_INDEX_URL",
            "PIP_FIND_LINKS",
            "PIP_INDEX_URL",
            "PIP_NO_BINARY",
            "PIP_extra_index_url",
        ];
        assert_eq!(
            changes(&variables, ""),
            [
                change("PIP_CONFIG_FILE", Some("/dev/null")),
                change("PIP_CONSTRAINT", None),
                change("PIP_EXTRA_INDEX_URL", None),
                change("PIP_FIND_LINKS", None),
                change("PIP_NO_BINARY", None),
                change("PIP_ROOT_USER_ACTION", Some("ignore")),
                change("PIP_extra_index_url", None),
            ]
        );
    }

    #[test]
    fn of_the_files_of_settings_only_the_mirror_and_the_way_to_it_are_heeded() {
        let settings = "\
            :env:.cert='/of/variable'\n\
            global.cert='/of/file'\n\
            global.extra-index-url='http://other'\n\
            global.index-url='http://all'\n\
            global.proxy=\"it's\"\n\
            global.trusted-host='one\\ntwo\\\\'\n\
            install.find-links='/packages'\n\
            install.index-url='http://install'\n";
        assert_eq!(
            changes(&["PIP_CERT", "PIP_CONFIG_FILE"], settings),
            [
                change("PIP_CONFIG_FILE", Some("/dev/null")),
                change("PIP_INDEX_URL", Some("http://install")),
                change("PIP_PROXY", Some("it's")),
                change("PIP_ROOT_USER_ACTION", Some("ignore")),
                change("PIP_TRUSTED_HOST", Some("one\ntwo\\")),
            ]
        );
    }
}
