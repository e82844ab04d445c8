//! Proxy mode and its listener, from the outside: real sockets, a real application behind, bytes compared.
#![expect(clippy::unwrap_used, reason = "helpers of tests say by a panic what went wrong, as the tests do")]

#[path = "../support/mod.rs"]
mod support;

mod cookies;
mod crowds;
mod dry_run;
mod headers;
mod http2;
mod leaving;
mod limits;
mod listener;
mod long_bodies;
mod messages;
mod metadata;
mod observing;
mod once;
mod passthrough;
mod refusals;
mod restrictions;
mod revocation;
mod slowness;
mod smuggling;
mod streams;
mod tls;
mod told;
mod upgrades;
mod upstream;
mod upstream_http2;
mod upstream_tls;
mod usage;
