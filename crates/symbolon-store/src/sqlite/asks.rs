//! What the record does for asks.

use async_trait::async_trait;
use symbolon_core::ask::Ask;
use symbolon_core::id::AskId;
use symbolon_core::store::{AskQuery, Asks, Page, StoreError};

use super::SqliteStore;
use crate::reading;

#[async_trait]
impl Asks for SqliteStore {
    async fn ask(&self, id: AskId) -> Result<Option<Ask>, StoreError> {
        reading::ask(&self.readers, id).await
    }

    async fn asks(&self, query: &AskQuery) -> Result<Page<Ask>, StoreError> {
        reading::asks(&self.readers, query).await
    }
}
