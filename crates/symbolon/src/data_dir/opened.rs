//! Taking and opening the data directory.

use std::sync::Arc;
use std::time::Duration;

use symbolon_core::Timestamp;
use symbolon_core::audit::AuditKeys;
use symbolon_core::decision::Keys;
use symbolon_core::id::UserId;
use symbolon_core::lease::Lease;
use symbolon_core::random::Entropy;
use symbolon_core::store::{Store, StoreError};

use super::record::Record;
use super::{Contents, DataDir, KeyFile, Keyring, Lock, Purpose, audit_key, holder};
use crate::failure::Failure;

/// How often to look again whether a command has ended.
const PAUSE: Duration = Duration::from_millis(50);
/// How many times to look, in all 5 seconds.
const TRIES: u32 = 100;

/// An open data directory: this process's alone for as long as the value lives.
pub(crate) struct Opened {
    /// The server's keys.
    pub(crate) keys: Keys,
    /// What signs checkpoints of the audit.
    pub(crate) audit_keys: AuditKeys,
    /// Their file.
    pub(crate) keyring: Arc<Keyring>,
    /// The record.
    pub(crate) store: Arc<dyn Store>,
    /// The lease under which what is in memory may be answered from.
    pub(crate) lease: Arc<Lease>,
    /// Given up last.
    _lock: Lock,
}

/// What may be begun where a directory is opened and the record is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beginning {
    /// An installation with keys of its own, which are not there yet.
    WithNewKeys,
    /// One with the keys that are there, too: somebody asks for just that.
    OnPurpose,
}

impl DataDir {
    /// Makes the directory, unless there is something in it, and takes it. A command that has it is waited for; a
    /// server is not.
    pub(crate) async fn make_and_take(&self, purpose: Purpose) -> Result<Lock, Failure> {
        if self.contents()? == Contents::Nothing {
            self.create()?;
        }
        for _ in 0..TRIES {
            if let Some(lock) = Lock::try_take(&self.lock(), purpose)? {
                return Ok(lock);
            }
            if holder(&self.lock()).is_some_and(|(_, purpose)| purpose == Purpose::Serve) {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(self.in_use())
    }

    /// What to say when another process has the directory and does not answer.
    pub(crate) fn in_use(&self) -> Failure {
        let who = match holder(&self.lock()) {
            Some((process, Purpose::Serve)) => format!("a running server (process {process})"),
            Some((process, Purpose::Command)) => format!("another command (process {process})"),
            None => "another process".to_owned(),
        };
        Failure::new(format!(
            "the data directory {} is in use by {who}; stop it, or name another data_dir",
            self.path().display()
        ))
    }

    /// Opens what is in the directory. Keys are made where there is neither a key nor a database.
    ///
    /// Where the record is elsewhere, keys that are here already are somebody's: an empty database beside them is more likely
    /// the wrong one than a new one, and is refused unless `beginning` says so.
    pub(crate) async fn open(
        &self,
        lock: Lock,
        beginning: Beginning,
        now: Timestamp,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Opened, Failure> {
        // Once more, now that nobody else can change it.
        self.contents()?;
        let known = self.keys().exists();
        let mut file =
            if known { KeyFile::load(&self.keys())? } else { KeyFile::create(&self.keys(), now, &*entropy)? };
        let keys = file.keys();
        let Record { store, lease, empty } = self.open_record(&mut file, known, now, &entropy).await?;
        let audit_keys = match self.audit_keys(beginning, known, empty, &*entropy) {
            Ok(keys) => keys,
            Err(failure) => {
                store.close().await;
                return Err(failure);
            }
        };
        let keyring = Arc::new(Keyring::new(self.keys(), file, entropy));
        Ok(Opened { keys, audit_keys, keyring, store, lease, _lock: lock })
    }

    /// What signs checkpoints: made where an installation begins, and where the record is here. With keys that were `known`
    /// before the record was found `empty` or not.
    fn audit_keys(
        &self,
        beginning: Beginning,
        known: bool,
        empty: bool,
        entropy: &dyn Entropy,
    ) -> Result<AuditKeys, Failure> {
        let of_a_fleet = self.elsewhere().is_some() && known;
        if of_a_fleet && empty && beginning == Beginning::WithNewKeys {
            return Err(self.wrong_database());
        }
        if of_a_fleet && !empty && !self.audit_key().exists() {
            return Err(self.no_audit_key());
        }
        audit_key::load_or_create(&self.audit_key(), entropy)
    }

    /// What to say where there is nothing yet.
    pub(crate) fn not_initialised(&self) -> Failure {
        let path = self.path().display();
        if self.elsewhere().is_some() {
            return Failure::new(format!(
                "there are no keys in {path}: where other nodes serve the database of [database] already, copy keys.toml and \
                 audit-key.toml from one of them; where none does yet, `symbolon init` begins it; --config or \
                 SYMBOLON_CONFIG_DATA_DIR names another place"
            ));
        }
        Failure::new(format!(
            "there is no data of Symbolon's in {path}; `symbolon init` begins it, and --config or SYMBOLON_CONFIG_DATA_DIR \
             names another place"
        ))
    }

    /// What to say where keys are, and the database has nothing that they could be of.
    fn wrong_database(&self) -> Failure {
        Failure::new(format!(
            "there are keys in {}, and the database has no record in it: is the url of [database] the right one? Nothing was \
             begun. To begin a new installation there with these keys: `symbolon init`",
            self.path().display()
        ))
    }

    /// What to say at a node that was not given its audit key.
    fn no_audit_key(&self) -> Failure {
        Failure::new(format!(
            "{} is missing: copy it from a node that serves this database, as keys.toml. Where no node has it any more, \
             docs/fleet.md says what to do (Keys)",
            self.audit_key().display()
        ))
    }
}

impl Opened {
    /// Whether the first users and the first key are there. They come in one transaction, so there are all or none.
    pub(crate) async fn initialised(&self) -> Result<bool, Failure> {
        match self.store.user(UserId::SYSTEM).await {
            Ok(user) => Ok(user.is_some()),
            // It is there, and somebody has changed it. It counts as not there and the alarm says so; all else serves.
            Err(StoreError::SealBroken(_)) => Ok(true),
            Err(error) => Err(Failure::new(error)),
        }
    }

    /// Waits for what is being written and closes the record. The directory is free when this returns.
    pub(crate) async fn close(self) {
        self.store.close().await;
    }
}
