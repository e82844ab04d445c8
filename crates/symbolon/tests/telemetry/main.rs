//! What a running server tells of itself: the metrics, as Prometheus's own parser reads them, the access log and the traces.
#![allow(clippy::unwrap_used, reason = "a test says by a panic what went wrong")]

#[path = "../support/mod.rs"]
mod support;

mod access;
#[cfg(feature = "otlp")]
#[path = "../gateways/application.rs"]
#[allow(dead_code, reason = "the gateways' own tests use the rest")]
mod application;
mod blocked;
#[cfg(feature = "otlp")]
mod collector;
#[cfg(feature = "otlp")]
#[path = "../gateways/gateway.rs"]
#[allow(dead_code, reason = "the gateways' own tests use the rest")]
mod gateway;
mod metrics;
#[cfg(feature = "otlp")]
mod outages;
#[cfg(feature = "otlp")]
mod traces;
#[cfg(feature = "otlp")]
#[path = "../gateways/wire.rs"]
#[allow(dead_code, reason = "the gateways' own tests use the rest")]
mod wire;

use support::{Backend, Place, Server};

/// A server with O.D.I.N. behind it and these settings.
fn server(settings: &str) -> Server {
    server_in(Place::empty(), settings)
}

/// The same in a directory that has something in it.
fn server_in(place: Place, settings: &str) -> Server {
    let odin = Backend::odin(place.path());
    let upstream =
        format!("[services.odin]\nlisten = \"127.0.0.1:0\"\nupstream = \"http://{}\"\n", odin.address);
    place.write("symbolon.toml", &format!("listen = \"127.0.0.1:0\"\n{settings}\n{upstream}"));
    Server::start(place, vec![odin])
}

/// A token that may look at printers; its id and secret.
fn token(server: &Server) -> (String, String) {
    let body = serde_json::json!({ "name": "t", "scopes": ["read:printers"] });
    let made = server.api().send("POST", "/v1/services/odin/tokens", &body).json();
    let text = |field: &str| made[field].as_str().unwrap().to_owned();
    (text("id"), text("token"))
}
