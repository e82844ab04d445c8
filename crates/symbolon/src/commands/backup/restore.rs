//! A new data directory from a backup.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use serde_json::json;
use symbolon_core::id::UserId;
use symbolon_core::record::{ActorId, AuditLine, Origin};
use symbolon_core::store::{BrokenSeal, Change, Mutation, Sealing, Sink, Store};
use symbolon_server::Clock;
use symbolon_store::{SqliteStore, inspect};

use super::staging::Staging;
use super::{AUDIT_KEY, DATABASE, KEYS, Manifest, numbers};
use crate::clock::SystemClock;
use crate::commands::Context;
use crate::data_dir::{KeyFile, copy_audit_keys};
use crate::failure::Failure;

/// Make a new data directory from a backup
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup's directory
    #[arg(value_name = "BACKUP")]
    from: PathBuf,
    /// The data directory to make; what is there already is not touched
    #[arg(long, value_name = "DIRECTORY")]
    data_dir: PathBuf,
    /// The copy of keys.toml [default: the one in the backup, if it was made with its keys]
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// The copy of audit-key.toml [default: the one in the backup; where there is none, another key is made]
    #[arg(long, value_name = "FILE")]
    audit_key: Option<PathBuf>,
}

impl Restore {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        // All is looked at before anything is made.
        let manifest = Manifest::read(&self.from)?;
        let database = self.from.join(DATABASE);
        inspect(&database).await.map_err(Failure::new)?;
        let file = self.key_file(&manifest)?;
        let keys = KeyFile::load(&file)?;
        manifest.refuse_missing(&keys, &file)?;
        let staging = Staging::beside(&self.data_dir)?;
        let restored = staging.path().join(DATABASE);
        copy(&database, &restored)
            .map_err(|error| Failure::new(format!("{} cannot be written: {error}", restored.display())))?;
        keys.write(&staging.path().join(KEYS)).map_err(Failure::new)?;
        let audit_key = self.audit_key();
        if let Some(audit_key) = &audit_key {
            copy_audit_keys(audit_key, &staging.path().join(AUDIT_KEY))?;
        }
        let broken = settle(&restored, &keys, &manifest).await?.ok_or_else(|| {
            Failure::new(format!(
                "{} has other keys than those that the backup was made with, though their numbers are the same: nothing in \
                 the record would be in force. Name the keys.toml of that installation and time as --keys",
                file.display()
            ))
        })?;
        staging.finish(&self.data_dir)?;
        self.report(context, &manifest, &broken, audit_key.is_some())
    }

    fn audit_key(&self) -> Option<PathBuf> {
        self.audit_key.clone().or_else(|| Some(self.from.join(AUDIT_KEY)).filter(|file| file.exists()))
    }

    fn key_file(&self, manifest: &Manifest) -> Result<PathBuf, Failure> {
        match &self.keys {
            Some(file) => Ok(file.clone()),
            None if manifest.with_keys => Ok(self.from.join(KEYS)),
            None => Err(Failure::usage(format!(
                "the backup was made without the server's keys; name your copy of keys.toml, with {}, as --keys",
                numbers(&manifest.peppers)
            ))),
        }
    }

    fn report(
        &self,
        context: &Context,
        manifest: &Manifest,
        broken: &[BrokenSeal],
        audit_key: bool,
    ) -> Result<(), Failure> {
        let place = self.data_dir.display();
        let named: Vec<_> =
            broken.iter().map(|one| json!({ "kind": one.kind.as_str(), "id": one.id })).collect();
        context.output.document(&json!({
            "data_dir": place.to_string(),
            "backup": manifest,
            "broken_seals": named,
            "audit_key": audit_key,
        }))?;
        context.output.print(&format!(
            "Restored {} tokens, {} users and {} keys, as of {}, into {place}.\n",
            manifest.tokens, manifest.users, manifest.keys, manifest.made_at
        ))?;
        for one in broken {
            context.output.note(&format!(
                "The record of the {} {} was changed outside Symbolon, and counts as not there.",
                one.kind, one.id
            ));
        }
        if !audit_key {
            context.output.note(
                "No audit-key.toml was put back, and the server makes another at its start: checkpoints that were signed \
                 before are then by a key that it does not know. If you have a copy, put it into the directory first; \
                 otherwise list the public key of before as `former` in the new file.",
            );
        }
        context.output.note(&format!(
            "What was revoked, removed, demoted or disabled after {} is as it was before; do it again before you serve. \
             All sessions have ended.",
            manifest.made_at
        ));
        Ok(())
    }
}

/// A copy of a file, for its owner alone and on the disk.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    io::copy(&mut File::open(from)?, &mut file)?;
    file.sync_all()
}

/// Opens the copy as a server would, ends the sessions in it and notes that it was restored; which rows are not what was
/// written. `None` where no user is: a record has one from its beginning to its end, so the keys are not its own.
async fn settle(
    database: &Path,
    keys: &KeyFile,
    manifest: &Manifest,
) -> Result<Option<Vec<BrokenSeal>>, Failure> {
    let opened = if keys.sealed() {
        SqliteStore::open(database, &keys.keys()).await
    } else {
        SqliteStore::open_unsealed(database, &keys.keys()).await
    };
    let store = opened.map_err(Failure::new)?;
    let users = Arc::new(Users::default());
    let done = async {
        store.attach(users.clone()).await?;
        let now = SystemClock.now();
        let origin = Origin { actor: ActorId::Local, client_ip: None, request: None };
        let line = AuditLine {
            at: now,
            origin,
            action: "record.restore",
            subject: "record".to_owned(),
            service: None,
            detail: json!({ "made_at": manifest.made_at }),
        };
        let users = std::mem::take(&mut *users.0.lock().unwrap_or_else(PoisonError::into_inner));
        let whole = !users.is_empty();
        let ended = users.into_iter().map(Change::SessionsEnded).collect();
        store.commit(Mutation::given(ended, vec![line], now)).await.map(|()| whole)
    };
    let done = done.await;
    let broken = store.broken_seals();
    store.close().await;
    let whole: bool = done.map_err(Failure::new)?;
    // It was held by this process alone; a server makes its own.
    let mut lock = database.to_owned().into_os_string();
    lock.push(".lock");
    fs::remove_file(lock).map_err(Failure::new)?;
    Ok(whole.then_some(broken))
}

/// Whoever is in a record.
#[derive(Default)]
struct Users(Mutex<Vec<UserId>>);

impl Sink for Users {
    fn apply(&self, change: &Change) {
        if let Change::UserCreated(user) = change {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(user.id);
        }
    }

    fn loaded(&self) {}
}
