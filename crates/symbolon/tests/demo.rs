//! The demo does what it says on a machine where nothing is prepared, beside another one, and leaves nothing.
#![allow(clippy::unwrap_used, reason = "a test says by a panic what went wrong")]

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

fn demo(temporary: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_symbolon"));
    // A configuration and settings of somebody else's change nothing.
    std::fs::write(temporary.join("symbolon.toml"), "listen = \"not an address\"").unwrap();
    command.arg("demo").args(arguments).current_dir(temporary);
    command
        .env_clear()
        .env("TMPDIR", temporary)
        .env("SYMBOLON_CONFIG_LISTEN", "nowhere")
        .stdin(Stdio::null());
    command
}

fn left_in(temporary: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(temporary).unwrap().map(|entry| entry.unwrap().file_name());
    let names = entries.map(|name| name.into_string().unwrap());
    names.filter(|name| name != "symbolon.toml").collect()
}

/// A demo that stays, and its lines up to the last address that it invites to.
fn staying(temporary: &Path) -> (Child, Vec<SocketAddr>) {
    let mut child = demo(temporary, &[]).stdout(Stdio::piped()).spawn().unwrap();
    let mut addresses = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let url = line.split_whitespace().find_map(|word| word.strip_prefix("http://"));
        if !line.contains("curl")
            && let Some(address) = url
        {
            addresses.push(address.trim_end_matches('/').parse().unwrap());
        }
        if line.contains("/v1/services/odin/tokens") {
            // The console and the management API are at one.
            addresses.dedup();
            return (child, addresses);
        }
    }
    panic!("the demo ended by itself: {}", child.wait().unwrap());
}

#[test]
fn heavy_once_succeeds_also_beside_another_and_ctrl_c_leaves_nothing() {
    let temporary = tempfile::tempdir().unwrap();
    let (mut other, addresses) = staying(temporary.path());
    assert_eq!(addresses.len(), 3, "{addresses:?}");

    let once = demo(temporary.path(), &["--once"]).output().unwrap();
    let shown = String::from_utf8(once.stdout).unwrap();
    assert!(once.status.success(), "{shown}{}", String::from_utf8_lossy(&once.stderr));
    assert!(shown.contains("answers were the expected ones") && !shown.contains("BAD"), "{shown}");
    assert!(!shown.contains("odin_") && !shown.contains("ody_") && !shown.contains("symkey_"), "{shown}");
    assert_eq!(left_in(temporary.path()).len(), 1, "beside the staying one's directory");

    let interrupted = Command::new("kill").args(["-s", "INT", &other.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    assert!(other.wait().unwrap().success());
    assert_eq!(left_in(temporary.path()), Vec::<String>::new());
    for address in addresses {
        TcpListener::bind(address).unwrap_or_else(|error| panic!("{address} is still taken: {error}"));
    }
}

#[test]
fn heavy_a_directory_that_is_named_is_kept_and_one_with_something_in_it_refused() {
    let temporary = tempfile::tempdir().unwrap();
    let named = temporary.path().join("mine");
    let arguments = ["--once", "--dir", named.to_str().unwrap()];
    assert!(demo(temporary.path(), &arguments).stdout(Stdio::null()).status().unwrap().success());
    assert!(named.join("data/symbolon.db").exists());

    let again = demo(temporary.path(), &arguments).output().unwrap();
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8(again.stderr).unwrap().contains("is not empty"));
}
