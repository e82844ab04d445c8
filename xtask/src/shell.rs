//! Starting programs: where, with which environment, and what is said on the way.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folder of this package. An xtask is always compiled in the tree that it serves.
const XTASK: &str = env!("CARGO_MANIFEST_DIR");

/// Starts programs in the repository's root, with an environment in which a result depends on the tree alone.
///
/// What rustup and the user's cargo need stays (`RUSTUP_*`, `CARGO_HOME`, `RUSTFLAGS`); what would make one machine's
/// tests differ from another's goes: see [`is_leak`].
pub(crate) struct Shell {
    root: PathBuf,
    names: Vec<OsString>,
    removed: Vec<OsString>,
    path: OsString,
    color: Option<&'static str>,
}

impl Shell {
    /// Reads this process's environment, once.
    pub(crate) fn new() -> Self {
        #[expect(clippy::disallowed_methods, reason = "an edge: a task runner hands its own environment on")]
        let (variables, path) = (env::vars_os(), env::var_os("PATH").unwrap_or_default());
        let names: Vec<OsString> = variables.map(|(name, _)| name).collect();
        Self {
            root: Path::new(XTASK).parent().unwrap_or(Path::new(XTASK)).to_owned(),
            color: color(&names, io::stderr().is_terminal()),
            removed: names.iter().filter(|name| is_leak(name)).cloned().collect(),
            names,
            path,
        }
    }

    /// The repository's root.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Lets the programs in `folder` be found before all others.
    pub(crate) fn find_first_in(&mut self, folder: &Path) -> Result<(), String> {
        let folders = std::iter::once(folder.to_owned()).chain(env::split_paths(&self.path));
        self.path = env::join_paths(folders)
            .map_err(|why| format!("{} cannot stand in PATH: {why}.", folder.display()))?;
        Ok(())
    }

    /// Whether a program of this name would be found.
    pub(crate) fn has(&self, program: &str) -> bool {
        env::split_paths(&self.path).any(|folder| folder.join(program).is_file())
    }

    /// The names of this process's variables, for a program that obeys too many of them.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.names.iter().filter_map(|name| name.to_str())
    }

    /// A command in the repository's root, its input closed, its output ours.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).stdin(Stdio::null()).env("PATH", &self.path);
        for name in &self.removed {
            command.env_remove(name);
        }
        if let Some(color) = self.color {
            command.env("CARGO_TERM_COLOR", color);
        }
        command
    }

    /// What the command prints on its standard output, if it can be run and succeeds.
    pub(crate) fn answer(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> Option<String> {
        let output = self.command(program).args(arguments).stderr(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// Runs the command to its end; the error is how it ended.
pub(crate) fn succeed(command: &mut Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(status.to_string()),
        Err(why) => Err(format!("it could not be started: {why}")),
    }
}

/// Says a line, on the same stream as cargo's own, so that the order is kept.
#[expect(clippy::print_stderr, reason = "the one place where a task speaks")]
pub(crate) fn say(line: &str) {
    eprintln!("{line}");
}

/// Whether a variable is ours to take away: one that a developer set for a server of their own and the tests would
/// obey, and those in which cargo describes the xtask to itself, which a build script may take for its own.
fn is_leak(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let ours = ["SYMBOLON_", "CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"];
    ours.iter().any(|start| name.starts_with(start))
        || ["CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "OUT_DIR"].contains(&name.as_ref())
}

/// Colours where a person looks, and none in a file; said once, so that every tool does alike. The user's own wish
/// stands.
fn color(names: &[OsString], terminal: bool) -> Option<&'static str> {
    let said = names.iter().any(|name| name == "CARGO_TERM_COLOR" || name == "NO_COLOR");
    (!said).then_some(if terminal { "always" } else { "never" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_developers_server_does_not_reach_the_tests() {
        for name in ["SYMBOLON_URL", "SYMBOLON_KEY", "SYMBOLON_CONFIG_LISTEN", "CARGO_PKG_NAME", "OUT_DIR"] {
            assert!(is_leak(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn what_cargo_and_rustup_need_stays() {
        for name in
            ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "RUSTFLAGS", "CARGO", "CI"]
        {
            assert!(!is_leak(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn colour_follows_the_terminal_unless_the_user_said() {
        assert_eq!(color(&[], true), Some("always"));
        assert_eq!(color(&["HOME".into()], false), Some("never"));
        assert_eq!(color(&["CARGO_TERM_COLOR".into()], true), None);
        assert_eq!(color(&["NO_COLOR".into()], true), None);
    }

    #[test]
    fn a_folder_put_first_is_found_first() {
        let mut shell = Shell {
            root: XTASK.into(),
            names: Vec::new(),
            removed: Vec::new(),
            path: "/nowhere".into(),
            color: None,
        };
        assert!(!shell.has("Cargo.toml"));
        let folder = shell.root().to_owned();
        shell.find_first_in(&folder).unwrap();
        assert!(shell.has("Cargo.toml"));
        assert!(shell.find_first_in(Path::new("/with:colon")).is_err());
    }

    #[test]
    fn a_command_says_how_it_ended() {
        let shell = Shell::new();
        assert_eq!(succeed(shell.command("sh").args(["-c", "exit 0"])), Ok(()));
        assert!(succeed(shell.command("sh").args(["-c", "exit 3"])).unwrap_err().contains('3'));
        assert!(
            succeed(&mut shell.command("/no/such/program")).unwrap_err().contains("could not be started")
        );
        assert_eq!(shell.answer("sh", &["-c", "echo yes"]).as_deref(), Some("yes\n"));
        assert_eq!(shell.answer("sh", &["-c", "echo yes; exit 1"]), None);
    }

    #[test]
    fn a_removed_variable_does_not_reach_a_program() {
        let shell = |removed| Shell {
            root: XTASK.into(),
            names: Vec::new(),
            removed,
            path: "/bin:/usr/bin".into(),
            color: Some("always"),
        };
        let script = ["-c", "echo ${HOME+here} $CARGO_TERM_COLOR"];
        assert_eq!(shell(Vec::new()).answer("sh", &script).as_deref(), Some("here always\n"));
        assert_eq!(shell(vec!["HOME".into()]).answer("sh", &script).as_deref(), Some("always\n"));
    }
}
