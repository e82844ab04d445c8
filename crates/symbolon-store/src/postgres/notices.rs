//! What the record does for notices.

use async_trait::async_trait;
use jiff::Timestamp;
use symbolon_core::id::TokenId;
use symbolon_core::name::WebhookName;
use symbolon_core::store::{Ending, Notices, StoreError, WebhookState};

use super::writer::Upkeep;
use super::{PostgresStore, read};

#[async_trait]
impl Notices for PostgresStore {
    async fn endings(
        &self,
        until: Timestamp,
        after: Option<(Timestamp, TokenId)>,
    ) -> Result<Vec<Ending>, StoreError> {
        read::endings(&self.readers, until, after).await
    }

    async fn begin_webhooks(&self, names: Vec<WebhookName>) -> Result<(), StoreError> {
        self.upkeep(Upkeep::BeginWebhooks(names)).await
    }

    async fn webhooks(&self) -> Result<Vec<WebhookState>, StoreError> {
        read::webhooks(&self.readers.pool).await
    }

    async fn save_webhook(&self, state: WebhookState) -> Result<(), StoreError> {
        self.upkeep(Upkeep::SaveWebhook(Box::new(state))).await
    }
}
