//! The endpoints that gateways ask, from the outside: what each family's headers say is decided about, and nothing else.
#![expect(clippy::unwrap_used, reason = "helpers of tests say by a panic what went wrong, as the tests do")]

#[path = "../support/mod.rs"]
mod support;

mod allowed;
mod claims;
mod cookies;
mod door;
#[cfg(feature = "envoy-grpc")]
mod grpc;
mod limits;
mod observing;
mod peers;
mod refused;
mod restricted;
mod shown;
