//! The clients of other languages guard an application against a running server: the examples of `FastAPI`,
//! Express and Fastify. `cargo xtask test` installs what they need.
#![allow(clippy::unwrap_used, reason = "a test says by a panic what went wrong")]

#[path = "../support/mod.rs"]
mod support;

mod python;
mod stage;
mod typescript;
