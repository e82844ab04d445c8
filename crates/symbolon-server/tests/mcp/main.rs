//! Tools for agents, from the outside: the same message answered by us and by the protocol's library.
#![expect(clippy::unwrap_used, reason = "helpers of tests say by a panic what went wrong, as the tests do")]

#[path = "../support/mod.rs"]
mod support;

mod both_ways;
mod shop;
