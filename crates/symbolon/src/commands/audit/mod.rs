//! `symbolon audit`: who did what, and whether that is still what was written.

mod checkpoints;
mod export;
mod verify;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use symbolon_api::client::AuditFilter;

use super::Context;
use super::list::Extent;
use crate::failure::Failure;
use crate::output::maybe;

pub(super) use verify::{doctor, sentence};

/// Who did what
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// List the audit's lines, newest first
    List(ListAudit),
    /// Print the audit as it was written, oldest line first, a JSON object a line
    Export(export::Export),
    /// Look whether the audit is whole: no line changed, removed, moved or cut off; exit code 1 where one is
    Verify(verify::Verify),
    /// Sign the audit's last line, and print that as a line of JSON to be kept somewhere else
    Checkpoint,
    /// Print the public key with which checkpoints are verified
    Key,
}

/// Which lines
#[derive(Debug, Args)]
pub(crate) struct ListAudit {
    /// Of this service
    #[arg(long, value_name = "SERVICE")]
    service: Option<String>,
    /// With this action, such as token.create, or of this noun, such as token
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// About this id
    #[arg(long, value_name = "ID")]
    subject: Option<String>,
    /// By this actor: an id, local, github or anonymous
    #[arg(long, value_name = "ACTOR")]
    actor: Option<String>,
    #[command(flatten)]
    extent: Extent,
}

impl Audit {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        match self {
            Self::List(list) => list.run(context).await?,
            Self::Export(export) => export.run(context).await?,
            Self::Verify(verify) => return verify.run(context).await,
            Self::Checkpoint => checkpoints::sign(context).await?,
            Self::Key => checkpoints::key(context).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl ListAudit {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let filter = AuditFilter {
            service: self.service,
            action: self.action,
            subject: self.subject,
            actor: self.actor,
        };
        let lines = context
            .speak(async |client| self.extent.collect(async |page| client.audit(&filter, &page).await).await)
            .await?;
        Extent::print(
            context.output,
            &lines,
            ["NUMBER", "AT", "ACTOR", "ACTION", "SUBJECT", "SERVICE", "DETAIL"],
            |line| {
                [
                    line.seq.to_string(),
                    line.at.clone(),
                    line.actor.clone(),
                    line.action.clone(),
                    line.subject.clone(),
                    maybe(line.service.as_ref(), "-"),
                    line.detail.to_string(),
                ]
            },
        )
    }
}
