//! Webhooks, and how far each has come.

use symbolon_api::WebhookInfo;

use crate::console::moment::Moment;
use crate::console::text::EN;

/// A webhook as the page shows it.
pub(super) struct Told {
    pub(super) name: String,
    pub(super) url: String,
    /// What state it is in, and how that looks.
    pub(super) state: (&'static str, &'static str),
    /// How what was sent last was answered, and when.
    pub(super) last: Option<(String, Moment)>,
    /// When that happened of which the notice waits, and when that is tried again.
    pub(super) waits: Option<(Moment, Option<Moment>)>,
}

impl Told {
    pub(super) fn of(webhook: WebhookInfo) -> Self {
        let moment = |at: &Option<String>| at.as_deref().map(Moment::read);
        let last = webhook.last_answer.clone().zip(moment(&webhook.last_attempt_at));
        let waits = moment(&webhook.waiting_since).map(|since| (since, moment(&webhook.next_attempt_at)));
        let state = match webhook.state.as_str() {
            "ok" => (EN.health_webhook_ok, "is-active"),
            "retrying" => (EN.health_webhook_retrying, "is-disabled"),
            "disabled" => (EN.health_webhook_disabled, "is-revoked"),
            _ => (EN.health_webhook_not_begun, "is-disabled"),
        };
        Self { name: webhook.name, url: webhook.url, state, last, waits }
    }
}
