//! How far webhooks have come, and the ends of tokens that are told.

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreError;
use crate::id::TokenId;
use crate::name::WebhookName;
use crate::notice::Told;
use crate::record::Token;

/// How far a webhook has come. It reads the audit, in its order, and so has no queue of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookState {
    /// Which webhook.
    pub name: WebhookName,
    /// The number of the last audit line that it is done with.
    pub position: u64,
    /// How often the notice of the next line that it wants was tried, in vain.
    pub attempts: u32,
    /// When that happened of which the notice was tried in vain.
    pub waiting_since: Option<Timestamp>,
    /// When it is to be tried again; `None`: at once.
    pub next_at: Option<Timestamp>,
    /// When something was sent last.
    pub last_at: Option<Timestamp>,
    /// How that was answered: an HTTP status, or a word for why there was no answer.
    pub last_answer: Option<String>,
    /// Since when nothing is sent, because the receiver said that it is gone.
    pub disabled_at: Option<Timestamp>,
    /// Counts changes from 1, as a token's does.
    pub revision: u64,
}

impl WebhookState {
    /// The state of one that is done with this line too. What it waited for is past, if it was before that.
    #[must_use]
    pub fn past(self, position: u64) -> Self {
        if position <= self.position {
            return self;
        }
        Self { position, attempts: 0, waiting_since: None, next_at: None, ..self }
    }
}

/// A token that has an end, and what was told of that last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// The token.
    pub token: Token,
    /// What was told last; perhaps of another end.
    pub told: Option<Told>,
}

/// What the record does for notices.
#[async_trait]
pub trait Notices: Send + Sync {
    /// Tokens that are not revoked and end at `until` or before, the first to end first, behind this one, at most 500.
    /// Those of which the end itself was told are left out.
    async fn endings(
        &self,
        until: Timestamp,
        after: Option<(Timestamp, TokenId)>,
    ) -> Result<Vec<Ending>, StoreError>;
    /// From now on there are these webhooks. Those that were not there begin at the end of the audit; those that are not
    /// named are forgotten, unless another node has them that shares the record. No audit, no change record.
    async fn begin_webhooks(&self, names: Vec<WebhookName>) -> Result<(), StoreError>;
    /// Every webhook that has begun, by name.
    async fn webhooks(&self) -> Result<Vec<WebhookState>, StoreError>;
    /// Writes how far a webhook has come; `revision` is one more than the stored one's, or it is a conflict. No audit, no
    /// change record.
    async fn save_webhook(&self, state: WebhookState) -> Result<(), StoreError>;
}
