//! `symbolon service`: whether a service is enforced, and what was seen while it was not.

use clap::{Args, Subcommand};
use symbolon_api::EditService;

use super::Context;
use crate::failure::Failure;

/// Whether a service is enforced, and what was seen while it was not
#[derive(Debug, Subcommand)]
pub(crate) enum Service {
    /// Show what would have been refused while the service was not enforced, and what has no route
    Report(Report),
    /// Act on refusals from now on; with --off, only note them
    Enforce(Enforce),
}

/// Which service
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// The service
    service: String,
}

/// Which service, and whether
#[derive(Debug, Args)]
pub(crate) struct Enforce {
    /// The service
    service: String,
    /// Note what would be refused, and let it go on to the application
    #[arg(long)]
    off: bool,
}

impl Service {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Report(report) => report.run(context).await,
            Self::Enforce(enforce) => enforce.run(context).await,
        }
    }
}

impl Report {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let observed = context.speak(async |client| Ok(client.observed(&self.service).await?)).await?;
        let output = context.output;
        if output.json() {
            return output.document(&observed);
        }
        let state = if observed.enforced { "enforced" } else { "not enforced" };
        let by = match &observed.switched_at {
            Some(at) => format!("as switched at {at}"),
            None => "as the configuration says".to_owned(),
        };
        output.note(&format!("{} is {state}, {by}. Looked at since {}.", observed.service, observed.since));
        let rows = observed.sights.iter().map(|sight| {
            [
                sight.method.clone(),
                sight.path.clone(),
                sight.reason.clone().unwrap_or_else(|| "no route, but not refused".to_owned()),
                sight.count.to_string(),
                sight.last_at.clone(),
            ]
        });
        output.table(["METHOD", "PATH", "WOULD BE REFUSED FOR", "REQUESTS", "LAST"], rows.collect())?;
        if observed.left_out > 0 {
            output.note(&format!("There was no place for {} more requests.", observed.left_out));
        }
        Ok(())
    }
}

impl Enforce {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let edit = EditService { enforce: Some(!self.off) };
        let info = context.speak(async |client| Ok(client.edit_service(&self.service, &edit).await?)).await?;
        context.output.document(&info)?;
        context.output.print(&if info.enforced {
            format!("{} is enforced.\n", info.service)
        } else {
            format!("{} is not enforced: what would be refused is noted, and goes on.\n", info.service)
        })
    }
}
