//! What the record does for notices.

use async_trait::async_trait;
use jiff::Timestamp;
use symbolon_core::id::TokenId;
use symbolon_core::name::WebhookName;
use symbolon_core::store::{Ending, Notices, StoreError, WebhookState};

use super::PostgresStore;
use super::writer::Upkeep;
use crate::reading;

#[async_trait]
impl Notices for PostgresStore {
    async fn endings(
        &self,
        until: Timestamp,
        after: Option<(Timestamp, TokenId)>,
    ) -> Result<Vec<Ending>, StoreError> {
        reading::endings(&self.readers, until, after).await
    }

    async fn begin_webhooks(&self, names: Vec<WebhookName>) -> Result<(), StoreError> {
        // Before it is asked as which node: one that comes back under another id meanwhile says so by itself.
        self.fleet.tells(names.clone());
        self.upkeep(Upkeep::BeginWebhooks(names, self.fleet.own())).await
    }

    async fn webhooks(&self) -> Result<Vec<WebhookState>, StoreError> {
        reading::webhooks(&self.readers).await
    }

    async fn save_webhook(&self, state: WebhookState) -> Result<(), StoreError> {
        self.upkeep(Upkeep::SaveWebhook(Box::new(state))).await
    }
}
