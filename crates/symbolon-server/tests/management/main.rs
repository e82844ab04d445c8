//! The management API over a real record, call by call.

#![expect(clippy::unwrap_used, reason = "helpers of tests say by a panic what went wrong, as the tests do")]

mod authorization;
mod bad_input;
mod between;
mod console;
mod document;
mod enforcement;
mod explain;
mod faults;
mod idempotency;
mod keys;
mod leak;
mod notices;
mod oauth;
mod own;
mod services;
mod sessions;
mod standing;
mod status;
mod tokens;
mod users;
mod verify;
mod world;
