//! `symbolon key`: system and verifier keys.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use secrecy::ExposeSecret;
use serde_json::json;
use symbolon_api::CreateKey;

use super::Context;
use super::init::read_key;
use super::list::Extent;
use crate::failure::Failure;
use crate::output::{complain, maybe};

/// System and verifier keys
#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a key; the secret alone goes to standard output
    Create(Create),
    /// List the keys, newest first
    List(ListKeys),
    /// Take a key back for ever
    Revoke(Revoke),
}

/// A key to be made
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What to call it
    #[arg(long, value_name = "TEXT")]
    name: String,
    /// A verifier key, which may ask for decisions of this service and do nothing else [default: a system key, which may do everything]
    #[arg(long, value_name = "SERVICE")]
    verifier: Option<String>,
    /// Take the secret from this file (`-`: standard input) instead of making one
    #[arg(long, value_name = "FILE")]
    secret_file: Option<String>,
}

/// How many keys
#[derive(Debug, Args)]
pub(crate) struct ListKeys {
    #[command(flatten)]
    extent: Extent,
}

/// One key
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// Its id
    #[arg(value_name = "KEY_ID", value_parser = NonEmptyStringValueParser::new())]
    id: String,
}

impl Key {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run(context).await,
            Self::List(list) => list.run(context).await,
            Self::Revoke(Revoke { id }) => {
                context.speak(async |client| Ok(client.remove_key(&id).await?)).await?;
                if context.output.json() {
                    return context.output.document(&json!({ "id": id, "revoked": true }));
                }
                context.output.print(&format!("Revoked {id}.\n"))
            }
        }
    }
}

impl Create {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let secret = self.secret_file.as_deref().map(read_key).transpose()?;
        let new = CreateKey {
            kind: if self.verifier.is_some() { "verifier" } else { "system" }.to_owned(),
            name: self.name,
            service: self.verifier,
            secret: secret.map(|secret| secret.expose_secret().to_owned()),
        };
        let created = context.speak(async |client| Ok(client.create_key(&new).await?)).await?;
        if context.output.json() {
            return context.output.document(&created);
        }
        let record = &created.record;
        let what = format!("The {} key {} ({})", record.kind, record.name, record.id);
        let Some(secret) = &created.key else {
            return context.output.print(&format!("{what}, with the secret that you gave.\n"));
        };
        context.output.print(&format!("{secret}\n"))?;
        complain(&format!("{what}. It is shown this once."));
        Ok(())
    }
}

impl ListKeys {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let list = context
            .speak(async |client| self.extent.collect(async |page| client.keys(&page).await).await)
            .await?;
        Extent::print(context.output, &list, ["KEY", "KIND", "NAME", "SERVICE", "PREFIX", "MADE"], |key| {
            [
                key.id.clone(),
                key.kind.clone(),
                key.name.clone(),
                maybe(key.service.as_ref(), "-"),
                maybe(key.key_prefix.as_ref(), "-"),
                key.created_at.clone(),
            ]
        })
    }
}
