//! The clients of other languages guard an application against a running server: here the example of `FastAPI`.
//! `cargo xtask test` installs what they need.
#![allow(clippy::unwrap_used, reason = "a test says by a panic what went wrong")]

#[path = "../support/mod.rs"]
mod support;

mod python;
mod stage;
