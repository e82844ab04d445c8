//! `symbolon session`: who is signed in.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use serde_json::json;
use symbolon_api::client::SessionFilter;

use super::Context;
use super::list::Extent;
use crate::failure::Failure;
use crate::output::maybe;

/// Sign-ins
#[derive(Debug, Subcommand)]
pub(crate) enum Session {
    /// List the sessions that live, newest first
    List(ListSessions),
    /// End a session
    End(End),
}

/// How many sessions
#[derive(Debug, Args)]
pub(crate) struct ListSessions {
    #[command(flatten)]
    extent: Extent,
}

/// One session
#[derive(Debug, Args)]
pub(crate) struct End {
    /// Its id
    #[arg(value_name = "SESSION_ID", value_parser = NonEmptyStringValueParser::new())]
    id: String,
}

impl Session {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::List(list) => list.run(context).await,
            Self::End(End { id }) => {
                context.speak(async |client| Ok(client.end_session(&id).await?)).await?;
                if context.output.json() {
                    return context.output.document(&json!({ "id": id, "ended": true }));
                }
                context.output.print(&format!("Ended {id}.\n"))
            }
        }
    }
}

impl ListSessions {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let all = SessionFilter::default();
        let list = context
            .speak(async |client| self.extent.collect(async |page| client.sessions(&all, &page).await).await)
            .await?;
        Extent::print(context.output, &list, ["SESSION", "USER", "BEGAN", "ENDS", "FROM"], |session| {
            [
                session.id.clone(),
                session.user.clone(),
                session.created_at.clone(),
                session.expires_at.clone(),
                maybe(session.client_ip.as_ref(), "-"),
            ]
        })
    }
}
