//! Agents' tools, by the official clients of the Model Context Protocol, its conformance tests, and a server that was
//! published for O.D.I.N. `cargo xtask test` installs them.
#![allow(clippy::unwrap_used, reason = "a test says by a panic what went wrong")]

#[path = "../support/mod.rs"]
mod support;

mod clients;
mod conformance;
mod http;
mod published;
mod stage;
mod table;
