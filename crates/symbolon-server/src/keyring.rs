//! The server's keys while it runs: rotated without a stop, and everything moved to the current ones behind the checks.

use std::sync::Arc;

use symbolon_core::Timestamp;
use symbolon_core::decision::Keys;
use symbolon_core::store::StoreError;

use tokio::runtime::Handle;
use tokio::sync::OwnedMutexGuard;

use crate::app::App;

/// Where the server's keys are kept. A change is on the disk before it is in force: what was made under a key can be read
/// again whatever happens.
///
/// Each change is announced when it is known what it makes, and before that is on the disk: where others share the record, they
/// are to know of it whatever happens then.
///
/// Its calls may block. The errors are sentences for the log, and say nothing of a key.
pub trait KeyKeeper: Send + Sync {
    /// Which keys there are, the current ones first.
    fn kept(&self) -> KeptKeys;
    /// Makes a new pepper.
    fn rotate_pepper(&self, now: Timestamp, announce: Announce<'_>) -> Result<Keys, String>;
    /// Makes a new session key; the one before opens sessions until `end`, or none at all.
    fn rotate_sessions(
        &self,
        now: Timestamp,
        end: Option<Timestamp>,
        announce: Announce<'_>,
    ) -> Result<Keys, String>;
    /// Drops a former pepper.
    fn retire_pepper(&self, id: u32, announce: Announce<'_>) -> Result<Keys, String>;
}

/// Told of keys before they are kept. Where it fails, they are not.
pub type Announce<'a> = &'a dyn Fn(&Keys) -> Result<(), String>;

/// Which keys there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptKeys {
    /// Peppers.
    pub peppers: Vec<KeptKey>,
    /// Session keys.
    pub sessions: Vec<KeptKey>,
}

/// What is known of a key without the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptKey {
    /// Its number.
    pub id: u32,
    /// When it was made, where that was written down.
    pub made_at: Option<Timestamp>,
    /// The first moment at which it counts no more, for a former session key.
    pub ends_at: Option<Timestamp>,
}

/// Held by whoever changes the keys.
pub(crate) struct ChangingKeys {
    _held: OwnedMutexGuard<()>,
}

/// How many secrets are moved in one transaction; mutations wait behind it.
const BATCH: usize = 256;

impl App {
    /// One at a time changes the keys: as long as the guard lives, they are what they are.
    pub(crate) async fn changing_keys(&self) -> ChangingKeys {
        ChangingKeys { _held: self.shared().changing_keys.clone().lock_owned().await }
    }

    /// Changes the keys by `change`, and puts them in force; `None` where these keys are kept nowhere. To be called where it
    /// goes on when its caller has hung up: keys that are kept and not in force would be missing at the next change.
    pub(crate) async fn change_keys(
        &self,
        _changing: &ChangingKeys,
        change: impl FnOnce(&dyn KeyKeeper, Announce<'_>) -> Result<Keys, String> + Send + 'static,
    ) -> Option<Result<(), StoreError>> {
        let keeper: Arc<dyn KeyKeeper> = self.shared().parts.keeper.clone()?;
        // Off the threads that check: the disk is waited for.
        let (app, runtime) = (self.clone(), Handle::current());
        let announce = move |keys: &Keys| {
            runtime.block_on(app.store().announce_keys(keys)).map_err(|error| error.to_string())
        };
        let changed = tokio::task::spawn_blocking(move || change(&*keeper, &announce)).await;
        let keys = match changed {
            Ok(Ok(keys)) => keys,
            Ok(Err(cause)) => return Some(Err(StoreError::Unavailable(cause))),
            Err(error) => return Some(Err(StoreError::Unavailable(error.to_string()))),
        };
        // The record first: it must know a pepper before a secret is digested under it.
        self.store().set_keys(&keys);
        self.gate().set_keys(keys);
        Some(Ok(()))
    }

    /// Moves to the current keys what can be moved now: secrets that were presented, and seals. To be called every second or
    /// so; where a call is under way already it does nothing. Where the record is unavailable the rest is for the next time.
    pub async fn settle_keys(&self) {
        if let Ok(_settling) = self.shared().settling_keys.try_lock()
            && let Err(error) = self.settle().await
        {
            tracing::warn!(%error, "not everything was moved to the current keys; it goes on");
        }
    }

    /// The same, over all there is; when it returns, what could be moved before the call is moved. A seal that is still
    /// under a former pepper is then broken.
    pub(crate) async fn settled_keys(&self) -> Result<(), StoreError> {
        let _settling = self.shared().settling_keys.lock().await;
        self.store().begin_reseal();
        self.settle().await
    }

    async fn settle(&self) -> Result<(), StoreError> {
        loop {
            let secrets = self.gate().take_outdated(BATCH);
            let count = secrets.len();
            self.store().redigest(secrets, self.now()).await?;
            if count < BATCH {
                break;
            }
        }
        while self.store().reseal().await? {}
        Ok(())
    }
}
