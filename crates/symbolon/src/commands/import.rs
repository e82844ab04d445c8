//! `symbolon import`: taking over what an application has issued before.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde::Serialize;
use symbolon_api::client::Client;
use symbolon_api::{ImportRow, ImportTokens, RowOutcome};

use super::Context;
use crate::failure::Failure;
use crate::importing::{Format, Read, Source, Table};

/// How many rows are sent at once.
const BATCH: usize = 500;

/// Take over what an application has issued before
#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Take over tokens with the application's own hashes, so that they keep working
    Tokens(Tokens),
}

/// Which tokens
#[derive(Debug, Args)]
pub(crate) struct Tokens {
    /// A file of rows; its columns are prefix, hash, name, owner, scopes and `expires_at`
    #[arg(
        value_name = "FILE",
        required_unless_present = "from",
        conflicts_with = "from",
        requires = "format"
    )]
    file: Option<PathBuf>,
    /// How the file is written
    #[arg(long)]
    format: Option<Format>,
    /// Read an application's own table: odysseus:PATH or odin:PATH
    #[arg(long, value_name = "APPLICATION:PATH")]
    from: Option<Table>,
    /// The service that the tokens open
    #[arg(long, value_name = "SERVICE")]
    service: String,
    /// Who owns here what OLD owns there; may be repeated
    #[arg(long = "owner", value_name = "OLD=NEW", value_parser = renamed)]
    owners: Vec<(String, String)>,
    /// Tell what would become of each row, and make nothing
    #[arg(long)]
    dry_run: bool,
}

fn renamed(text: &str) -> Result<(String, String), &'static str> {
    let (old, new) = text.split_once('=').ok_or("write OLD=NEW")?;
    Ok((old.to_owned(), new.to_owned()))
}

/// What became of all rows.
#[derive(Serialize)]
struct Told {
    dry_run: bool,
    counts: BTreeMap<String, usize>,
    rows: Vec<ToldRow>,
}

#[derive(Serialize)]
struct ToldRow {
    place: String,
    name: Option<String>,
    #[serde(flatten)]
    outcome: RowOutcome,
}

impl Import {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let Self::Tokens(tokens) = self;
        tokens.run(context).await
    }
}

impl Tokens {
    async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let source = match (&self.file, self.format, &self.from) {
            (Some(path), Some(format), _) => Source::File(path.clone(), format),
            (_, _, Some(table)) => Source::Table(table.clone()),
            _ => return Err(Failure::new("name a file and its --format, or a table with --from")),
        };
        let read = source.read().await?;
        let told = context.speak(async |client| self.send(client, read, context).await).await?;
        context.output.document(&told)?;
        let file = source.name();
        for row in told.rows.iter().filter(|row| !row.outcome.notes.is_empty()) {
            let name = row.name.as_deref().unwrap_or("?");
            let field = row.outcome.field.as_ref().map_or_else(String::new, |field| format!("{field}: "));
            let (outcome, notes) = (&row.outcome.outcome, row.outcome.notes.join("; "));
            context.output.print(&format!("{file}:{}: {name:?} {outcome}: {field}{notes}\n", row.place))?;
        }
        let count = |outcome: &str| told.counts.get(outcome).copied().unwrap_or_default();
        let would = if self.dry_run { "Would be: " } else { "" };
        context.output.print(&format!(
            "{would}{} imported, {} inert, {} known already, {} refused\n",
            count("imported"),
            count("inert"),
            count("known"),
            count("refused")
        ))?;
        Ok(if count("refused") > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    /// Sends the rows a batch at a time. What was sent before a failure is made; to begin anew finds it known.
    async fn send(&self, client: &Client, read: Vec<Read>, context: &Context) -> Result<Told, Failure> {
        let (all, mut rows) = (read.len(), Vec::with_capacity(read.len()));
        let mut waiting = read.into_iter();
        loop {
            let batch: Vec<Read> = waiting.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                break;
            }
            let sent: Vec<ImportRow> =
                batch.iter().filter_map(|read| read.row.as_ref().ok()).map(|row| self.owned(row)).collect();
            let outcomes = if sent.is_empty() {
                Vec::new()
            } else {
                let tokens = ImportTokens { rows: sent, dry_run: self.dry_run };
                client.import_tokens(&self.service, &tokens).await?.rows
            };
            let mut outcomes = outcomes.into_iter();
            for Read { place, row } in batch {
                let name = row.as_ref().ok().map(|row| row.name.clone());
                let outcome = match row {
                    Ok(_) => outcomes
                        .next()
                        .ok_or_else(|| Failure::new("the server told of fewer rows than it was sent"))?,
                    Err(why) => {
                        RowOutcome { outcome: "refused".to_owned(), id: None, notes: vec![why], field: None }
                    }
                };
                rows.push(ToldRow { place, name, outcome });
            }
            if rows.len() < all {
                context.output.note(&format!("{} of {all}", rows.len()));
            }
        }
        let mut counts = BTreeMap::new();
        for row in &rows {
            *counts.entry(row.outcome.outcome.clone()).or_default() += 1;
        }
        Ok(Told { dry_run: self.dry_run, counts, rows })
    }

    fn owned(&self, row: &ImportRow) -> ImportRow {
        let new = self.owners.iter().find(|(old, _)| *old == row.owner);
        ImportRow { owner: new.map_or_else(|| row.owner.clone(), |(_, new)| new.clone()), ..row.clone() }
    }
}
