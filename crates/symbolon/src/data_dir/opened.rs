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
    pub(crate) async fn open(
        &self,
        lock: Lock,
        now: Timestamp,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Opened, Failure> {
        // Once more, now that nobody else can change it.
        self.contents()?;
        let known = self.keys().exists();
        let mut file =
            if known { KeyFile::load(&self.keys())? } else { KeyFile::create(&self.keys(), now, &*entropy)? };
        let keys = file.keys();
        let Record { store, lease } = self.open_record(&mut file, known, now, &entropy).await?;
        let audit_keys = audit_key::load_or_create(&self.audit_key(), &*entropy)?;
        let keyring = Arc::new(Keyring::new(self.keys(), file, entropy));
        Ok(Opened { keys, audit_keys, keyring, store, lease, _lock: lock })
    }

    /// What to say where there is nothing yet.
    pub(crate) fn not_initialised(&self) -> Failure {
        Failure::new(format!(
            "there is no data of Symbolon's in {}; `symbolon init` begins it, and --config or SYMBOLON_CONFIG_DATA_DIR \
             names another place",
            self.path().display()
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
