//! `symbolon audit`: who did what.

use clap::{Args, Subcommand};
use symbolon_api::client::AuditFilter;

use super::Context;
use super::list::Extent;
use crate::failure::Failure;
use crate::output::maybe;

/// Who did what
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// List the audit's lines, newest first
    List(ListAudit),
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
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let Self::List(list) = self;
        let filter = AuditFilter {
            service: list.service,
            action: list.action,
            subject: list.subject,
            actor: list.actor,
        };
        let lines = context
            .speak(async |client| list.extent.collect(async |page| client.audit(&filter, &page).await).await)
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
