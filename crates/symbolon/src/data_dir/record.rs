//! Opening the record, wherever it is.

use std::sync::Arc;

use symbolon_core::Timestamp;
use symbolon_core::lease::Lease;
use symbolon_core::random::Entropy;
use symbolon_core::store::Store;
use symbolon_store::SqliteStore;

use super::{DataDir, KeyFile};
use crate::failure::Failure;

/// The record, open, and the lease under which what it has told may be answered from.
pub(super) struct Record {
    pub(super) store: Arc<dyn Store>,
    pub(super) lease: Arc<Lease>,
    /// Whether nobody has begun it. Told of one that is elsewhere.
    pub(super) empty: bool,
}

impl DataDir {
    /// Opens the record with these keys, which were `known` before or are new.
    pub(super) async fn open_record(
        &self,
        file: &mut KeyFile,
        known: bool,
        now: Timestamp,
        entropy: &Arc<dyn Entropy>,
    ) -> Result<Record, Failure> {
        match &self.elsewhere {
            None => self.open_file(file).await,
            #[cfg(feature = "postgres")]
            Some(database) => postgres::open(self, database, file, known, now, entropy).await,
            // The settings are refused before.
            #[cfg(not(feature = "postgres"))]
            Some(_) => {
                let _ = (known, now, entropy);
                Err(Failure::new("this symbolon is built without PostgreSQL"))
            }
        }
    }

    async fn open_file(&self, file: &mut KeyFile) -> Result<Record, Failure> {
        let (keys, database) = (file.keys(), self.database());
        let store = if file.sealed() {
            SqliteStore::open(&database, &keys).await.map_err(Failure::new)?
        } else {
            // The first time since seals came: what is there is taken for ours, and then never again.
            let store = SqliteStore::open_unsealed(&database, &keys).await.map_err(Failure::new)?;
            file.seal(&self.keys())?;
            store
        };
        Ok(Record { store: Arc::new(store), lease: Arc::new(Lease::endless()), empty: false })
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use std::fs;

    use secrecy::ExposeSecret;
    use symbolon_core::id::UserId;
    use symbolon_core::store::StoreError;
    use symbolon_store::{Membership, OpenError, PostgresStore};

    use super::{Arc, DataDir, Entropy, Failure, KeyFile, Lease, Record, Store, Timestamp};
    use crate::clock::BootClock;
    use crate::settings::DatabaseSettings;

    pub(super) async fn open(
        directory: &DataDir,
        database: &DatabaseSettings,
        file: &KeyFile,
        known: bool,
        now: Timestamp,
        entropy: &Arc<dyn Entropy>,
    ) -> Result<Record, Failure> {
        let clock = Arc::new(BootClock);
        let lease = Arc::new(Lease::of(clock.clone()));
        let membership = Membership {
            lease: lease.clone(),
            terms: database.terms,
            clock,
            entropy: entropy.clone(),
            name: database.node.clone().unwrap_or_else(machine),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: now,
        };
        let password = database.password()?;
        let url = database.url.expose_secret();
        let store = PostgresStore::open(
            url,
            password.as_ref().map(ExposeSecret::expose_secret),
            &file.keys(),
            membership,
        )
        .await;
        let store: Arc<dyn Store> = match store {
            Ok(store) => Arc::new(store),
            Err(error @ OpenError::OtherKeys(_)) if !known => {
                forget(directory)?;
                return Err(Failure::new(error));
            }
            Err(error) => return Err(Failure::new(error)),
        };
        match ours(directory, &*store, known).await {
            Ok(begun) => Ok(Record { store, lease, empty: !begun }),
            Err(failure) => {
                store.close().await;
                Err(failure)
            }
        }
    }

    /// Refuses what would begin anew beside what is there: keys that were just made for a database that has a record, and an
    /// empty database beside a record in a file. Says whether there is a record.
    async fn ours(directory: &DataDir, store: &dyn Store, known: bool) -> Result<bool, Failure> {
        let system = store.user(UserId::SYSTEM).await;
        match system {
            Ok(None) if directory.database().exists() => Err(Failure::new(format!(
                "the database is empty, and there is a record in {}: take [database] out of the configuration to serve it, \
                 and then `symbolon store copy` moves it to the database; or name another data_dir to begin anew",
                directory.database().display()
            ))),
            Ok(Some(_)) | Err(StoreError::SealBroken(_)) if !known => {
                forget(directory)?;
                Err(not_its_keys())
            }
            Err(StoreError::SealBroken(_)) => Err(not_its_keys()),
            Ok(user) => Ok(user.is_some()),
            Err(error) => Err(Failure::new(error)),
        }
    }

    /// Takes keys away that were made a moment ago, and with which nothing was written.
    fn forget(directory: &DataDir) -> Result<(), Failure> {
        fs::remove_file(directory.keys()).map_err(Failure::new)
    }

    /// What to say where the keys in the directory open nothing of the database.
    fn not_its_keys() -> Failure {
        Failure::new(
            "the keys in the data directory are not those of this database: copy keys.toml and audit-key.toml from a node that \
             serves it. Where they are, somebody has changed the record of the user system: find out who writes to the database, \
             and put a backup back",
        )
    }

    /// The machine's name.
    fn machine() -> String {
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    }
}
