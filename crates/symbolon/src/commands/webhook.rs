//! `symbolon webhook`: who is told what happens to tokens.

use std::process::ExitCode;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};

use super::Context;
use crate::failure::Failure;
use crate::output::maybe;

/// Who is told what happens to tokens
#[derive(Debug, Subcommand)]
pub(crate) enum Webhook {
    /// List the webhooks of the configuration, and how far each has come
    List,
    /// Send a message to try one; exit code 1 if it is not taken
    Test(Named),
    /// Try at once what waits, also where the receiver said that it is gone
    Retry(Named),
}

/// Which webhook
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Its name in the configuration
    #[arg(value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    name: String,
}

impl Webhook {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        match self {
            Self::List => list(context).await.map(|()| ExitCode::SUCCESS),
            Self::Test(Named { name }) => test(context, &name).await,
            Self::Retry(Named { name }) => retry(context, &name).await.map(|()| ExitCode::SUCCESS),
        }
    }
}

async fn list(context: &Context) -> Result<(), Failure> {
    let list = context.speak(async |client| Ok(client.webhooks().await?)).await?;
    if context.output.json() {
        return context.output.document(&list);
    }
    let rows = list.items.iter().map(|webhook| {
        [
            webhook.name.clone(),
            webhook.url.clone(),
            webhook.state.replace('_', " "),
            webhook.position.map_or_else(|| "-".to_owned(), |position| position.to_string()),
            webhook.behind.to_string(),
            maybe(webhook.waiting_since.as_ref(), "-"),
            maybe(webhook.last_answer.as_ref(), "-"),
            maybe(webhook.next_attempt_at.as_ref(), "-"),
        ]
    });
    let heading =
        ["WEBHOOK", "URL", "STATE", "POSITION", "BEHIND", "WAITING SINCE", "LAST ANSWER", "NEXT ATTEMPT"];
    context.output.table(heading, rows.collect())
}

async fn test(context: &Context, name: &str) -> Result<ExitCode, Failure> {
    let test = context.speak(async |client| Ok(client.test_webhook(name).await?)).await?;
    context.output.document(&test)?;
    let taken = if test.delivered { "took" } else { "did not take" };
    context.output.print(&format!("{name} {taken} the message {} ({}).\n", test.id, test.answer))?;
    Ok(ExitCode::from(u8::from(!test.delivered)))
}

async fn retry(context: &Context, name: &str) -> Result<(), Failure> {
    let webhook = context.speak(async |client| Ok(client.retry_webhook(name).await?)).await?;
    context.output.document(&webhook)?;
    let next = webhook.position.unwrap_or_default() + 1;
    context.output.print(&format!("{name} is told what waits, from line {next} of the audit on.\n"))
}
