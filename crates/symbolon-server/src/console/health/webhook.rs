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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(state: &str, waiting_since: Option<&str>) -> Told {
        let webhook = json!({
            "name": "chat", "url": "https://chat.example.org", "events": [], "services": null, "state": state,
            "position": 7, "behind": 2, "attempts": 1, "waiting_since": waiting_since,
            "next_attempt_at": waiting_since, "last_attempt_at": "2026-11-26T10:05:09Z", "last_answer": "503",
            "disabled_at": null,
        });
        Told::of(serde_json::from_value(webhook).unwrap())
    }

    #[test]
    fn a_webhook_that_waits_says_since_when_and_until_when() {
        let waiting = told("retrying", Some("2026-11-26T10:04:00Z"));
        assert_eq!(waiting.state.0, EN.health_webhook_retrying);
        let (since, next) = waiting.waits.unwrap();
        assert!([since.to_string(), next.unwrap().to_string()].iter().all(|at| at.contains("10:04")));
        assert_eq!(waiting.last.unwrap().0, "503");
        assert!(told("ok", None).waits.is_none());
        assert_eq!(told("disabled", None).state, (EN.health_webhook_disabled, "is-revoked"));
    }
}
