//! The gate as its callers see it: changes go in, decisions come out.

#![expect(clippy::unwrap_used, reason = "helpers of tests say by a panic what went wrong, as the tests do")]

mod allocations;
mod descent;
mod feed;
mod identify;
mod lease;
mod limits;
mod make;
mod peppers;
mod ready;
mod rotation;
mod services;
mod tally;
mod usage;
