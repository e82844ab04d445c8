//! The layer in front of axum, over real connections.
#![allow(clippy::unwrap_used, reason = "a test says by a panic what went wrong")]
#![allow(dead_code, reason = "what the server's tests share is used in part")]

// The doors that must agree are tried with the same people and the same wire.
#[path = "../../../symbolon-server/tests/support/backend.rs"]
mod backend;
#[path = "../../../symbolon-server/tests/support/front.rs"]
mod front;
#[path = "../../../symbolon-server/tests/support/wire.rs"]
mod wire;
#[path = "../../../symbolon-server/tests/support/world.rs"]
mod world;

mod agreement;
mod closed;
mod limits;
mod placing;
mod stage;
