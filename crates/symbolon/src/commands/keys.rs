//! `symbolon keys`: the server's own keys.

use clap::{Args, Subcommand};
use serde_json::json;
use symbolon_api::{RotateSessionKey, ServerKeys};

use super::Context;
use crate::failure::Failure;
use crate::output::maybe;

/// The server's own keys: rotate them while it runs, and drop old ones
#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Show which there are, and what rests on each
    Show,
    /// Make a new one; what was made under the one before goes on
    #[command(subcommand)]
    Rotate(Rotate),
    /// Drop a former pepper, on which nothing rests any more
    Retire(Retire),
}

/// Which
#[derive(Debug, Subcommand)]
pub(crate) enum Rotate {
    /// The pepper, under which secrets are digested and rows sealed
    Pepper,
    /// The key that signs sessions
    Sessions(Sessions),
}

/// How
#[derive(Debug, Args)]
pub(crate) struct Sessions {
    /// End every session now, as after a leak [default: the key before opens those that it has signed, for 24 hours]
    #[arg(long)]
    end_sessions: bool,
}

/// One pepper
#[derive(Debug, Args)]
pub(crate) struct Retire {
    /// Its number
    #[arg(value_name = "PEPPER")]
    id: u32,
    /// Revoke the tokens and keys that still rest on it, and imported tokens that nobody has used yet
    #[arg(long)]
    revoke: bool,
}

impl Keys {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Show => {
                let keys = context.speak(async |client| Ok(client.server_keys().await?)).await?;
                print(context, &keys)
            }
            Self::Rotate(Rotate::Pepper) => {
                let keys = context.speak(async |client| Ok(client.rotate_pepper().await?)).await?;
                context.output.note(
                    "Make a new copy of keys.toml: without it the tokens that are made or used from now on are dead. \
                     `symbolon keys show` counts what still rests on the pepper before.",
                );
                print(context, &keys)
            }
            Self::Rotate(Rotate::Sessions(Sessions { end_sessions })) => {
                let how = RotateSessionKey { end_sessions };
                let keys = context.speak(async |client| Ok(client.rotate_session_key(&how).await?)).await?;
                print(context, &keys)
            }
            Self::Retire(Retire { id, revoke }) => {
                context.speak(async |client| Ok(client.retire_pepper(id, revoke).await?)).await?;
                if context.output.json() {
                    return context.output.document(&json!({ "pepper": id, "retired": true }));
                }
                context.output.print(&format!("Retired pepper {id}.\n"))
            }
        }
    }
}

fn print(context: &Context, keys: &ServerKeys) -> Result<(), Failure> {
    if context.output.json() {
        return context.output.document(keys);
    }
    let state = |current: bool, ends: Option<&String>| match (current, ends) {
        (true, _) => "current".to_owned(),
        (false, Some(end)) => format!("until {end}"),
        (false, None) => "former".to_owned(),
    };
    let peppers = keys.peppers.iter().map(|pepper| {
        [
            "pepper".to_owned(),
            pepper.id.to_string(),
            state(pepper.current, None),
            maybe(pepper.made_at.as_ref(), "-"),
            pepper.tokens.to_string(),
            pepper.keys.to_string(),
            pepper.seals.to_string(),
        ]
    });
    let sessions = keys.session_keys.iter().map(|key| {
        [
            "sessions".to_owned(),
            key.id.to_string(),
            state(key.current, key.ends_at.as_ref()),
            maybe(key.made_at.as_ref(), "-"),
            "-".to_owned(),
            "-".to_owned(),
            "-".to_owned(),
        ]
    });
    let heads = ["KIND", "NUMBER", "STATE", "MADE", "TOKENS", "KEYS", "SEALS"];
    context.output.table(heads, peppers.chain(sessions).collect())
}
