//! `symbolon token advise`: which tokens deserve a look, and what to do about each.

use clap::Args;
use symbolon_api::{Finding, List, TokenAdvice};

use super::Context;
use super::list::Extent;
use crate::failure::Failure;
use crate::output::joined;

/// The most tokens that one call looks at.
const AT_ONCE: usize = 200;

/// Which tokens deserve a look
#[derive(Debug, Args)]
pub(crate) struct Advise {
    /// The service
    #[arg(long, value_name = "SERVICE")]
    service: String,
    /// About one token alone: its id, or the first 8 characters after its prefix
    #[arg(value_name = "TOKEN", conflicts_with_all = ["limit", "cursor"])]
    token: Option<String>,
    /// By their use on so many days that end today, 1 to 90
    #[arg(long, value_name = "N", default_value_t = 90)]
    days: u8,
    #[command(flatten)]
    extent: Extent,
}

impl Advise {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let (service, days) = (&self.service, Some(self.days));
        let list = context
            .speak(async |client| {
                if let Some(token) = &self.token {
                    let advice = client.token_advice(service, token, days).await?;
                    Ok(List { items: vec![advice], next_cursor: None })
                } else {
                    let page = async |mut page: symbolon_api::client::PageOf| {
                        page.limit = page.limit.map(|limit| limit.min(AT_ONCE));
                        client.advice(service, days, &page).await
                    };
                    self.extent.collect(page).await
                }
            })
            .await?;
        let output = context.output;
        if output.json() {
            return output.document(&list);
        }
        let rows = list.items.iter().flat_map(|advice| advice.findings.iter().map(|one| row(advice, one)));
        output.table(["TOKEN", "NAME", "OWNER", "FINDING", "WHAT FOLLOWS"], rows.collect())?;
        if let Some(cursor) = &list.next_cursor {
            output.note(&format!("There are more: a larger --limit, or --cursor {cursor}"));
        }
        Ok(())
    }
}

fn row(advice: &TokenAdvice, finding: &Finding) -> [String; 5] {
    let token = &advice.token;
    let about = match &finding.at {
        Some(at) => format!("{} {at}", finding.kind),
        None if finding.scopes.is_empty() => finding.kind.clone(),
        None => format!("{} {}", finding.kind, joined(&finding.scopes)),
    };
    [token.token_prefix.clone(), token.name.clone(), token.owner.clone(), about, follows(advice, finding)]
}

/// The command that does something about a finding.
fn follows(advice: &TokenAdvice, finding: &Finding) -> String {
    let token = &advice.token;
    let command = |verb: &str, rest: &str| {
        format!("symbolon token {verb} --service {} {}{rest}", token.service, token.token_prefix)
    };
    match (finding.kind.as_str(), &advice.narrowed) {
        ("unused_scopes" | "inert_scopes", Some(scopes)) => {
            command("edit", &format!(" --scope {}", scopes.join(",")))
        }
        ("expiring" | "never_expires", _) => command("edit", " --expires 90d"),
        // It comes out disabled: the former owner may know its secret.
        ("owner_inactive", _) => {
            [command("edit", " --owner USER"), command("rotate", " --old-ends now"), command("enable", "")]
                .join(", then ")
        }
        _ => command("revoke", ""),
    }
}
