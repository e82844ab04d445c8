//! The OpenAPI document is complete enough to generate a client: a published generator makes one from what a running
//! server serves, and that client issues, verifies and revokes a token.
#![allow(clippy::unwrap_used, reason = "a test says by a panic what went wrong")]

#[path = "../support/mod.rs"]
mod support;

use std::path::Path;
use std::process::Command;

use support::{Place, Server, tool};

#[test]
fn heavy_a_generated_client_issues_verifies_and_revokes() {
    let server = Server::at(Place::with("listen = \"127.0.0.1:0\"\n"));
    let document = server.api().get("/openapi.json");
    assert_eq!(document.status, 200);
    let file = server.place.path().join("openapi.json");
    std::fs::write(&file, &document.body).unwrap();

    let generator = tool("openapi-python-client-0.29.1");
    let python = |arguments: &[&str]| {
        let mut python = Command::new("python3");
        python.args(arguments).current_dir(server.place.path()).env("PYTHONPATH", &generator);
        let done = python.env("SYMBOLON_TEST_KEY", server.system_key()).output().unwrap();
        let printed = [done.stdout, done.stderr].concat();
        let printed = String::from_utf8_lossy(&printed).into_owned();
        assert!(done.status.success(), "{arguments:?}: {printed}");
        printed
    };
    let generate = "from openapi_python_client.cli import app; app()";
    let options = ["generate", "--path", "openapi.json", "--output-path", "generated", "--meta", "none"];
    let printed = python(&[&["-c", generate], &options[..]].concat());
    // The generator leaves out what it does not understand, and says so. It understands no JSON lines.
    let left_out: Vec<_> = printed.lines().filter(|line| line.contains("WARNING parsing")).collect();
    assert_eq!(left_out, ["WARNING parsing GET /v1/audit/export within audit."], "{printed}");
    assert!(!printed.contains("Unable to"), "{printed}");

    let drive = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/openapi/drive.py");
    let url = format!("http://{}", server.management());
    assert_eq!(python(&[drive.to_str().unwrap(), &url]).trim(), "done");
}
