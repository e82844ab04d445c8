//! What the record does for notices.

use async_trait::async_trait;
use jiff::Timestamp;
use symbolon_core::id::TokenId;
use symbolon_core::name::WebhookName;
use symbolon_core::store::{Ending, Notices, StoreError, WebhookState};

use super::SqliteStore;
use super::writer::Work;
use crate::reading;

#[async_trait]
impl Notices for SqliteStore {
    async fn endings(
        &self,
        until: Timestamp,
        after: Option<(Timestamp, TokenId)>,
    ) -> Result<Vec<Ending>, StoreError> {
        reading::endings(&self.readers, until, after).await
    }

    async fn begin_webhooks(&self, names: Vec<WebhookName>) -> Result<(), StoreError> {
        self.write(Work::BeginWebhooks(names)).await
    }

    async fn webhooks(&self) -> Result<Vec<WebhookState>, StoreError> {
        reading::webhooks(&self.readers).await
    }

    async fn save_webhook(&self, state: WebhookState) -> Result<(), StoreError> {
        self.write(Work::SaveWebhook(Box::new(state))).await
    }
}
