//! What `deploy/` holds works as it stands: each file is judged by the program that it is for.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test says by a panic what went wrong")]

#[path = "../support/mod.rs"]
mod support;

mod container;
mod package;
mod systemd;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The repository's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// To run something as root in mount and process namespaces of its own: what it mounts and starts ends with it.
fn namespaces() -> Command {
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "--pid", "--fork", "--kill-child"]);
    if !rustix::process::geteuid().is_root() {
        // Owners are changed inside: a user needs a range of ids of their own for that (subuid(5)).
        unshare.args(["--map-root-user", "--map-auto"]);
    }
    unshare
}

/// Whether a program ended well, and what it said on both streams.
fn tried(command: &mut Command) -> (bool, String) {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|why| panic!("{command:?}: {why}"));
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}
