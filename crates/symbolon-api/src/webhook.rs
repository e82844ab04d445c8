use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A webhook, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookInfo {
    /// Its name in the configuration.
    pub name: String,
    /// Where it is told: scheme, host and port, for the rest may be secret.
    pub url: String,
    /// Of what it is told.
    pub events: Vec<String>,
    /// Of the tokens of which services; `null`: of all.
    pub services: Option<Vec<String>>,
    /// `ok`; `retrying`: a notice was not taken, and is tried again; `disabled`: the receiver said 410; `not_begun`: no
    /// server was started with it yet.
    pub state: String,
    /// The number of the last audit line that it is done with; `null` where it has not begun.
    pub position: Option<u64>,
    /// How many lines of the audit it has not come to.
    pub behind: u64,
    /// How often the notice that waits was tried.
    pub attempts: u32,
    /// When that happened of which the notice waits.
    pub waiting_since: Option<String>,
    /// When it is tried again.
    pub next_attempt_at: Option<String>,
    /// When something was sent last.
    pub last_attempt_at: Option<String>,
    /// How that was answered: an HTTP status, or `unreachable`, `untrusted`, `broken` or `timeout`.
    pub last_answer: Option<String>,
    /// Since when nothing is sent.
    pub disabled_at: Option<String>,
}

/// What came of a message that was sent to try a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookTest {
    /// The webhook.
    pub webhook: String,
    /// Its `webhook-id`.
    pub id: String,
    /// Whether it was taken, by a status of 2xx.
    pub delivered: bool,
    /// How it was answered: an HTTP status, or `unreachable`, `untrusted`, `broken` or `timeout`.
    pub answer: String,
}
