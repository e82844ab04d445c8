//! Published clients of OAuth's standards, against a running server: Authlib asks about tokens and ends them (RFC 7662, RFC
//! 7009), and oauth4webapi does so too and finds out what a service says of itself (RFC 9728).
#![allow(clippy::unwrap_used, reason = "a test says by a panic what went wrong")]

#[path = "../support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use support::{Backend, Place, Server, tool};

/// A script of this folder.
fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oauth").join(name)
}

/// A server with O.D.I.N. behind it, which says where it is. Metadata must name the address that it is found at, and so
/// the port is chosen before.
fn server() -> (Server, String) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let resource = format!("http://127.0.0.1:{port}");
    let place = Place::empty();
    let odin = Backend::odin(place.path());
    let settings = format!(
        "listen = \"127.0.0.1:0\"\npublic_url = \"https://tokens.example\"\n\
         [services.odin]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"{resource}\"\nupstream = \"http://{}\"\n",
        odin.address
    );
    place.write("symbolon.toml", &settings);
    (Server::start(place, vec![odin]), resource)
}

/// A verifier key for the client to be, and two tokens for it to ask about.
fn material(server: &Server, resource: &str) -> Value {
    let mut api = server.api();
    let key = json!({ "kind": "verifier", "name": "client", "service": "odin" });
    let key = api.send("POST", "/v1/keys", &key).json();
    let mut token = || {
        let body = json!({ "name": "t", "scopes": ["read:printers"], "expires_in": "1h" });
        api.send("POST", "/v1/services/odin/tokens", &body).json()["token"].clone()
    };
    json!({
        "server": format!("http://{}", server.management()),
        "resource": resource,
        "client_id": key["id"],
        "client_secret": key["key"],
        "tokens": [token(), token(), token()],
    })
}

fn runs(mut command: Command) {
    let done = command.output().unwrap();
    let printed = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
    assert!(done.status.success() && printed.trim() == "done", "{printed}");
}

#[test]
fn authlib_asks_about_tokens_and_ends_them() {
    let (server, resource) = server();
    let mut python = Command::new("python3");
    python.arg(script("authlib_client.py")).env("PYTHONPATH", tool("authlib-1.9.10"));
    python.env("SYMBOLON_TEST", material(&server, &resource).to_string());
    runs(python);
}

#[test]
fn oauth4webapi_asks_about_tokens_ends_them_and_discovers_the_service() {
    let (server, resource) = server();
    let library = tool("oauth-oauth4webapi-3.8.8").join("node_modules/oauth4webapi/build/index.js");
    let mut node = Command::new("node");
    node.arg(script("oauth4webapi.mjs")).env("OAUTH4WEBAPI", library);
    node.env("SYMBOLON_TEST", material(&server, &resource).to_string());
    runs(node);
}
