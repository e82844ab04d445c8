//! The command line and the server as their users meet them: the real binary, in a directory of its own.
#![expect(clippy::unwrap_used, reason = "helpers of tests say by a panic what went wrong, as the tests do")]

mod asks;
mod audit;
mod backup;
mod broken;
mod catalogs;
mod doctor;
mod drafting;
mod enforcement;
mod explain;
mod imports;
mod init;
mod limits;
mod manager;
mod many;
mod people;
mod refusals;
mod scan;
mod scan_git;
mod scanners;
mod seals;
mod serve;
#[path = "../support/mod.rs"]
mod support;
mod tls;
mod tokens;
mod upload;
mod usage;
mod webhooks;
mod whereto;
