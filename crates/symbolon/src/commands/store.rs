//! `symbolon store copy`: an installation's record, moved to PostgreSQL and back.

#[cfg(feature = "postgres")]
mod copying;
#[cfg(feature = "postgres")]
mod telling;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use secrecy::SecretString;

use super::Context;
use crate::failure::Failure;

/// Where the record is.
#[derive(Debug, Subcommand)]
pub(crate) enum Store {
    Copy(Copy),
}

impl Store {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let Self::Copy(copy) = self;
        copy.run(context).await
    }
}

/// Copy the record of this installation into an empty PostgreSQL database, or from there into a new file, and compare both
///
/// No server may run meanwhile, here or at another node. All is copied but the list of nodes: users, tokens also revoked ones,
/// sessions, keys, the audit with its numbers and hashes, usage and webhooks, each row with its seal. Then both sides are read
/// again and compared, and the audit's chain is followed on both. Where anything differs or fails, nothing of the copy is left;
/// the record that it is made of stays as it is.
///
/// To PostgreSQL: without `[database]` in the configuration, `symbolon store copy --to postgres://user@host/database`; then set
/// `[database] url`, copy keys.toml and audit-key.toml to the other nodes, and start them.
///
/// Back: with `[database]` in the configuration, `symbolon store copy --to DIRECTORY/symbolon.db`; then take `[database]` out, with
/// that directory, in which keys.toml and audit-key.toml lie too, as `data_dir`.
#[derive(Debug, Args)]
pub(crate) struct Copy {
    /// The URL of an empty database, or a file to make
    #[arg(long, value_name = "URL|FILE")]
    to: SecretString,
    /// The password of that database, in a file; in the URL it would show in the list of processes
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

#[cfg(not(feature = "postgres"))]
impl Copy {
    #[expect(clippy::unused_async, reason = "with PostgreSQL it waits")]
    async fn run(self, _: &Context) -> Result<(), Failure> {
        let Self { to: _, password_file: _ } = self;
        Err(Failure::new(
            "this symbolon is built without PostgreSQL, and so has nowhere else to copy to; build it with --features postgres. \
             A copy of the record in a file is made by `symbolon backup`",
        ))
    }
}
