//! A fleet as its operator sees it: real servers that share a real PostgreSQL.
#![allow(clippy::unwrap_used, reason = "a test says by a panic what went wrong")]

#[path = "../support/mod.rs"]
mod support;

mod asks;
mod copying;
mod descent;
mod failover;
mod joining;
mod keys;
mod nodes;
mod outages;
mod recovery;
mod road;

use std::fs;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use support::{Http, Place, Server};
use symbolon_postgres_server::{Server as Postgres, Version};

const TOKENS: &str = "/v1/services/odin/tokens";

/// A directory whose record is in this database.
fn place(url: &str, more: &str) -> Place {
    Place::with(&format!(
        "listen = \"127.0.0.1:0\"\nopen_metrics = true\n[database]\nurl = \"{url}\"\n{more}"
    ))
}

/// How long leases are, unless a test needs others.
const LEASE: &str = "1500ms";

fn named(name: &str, lease: &str) -> String {
    format!("node = \"{name}\"\nlease = \"{lease}\"\n")
}

/// A server that begins this database.
fn first(url: &str) -> Server {
    first_with(url, LEASE)
}

fn first_with(url: &str, lease: &str) -> Server {
    Server::at(place(url, &named("a", lease)))
}

/// A directory for another node beside `server`, with its keys.
fn beside(server: &Server, url: &str, more: &str) -> Place {
    let place = place(url, more);
    fs::create_dir(place.path().join("symbolon-data")).unwrap();
    for file in ["keys.toml", "audit-key.toml"] {
        fs::copy(server.place.data(file), place.data(file)).unwrap();
    }
    place
}

/// Another node beside `server`.
fn joined(server: &Server, url: &str, name: &str) -> Server {
    joined_with(server, url, name, LEASE)
}

fn joined_with(server: &Server, url: &str, name: &str, lease: &str) -> Server {
    let mut joined = Server::again(beside(server, url, &named(name, lease)));
    joined.secrets = server.secrets.clone();
    joined
}

/// Three nodes on a database of their own.
fn three(postgres: &Postgres) -> (String, [Server; 3]) {
    let url = postgres.new_database().unwrap();
    let a = first(&url);
    let (b, c) = (joined(&a, &url, "b"), joined(&a, &url, "c"));
    (url, [a, b, c])
}

fn postgres() -> Postgres {
    Postgres::start(Version::Debian).unwrap()
}

/// A new token that may read printers: its id and its secret.
fn token(api: &mut Http) -> (String, String) {
    let answer = api.send("POST", TOKENS, &json!({"name": "ci", "scopes": ["read:printers"]}));
    let made = answer.json();
    assert_eq!(answer.status, 201, "{made}");
    (made["id"].as_str().unwrap().to_owned(), made["token"].as_str().unwrap().to_owned())
}

/// Revokes a token; the status of the answer.
fn revoke(api: &mut Http, id: &str) -> u16 {
    api.send("DELETE", &format!("{TOKENS}/{id}"), &json!(null)).status
}

/// What a node says of a token; the code.
fn verify(api: &mut Http, secret: &str) -> String {
    let asked = json!({"token": secret, "scopes": ["read:printers"]});
    let answer = api.send("POST", "/v1/services/odin/verify", &asked);
    // A key without a lease is not known either: then the call itself is what cannot be answered.
    answer.json()["code"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

/// The names of the nodes that `api` tells of.
fn names(api: &mut Http) -> Vec<String> {
    let status = api.get("/v1/status").json();
    let nodes = status["fleet"]["nodes"].as_array().cloned().unwrap_or_default();
    nodes.iter().map(|node| node["name"].as_str().unwrap().to_owned()).collect()
}

/// What a server says that does not start.
fn refused(place: &Place) -> String {
    place.symbolon(&["serve", "--json"]).refused(1)
}

/// What the doctor says of the fleet: the level, and the words.
fn findings(place: &Place) -> Vec<(String, String)> {
    let found: Value = serde_json::from_str(&place.symbolon(&["doctor", "--json"]).stdout).unwrap();
    let of_fleet = found["findings"].as_array().unwrap().iter().filter(|finding| finding["check"] == "fleet");
    let text = |finding: &Value, of: &str| finding[of].as_str().unwrap().to_owned();
    of_fleet.map(|finding| (text(finding, "level"), text(finding, "detail"))).collect()
}

/// The name of the database of a URL.
fn database(url: &str) -> &str {
    let (_, name) = url.split('?').next().unwrap().rsplit_once('/').unwrap();
    name
}

/// Asks until what comes back is what is wanted. What changes it is under way, and each ask waits for an answer.
fn until<T: PartialEq + std::fmt::Debug + ?Sized, A: std::borrow::Borrow<T> + std::fmt::Debug>(
    wanted: &T,
    mut ask: impl FnMut() -> A,
) {
    let mut last = None;
    for _ in 0..20_000 {
        let now = ask();
        if now.borrow() == wanted {
            return;
        }
        last = Some(now);
        // For pace alone: whoever is to bring it about needs the processor too.
        thread::park_timeout(Duration::from_millis(3));
    }
    panic!("{wanted:?} did not come about: {last:?}");
}

fn detail(answer: &Value) -> &str {
    answer["detail"].as_str().unwrap_or_default()
}
