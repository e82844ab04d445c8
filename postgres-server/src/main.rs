//! `symbolon-postgres-server COMMAND…`: runs the command, such as the tests, with a server of each version that it may
//! use ([`VARIABLE`]), and ends as the command ended. The servers are gone then.

use std::env;
use std::io::{self, Write};
use std::process::{Command, ExitCode, ExitStatus};

use symbolon_postgres_server::{Served, VARIABLE, Version};

fn main() -> ExitCode {
    match run() {
        // None is of a command that a signal ended.
        Ok(status) => {
            status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
        }
        Err(sentence) => {
            let _ = writeln!(io::stderr(), "{sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitStatus, String> {
    let mut words = env::args_os().skip(1);
    let program = words.next().ok_or("Which command is to be run with the servers?")?;
    let served = Served::start(&Version::ALL)?;
    let mut command = Command::new(&program);
    command.args(words).env(VARIABLE, served.directory());
    for name in names().filter(|name| describes_us(name)) {
        command.env_remove(name);
    }
    command.status().map_err(|why| format!("{} cannot be run: {why}.", program.display()))
}

/// The names of this process's variables.
fn names() -> impl Iterator<Item = String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "an edge: a command is given this process's own environment"
    )]
    env::vars_os().filter_map(|(name, _)| name.into_string().ok())
}

/// Whether it is a variable in which `cargo run` describes this package, which the build script of another may take for
/// its own.
fn describes_us(name: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|start| name.starts_with(start))
        || ["CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "OUT_DIR"].contains(&name)
}
