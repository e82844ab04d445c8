//! `symbolon backup` and `symbolon restore`: the record as it was at one moment, into a directory and out of it.

mod manifest;
mod restore;
mod staging;

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use symbolon_server::Clock;
use symbolon_store::inspect;

use super::Context;
use crate::clock::SystemClock;
use crate::data_dir::{Contents, DataDir, KeyFile, copy_audit_keys, not_for_root};
use crate::failure::Failure;
use manifest::Manifest;
use staging::Staging;

pub(crate) use restore::Restore;

/// The database of a backup.
const DATABASE: &str = "symbolon.db";
/// Its keys, where they are in it.
const KEYS: &str = "keys.toml";
/// The key that signs checkpoints of its audit, where it is in it.
const AUDIT_KEY: &str = "audit-key.toml";

/// Copy the record into a new directory, also while the server runs; without the keys, which belong elsewhere
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The directory to make
    #[arg(value_name = "DIRECTORY")]
    to: PathBuf,
    /// Put keys.toml and audit-key.toml in too; the backup is then worth as much as the installation
    #[arg(long)]
    with_keys: bool,
}

impl Backup {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        if context.url().is_some() {
            return Err(Failure::usage(
                "a backup is made at the machine that has the data directory; leave --url and SYMBOLON_URL out there",
            ));
        }
        let directory = DataDir::of(&context.settings()?);
        if directory.elsewhere().is_some() {
            return Err(Failure::usage(
                "the record is in PostgreSQL, which has tools of its own for that (pg_dump, pg_basebackup); copy keys.toml and \
                 audit-key.toml besides. `symbolon store copy` moves the record into a file, while no server runs",
            ));
        }
        if directory.contents()? == Contents::Nothing {
            return Err(directory.not_initialised());
        }
        not_for_root(&directory.database())?;
        let staging = Staging::beside(&self.to)?;
        // Told from before the copy: what comes later may be missing from it.
        let made_at = SystemClock.now();
        let mut keys = KeyFile::load(&directory.keys())?;
        let copied = staging.path().join(DATABASE);
        context.output.note("Copying the record …");
        symbolon_store::copy(&directory.database(), &copied).await.map_err(Failure::new)?;
        let contents = inspect(&copied).await.map_err(Failure::new)?;
        if !missing(&contents.peppers, &keys).is_empty() {
            // The pepper was rotated between the two.
            keys = KeyFile::load(&directory.keys())?;
        }
        refuse_missing(&contents.peppers, &keys, &directory.keys())?;
        let manifest = Manifest::of(&copied, made_at, contents, self.with_keys)?;
        manifest.write(staging.path())?;
        if self.with_keys {
            keys.write(&staging.path().join(KEYS)).map_err(Failure::new)?;
            // A directory from before there were checkpoints has none until it is next served.
            if directory.audit_key().exists() {
                copy_audit_keys(&directory.audit_key(), &staging.path().join(AUDIT_KEY))?;
            }
        }
        staging.finish(&self.to)?;
        self.report(context, &manifest)
    }

    fn report(&self, context: &Context, manifest: &Manifest) -> Result<(), Failure> {
        let place = self.to.display();
        context.output.document(&json!({ "directory": place.to_string(), "backup": manifest }))?;
        context.output.print(&format!(
            "Backed up {} tokens, {} users and {} keys, as of {}, in {place}.\n",
            manifest.tokens, manifest.users, manifest.keys, manifest.made_at
        ))?;
        context.output.note(&if self.with_keys {
            "The server's keys are in it: keep it as you keep the installation.".to_owned()
        } else {
            format!(
                "The server's keys are not in it. To restore it takes a copy of keys.toml with {}, and to go on \
                 signing checkpoints of the audit as before one of audit-key.toml; keep these apart.",
                numbers(&manifest.peppers)
            )
        });
        Ok(())
    }
}

/// Those of `peppers` that are not among the keys.
fn missing(peppers: &[u32], keys: &KeyFile) -> Vec<u32> {
    let known = keys.peppers();
    peppers.iter().copied().filter(|id| !known.contains(id)).collect()
}

fn refuse_missing(peppers: &[u32], keys: &KeyFile, file: &Path) -> Result<(), Failure> {
    let missing = missing(peppers, keys);
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{} lacks {}, under which something in the record was made and without which it is dead; name the keys.toml of \
         that time",
        file.display(),
        numbers(&missing)
    )))
}

/// Peppers by their numbers.
fn numbers(peppers: &[u32]) -> String {
    let list: Vec<_> = peppers.iter().map(ToString::to_string).collect();
    format!("pepper {}", list.join(", "))
}
