//! `symbolon token bulk`: one thing done to many tokens, shown before it is done.

use std::io::{self, IsTerminal, Write};

use clap::{Args, Subcommand};
use symbolon_api::{BulkAction, BulkAnswer, BulkItem, BulkNarrow, BulkOwn, BulkRevoke, BulkTokens};

use super::Context;
use super::which::Which;
use crate::failure::Failure;
use crate::output::{Output, joined};

/// Do one thing to many tokens: it is shown first, and then done as it was shown, to all of them or to none
#[derive(Debug, Subcommand)]
pub(crate) enum Bulk {
    /// Take them back for ever
    Revoke(Many),
    /// Take scopes away from them
    Narrow(Narrow),
    /// Give them to another owner
    Own(Own),
}

/// To which, and how sure you are
#[derive(Debug, Args)]
pub(crate) struct Many {
    /// The service that they open
    #[arg(long, value_name = "SERVICE")]
    service: String,
    #[command(flatten)]
    which: Which,
    /// Show what would be done, and do nothing
    #[arg(long)]
    preview: bool,
    /// Do it without asking
    #[arg(long, conflicts_with = "preview")]
    yes: bool,
}

/// Which scopes are taken away
#[derive(Debug, Args)]
pub(crate) struct Narrow {
    #[command(flatten)]
    many: Many,
    /// These scopes, and what includes one of them; several, or one list with commas
    #[arg(
        long,
        value_name = "SCOPE",
        value_delimiter = ',',
        conflicts_with = "to",
        required_unless_present = "to"
    )]
    remove: Vec<String>,
    /// All but these and what they include; several, or one list with commas
    #[arg(long, value_name = "SCOPE", value_delimiter = ',')]
    to: Vec<String>,
}

/// Whose they shall be
#[derive(Debug, Args)]
pub(crate) struct Own {
    #[command(flatten)]
    many: Many,
    /// The user to whom they shall belong
    #[arg(long, value_name = "USER")]
    to: String,
}

impl Bulk {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Revoke(many) => many.run(context, BulkAction::Revoke(BulkRevoke {})).await,
            Self::Narrow(Narrow { many, remove, to }) => {
                let narrow = if to.is_empty() { BulkNarrow::Remove(remove) } else { BulkNarrow::To(to) };
                many.run(context, BulkAction::Narrow(narrow)).await
            }
            Self::Own(Own { many, to }) => many.run(context, BulkAction::Own(BulkOwn { owner: to })).await,
        }
    }
}

impl Many {
    async fn run(self, context: &Context, action: BulkAction) -> Result<(), Failure> {
        let Self { service, which, preview, yes } = self;
        if !preview && !yes && !io::stdin().is_terminal() {
            return Err(Failure::usage("give --preview to see what it would do, or --yes to do it"));
        }
        let output = context.output;
        let mut bulk = BulkTokens { filter: which.filter(), action, plan: None };
        let answer = context.speak(async |client| Ok(client.bulk_tokens(&service, &bulk).await?)).await?;
        if !yes {
            show(output, &answer)?;
        }
        if preview || answer.changed == 0 {
            if yes {
                show(output, &answer)?;
            }
            return output.document(&answer);
        }
        if !yes && !sure(answer.changed)? {
            return Err(Failure::new("nothing was changed"));
        }
        bulk.plan = Some(answer.plan);
        let answer = context.speak(async |client| Ok(client.bulk_tokens(&service, &bulk).await?)).await?;
        if yes {
            show(output, &answer)?;
        } else {
            output.note("Done.");
        }
        output.document(&answer)
    }
}

/// Says what was looked at, or done.
fn show(output: Output, answer: &BulkAnswer) -> Result<(), Failure> {
    if output.json() {
        return Ok(());
    }
    let row = |item: &BulkItem| {
        let afterwards = match (&item.detail, &item.scopes) {
            (Some(detail), _) => detail.clone(),
            (None, Some(scopes)) => joined(scopes),
            (None, None) => "-".to_owned(),
        };
        let token = &item.token;
        [
            token.token_prefix.clone(),
            token.name.clone(),
            token.owner.clone(),
            joined(&token.scopes),
            item.outcome.clone(),
            afterwards,
        ]
    };
    let rows = answer.items.iter().map(row).collect();
    output.table(["TOKEN", "NAME", "OWNER", "SCOPES", "OUTCOME", "AFTERWARDS"], rows)?;
    let BulkAnswer { changed, unchanged, refused, done, .. } = answer;
    let does = if *done { "changed" } else { "would change" };
    output.note(&format!(
        "{changed} {does}; {unchanged} are so already; {refused} are not yours to change so."
    ));
    Ok(())
}

/// Asks at the terminal.
fn sure(tokens: u64) -> Result<bool, Failure> {
    let unheard = |error| Failure::new(format!("the answer cannot be read: {error}"));
    let mut out = io::stderr().lock();
    write!(out, "Change {tokens} tokens? Type yes: ").and_then(|()| out.flush()).map_err(unheard)?;
    let mut line = String::new();
    io::stdin().read_line(&mut line).map_err(unheard)?;
    Ok(line.trim() == "yes")
}
