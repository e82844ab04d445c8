//! `symbolon ask`: scopes that tokens ask for, and what is said to that.

use std::process::ExitCode;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use symbolon_api::client::{AskFilter, Client, ClientError};
use symbolon_api::{ApproveAsk, AskRecord, DenyAsk, MakeAsk};
use symbolon_core::Timestamp;
use symbolon_server::Clock as _;

use super::Context;
use super::list::Extent;
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::output::{Output, joined, maybe};

/// Scopes that tokens ask for, and what is said to that
#[derive(Debug, Subcommand)]
pub(crate) enum Ask {
    /// Ask a person for scopes that the token in `SYMBOLON_TOKEN` has not; the ask's id goes to standard output
    Make(Make),
    /// List what waits for an answer, newest first
    List(ListAsks),
    /// Show an ask: who asks for what, for how long and why, and what was said
    Show(One),
    /// Lend what is asked for, or less of it; it ends by itself
    Approve(Approve),
    /// Deny what is asked for
    Deny(Deny),
    /// End what was lent, at once; what was not answered is taken back
    End(One),
}

/// What is asked for
#[derive(Debug, Args)]
pub(crate) struct Make {
    /// A scope that the token has not; several, or one list with commas
    #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',', required = true)]
    scopes: Vec<String>,
    /// For how long, from the answer on, such as 10m; at most 1d
    #[arg(long = "for", value_name = "TIME")]
    duration: String,
    /// What for: a person reads it
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Wait for the answer and show it; exit code 1 if nothing is lent
    #[arg(long)]
    wait: bool,
}

/// Which asks
#[derive(Debug, Args)]
pub(crate) struct ListAsks {
    /// Only those for this service
    #[arg(long, value_name = "SERVICE")]
    service: Option<String>,
    /// Only those of this token
    #[arg(long, value_name = "TOKEN_ID")]
    token: Option<String>,
    /// Also those that were answered, taken back, or have waited for too long
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    extent: Extent,
}

/// One ask
#[derive(Debug, Args)]
pub(crate) struct One {
    /// Its id
    #[arg(value_name = "ASK_ID", value_parser = NonEmptyStringValueParser::new())]
    id: String,
}

/// What is lent
#[derive(Debug, Args)]
pub(crate) struct Approve {
    #[command(flatten)]
    one: One,
    /// A scope to lend; several, or one list with commas [default: all that are asked for]
    #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',')]
    scopes: Vec<String>,
    /// For how long, and no longer than is asked for [default: for so long]
    #[arg(long = "for", value_name = "TIME")]
    duration: Option<String>,
    /// A word to who asked
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

/// What is denied
#[derive(Debug, Args)]
pub(crate) struct Deny {
    #[command(flatten)]
    one: One,
    /// A word to who asked
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

/// For how many seconds one call waits for an answer; then it is asked again.
const WAIT: u8 = 60;
/// How long it is left alone before that.
const PAUSE: Duration = Duration::from_secs(1);

impl Ask {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let record = match self {
            Self::Make(make) => return make.run(context).await,
            Self::List(list) => return list.run(context).await.map(|()| ExitCode::SUCCESS),
            Self::Show(One { id }) => {
                context.speak(async |client| Ok(client.get_ask(&id, None).await?)).await?
            }
            Self::Approve(Approve { one: One { id }, scopes, duration, note }) => {
                let scopes = Some(scopes).filter(|scopes| !scopes.is_empty());
                let approval = ApproveAsk { scopes, duration, note };
                context.speak(async |client| Ok(client.approve_ask(&id, &approval).await?)).await?
            }
            Self::Deny(Deny { one: One { id }, note }) => {
                let denial = DenyAsk { note };
                context.speak(async |client| Ok(client.deny_ask(&id, &denial).await?)).await?
            }
            Self::End(One { id }) => {
                context
                    .speak(async |client| {
                        client.end_ask(&id).await?;
                        Ok(client.get_ask(&id, None).await?)
                    })
                    .await?
            }
        };
        show(context.output, &record).map(|()| ExitCode::SUCCESS)
    }
}

impl Make {
    async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let token = context
            .token()
            .ok_or_else(|| Failure::new("no token is there to ask for; put it into SYMBOLON_TOKEN"))?;
        let client = Client::new(context.server()?).with_key(token.clone());
        let new = MakeAsk {
            scopes: self.scopes,
            duration: self.duration,
            reason: self.reason,
            ..MakeAsk::default()
        };
        let mut ask = client.make_ask(&new).await?;
        if ask.reason != new.reason.trim() || ask.duration != new.duration {
            let before = "An ask for the same scopes was open already, and is that one";
            context.output.note(&format!("{before}: for {}, since {}.", ask.duration, ask.asked_at));
        }
        if !self.wait {
            context.output.document(&ask)?;
            context.output.print(&format!("{}\n", ask.id))?;
            context.output.note(&format!("It waits for an answer, until {}.", ask.lapses_at));
            return Ok(ExitCode::SUCCESS);
        }
        context.output.note(&format!("{} waits for an answer, until {}.", ask.id, ask.lapses_at));
        while ask.state == "open" {
            match client.get_ask(&ask.id, Some(WAIT)).await {
                Ok(now) => ask = now,
                // It is started anew, perhaps, and the ask waits meanwhile.
                Err(error) if is_away(&error) && waits(&ask) => {}
                Err(error) => return Err(error.into()),
            }
            if ask.state == "open" {
                // A server that stops, or for which too many wait, has answered at once.
                tokio::time::sleep(PAUSE).await;
            }
        }
        show(context.output, &ask)?;
        Ok(ExitCode::from(u8::from(ask.state != "approved")))
    }
}

/// Whether nothing is known because nobody answered.
fn is_away(error: &ClientError) -> bool {
    let unavailable = error.problem().is_some_and(|problem| problem.status == 503);
    unavailable || matches!(error, ClientError::Connect { .. } | ClientError::Broken { .. })
}

/// Whether it can be answered still.
fn waits(ask: &AskRecord) -> bool {
    ask.lapses_at.parse().is_ok_and(|end: Timestamp| end > SystemClock.now())
}

impl ListAsks {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let state = if self.all { "all" } else { "open" };
        let filter = AskFilter { service: self.service, token: self.token, state: Some(state.to_owned()) };
        let list = context
            .speak(async |client| self.extent.collect(async |page| client.asks(&filter, &page).await).await)
            .await?;
        Extent::print(
            context.output,
            &list,
            ["ASK", "SERVICE", "TOKEN", "OWNER", "SCOPES", "FOR", "ASKED", "STATE"],
            |ask| {
                [
                    ask.id.clone(),
                    ask.service.clone(),
                    format!("{} {}", ask.token.token_prefix, ask.token.name),
                    ask.token.owner.clone(),
                    joined(&ask.scopes),
                    ask.duration.clone(),
                    ask.asked_at.clone(),
                    ask.state.clone(),
                ]
            },
        )
    }
}

fn show(output: Output, ask: &AskRecord) -> Result<(), Failure> {
    if output.json() {
        return output.document(ask);
    }
    let token = &ask.token;
    let mut pairs = vec![
        ("ask", ask.id.clone()),
        ("state", ask.state.clone()),
        ("service", ask.service.clone()),
        ("token", format!("{} {} ({})", token.token_prefix, token.name, token.id)),
        ("owner", token.owner.clone()),
        ("scopes", joined(&ask.scopes)),
        ("for", ask.duration.clone()),
        ("reason", ask.reason.clone()),
        ("asked by", ask.asked_by.clone()),
        ("asked", ask.asked_at.clone()),
    ];
    if ask.state == "open" {
        pairs.push(("lapses", ask.lapses_at.clone()));
    }
    let said = [
        ("answered by", maybe(ask.answered_by.as_ref(), "")),
        ("answered", maybe(ask.answered_at.as_ref(), "")),
        ("lent", ask.lent.as_ref().map_or_else(String::new, |scopes| joined(scopes))),
        ("until", maybe(ask.lent_until.as_ref(), "")),
        ("note", maybe(ask.note.as_ref(), "")),
    ];
    pairs.extend(said.into_iter().filter(|(_, value)| !value.is_empty()));
    output.pairs(&pairs)
}
