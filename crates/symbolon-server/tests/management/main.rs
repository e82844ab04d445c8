//! The management API over a real record, call by call.

#![expect(clippy::unwrap_used, reason = "helpers of tests say by a panic what went wrong, as the tests do")]

mod asks;
mod audit;
mod authorization;
mod bad_input;
mod between;
mod console;
mod document;
mod enforcement;
mod explain;
mod faults;
mod guesses;
mod idempotency;
mod imports;
mod keys;
mod leak;
mod leaks;
mod notices;
mod oauth;
mod own;
mod server_keys;
mod services;
mod sessions;
mod settled;
mod standing;
mod status;
mod tokens;
mod users;
mod verify;
mod world;
