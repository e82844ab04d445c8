//! What the record has to do with the server's keys.

use async_trait::async_trait;
use jiff::Timestamp;
use symbolon_core::decision::{Keys, Redigest};
use symbolon_core::id::{KeyId, TokenId};
use symbolon_core::store::{BrokenSeal, PepperUse, Sealing, StoreError};

use super::writer::{Upkeep, Work};
use super::{PostgresStore, read};

#[async_trait]
impl Sealing for PostgresStore {
    fn set_keys(&self, keys: &Keys) {
        self.readers.seals.set_keys(keys);
    }

    async fn announce_keys(&self, keys: &Keys) -> Result<(), StoreError> {
        self.fleet.announce(keys).await
    }

    async fn agree_keys(&self, keys: &Keys) -> Result<(), StoreError> {
        self.fleet.agree(keys).await
    }

    fn begin_reseal(&self) {
        self.readers.seals.begin_walk();
    }

    async fn reseal(&self) -> Result<bool, StoreError> {
        let Some(at) = self.readers.seals.walk() else { return Ok(false) };
        self.upkeep(Upkeep::Reseal(at)).await?;
        Ok(self.readers.seals.walk().is_some())
    }

    async fn redigest(&self, secrets: Vec<Redigest>, now: Timestamp) -> Result<(), StoreError> {
        if secrets.is_empty() {
            return Ok(());
        }
        self.write(Work::Redigest { secrets, now, changes: Vec::new() }).await
    }

    async fn pepper_uses(&self, now: Timestamp) -> Result<Vec<PepperUse>, StoreError> {
        read::pepper_uses(&self.readers.pool, now).await
    }

    async fn under_pepper(&self, pepper: u32, limit: u32) -> Result<(Vec<TokenId>, Vec<KeyId>), StoreError> {
        read::under_pepper(&self.readers.pool, pepper, limit).await
    }

    async fn unused_imports(&self, limit: u32) -> Result<(u64, Vec<TokenId>), StoreError> {
        read::unused_imports(&self.readers.pool, limit).await
    }

    fn broken_seals(&self) -> Vec<BrokenSeal> {
        self.readers.seals.all_broken()
    }
}
