//! A directory, and commands in it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A directory of a test's own, with a configuration in it. It is removed at the end.
pub struct Place {
    directory: TempDir,
}

/// A command that has ended.
#[derive(Debug)]
pub struct Done {
    /// The exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    /// An empty directory.
    pub fn empty() -> Self {
        Self { directory: tempfile::Builder::new().prefix("symbolon-").tempdir().unwrap() }
    }

    /// A directory with this `symbolon.toml`. Any free port is good for `listen`.
    pub fn with(settings: &str) -> Self {
        let place = Self::empty();
        place.write("symbolon.toml", settings);
        place
    }

    /// A directory in which nothing is set but any free port, and which is initialised; and the secrets.
    pub fn initialised() -> (Self, Value) {
        let place = Self::with("listen = \"127.0.0.1:0\"\n");
        let secrets = place.symbolon(&["init", "--json"]).json();
        (place, secrets)
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// A file of the data directory.
    pub fn data(&self, name: &str) -> PathBuf {
        self.path().join("symbolon-data").join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    /// The binary, in this directory, with none of this machine's variables but the path.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_symbolon"));
        command.current_dir(self.path()).env_clear().stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub fn symbolon(&self, arguments: &[&str]) -> Done {
        Done::of(self.command().args(arguments).output().unwrap())
    }

    /// Runs a command to its end; its words have spaces between them and none in them.
    pub fn run(&self, line: &str) -> Done {
        self.symbolon(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs a command to its end, with variables of the environment.
    pub fn symbolon_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Done {
        Done::of(self.command().envs(variables.iter().copied()).args(arguments).output().unwrap())
    }

    /// Runs a command to its end, with this on its standard input.
    pub fn symbolon_reading(&self, input: &str, arguments: &[&str]) -> Done {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Done::of(child.wait_with_output().unwrap())
    }
}

impl Done {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// The standard output of a command that did what it was asked to.
    pub fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// The one JSON document of a command that did what it was asked to.
    pub fn json(self) -> Value {
        let text = self.ok();
        assert_eq!(text.lines().count(), 1, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// What a command that failed said, with nothing on its standard output.
    pub fn refused(self, code: i32) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (Some(code), ""), "{self:?}");
        assert!(!self.stderr.contains("panicked"), "{self:?}");
        self.stderr
    }
}
