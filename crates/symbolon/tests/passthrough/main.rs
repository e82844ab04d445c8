//! An application with a login of its own behind passthrough, in a real browser: its pages go on working as before, and
//! a token reaches only its routes. `cargo xtask test` installs what it needs.
#![allow(clippy::unwrap_used, reason = "a test says by a panic what went wrong")]

#[path = "../support/mod.rs"]
mod support;

#[path = "../console/process.rs"]
mod process;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;
use support::{Place, Server};

/// How long the scenario may take. What hangs is a fault of the page or of the scenario.
const PATIENCE: Duration = Duration::from_secs(150);
/// What the application asks of machines.
const KEY: &str = "the one static key of the application";

fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/passthrough").join(name)
}

/// The application. It ends with the value, by its own id.
struct App {
    child: Child,
    address: String,
}

impl App {
    fn start() -> Self {
        let mut node = Command::new("node");
        node.arg(here("app.mjs")).arg(KEY).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = node.spawn().unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { child, address: address.trim_end().to_owned() }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn heavy_an_application_keeps_its_pages_and_login_and_a_token_reaches_its_routes_alone() {
    let app = App::start();
    let place = Place::with(&format!(
        "listen = \"127.0.0.1:0\"\ncatalogs = [\"studio.toml\"]\n[services.studio]\nlisten = \"127.0.0.1:0\"\n\
         upstream = \"{}\"\nother_credentials = \"passthrough\"\nupstream_headers = {{ \"X-API-Key\" = \"{KEY}\" }}\n",
        app.address
    ));
    place.write("studio.toml", &fs::read_to_string(here("studio.toml")).unwrap());
    let server = Server::at(place);
    let stage = json!({
        "base": format!("http://{}", server.management()),
        "direct": app.address,
        "proxied": format!("http://{}", server.proxy_address("studio")),
        "system_key": server.system_key(),
    });
    let home = server.place.path().join("browser");
    fs::create_dir_all(&home).unwrap();
    let mut node = Command::new("node");
    // What the browser leaves behind goes with the place.
    node.arg(here("scenario.mjs")).current_dir(&home).env("TMPDIR", &home);
    let ended = process::run(node, &home, &stage.to_string(), PATIENCE);
    server.until("the end of the browser", || process::at_home(&home).is_empty());
    let said = [ended.output.stdout, ended.output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(ended.in_time && ended.output.status.success(), "{said}\n{}", server.log());
}
