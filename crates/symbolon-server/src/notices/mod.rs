//! Notices: what happens to tokens, told to webhooks.
//!
//! The audit is the queue. Each webhook has a place in it that the record keeps, and reads on from there
//! (`deliver`); what no call does, the ends of tokens, gets into the audit by a walk (`endings`). So there is nothing to
//! lose at a restart, nothing that grows while a receiver is away, and no mutation that waits for one.

mod deliver;
mod endings;
mod url;

use std::collections::BTreeSet;
use std::time::Duration;

use http::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use symbolon_core::Timestamp;
use symbolon_core::audit::Line;
use symbolon_core::name::{ServiceName, WebhookName};
use symbolon_core::notice::{Answer, Event, Meaning, Message, Outcome, WebhookSecret};
use tokio::sync::Mutex;

use crate::metrics::Count;
pub use url::{WebhookUrl, WebhookUrlFault};

/// How long a receiver may take unless something else is said; the specification recommends 15 to 30 seconds.
pub const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(20);

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// Somebody who is told.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// What the operator calls it.
    pub name: WebhookName,
    /// Where notices go.
    pub url: WebhookUrl,
    /// What they are signed with.
    pub secret: WebhookSecret,
    /// What they are signed with besides, while the receiver changes from this one to the other.
    pub former_secret: Option<WebhookSecret>,
    /// Of what it is told.
    pub events: BTreeSet<Event>,
    /// Of the tokens of which services; `None`: of all.
    pub services: Option<BTreeSet<ServiceName>>,
    /// How long the receiver may take.
    pub timeout: Duration,
}

impl Webhook {
    /// What a line of the audit tells this webhook, if anything.
    fn wants(&self, line: &Line) -> Option<Event> {
        let event = Event::of(&line.action).filter(|event| self.events.contains(event))?;
        let of_service = self
            .services
            .as_ref()
            .is_none_or(|services| line.service.as_deref().is_some_and(|service| services.contains(service)));
        of_service.then_some(event)
    }

    /// Sends a message once.
    pub(crate) async fn send(&self, message: &Message, now: Timestamp) -> Answer {
        let headers = self.headers(message, now);
        match self.url.address().post(headers, message.body.clone(), self.timeout).await {
            Ok(answer) => Answer {
                said: answer.status.as_u16().to_string(),
                meaning: meaning(answer.status, &answer.headers),
            },
            Err(error) => {
                tracing::info!(webhook = %self.name, url = %self.url, %error, "a webhook did not answer");
                Answer { said: error.word().to_owned(), meaning: Meaning::Failed { retry_after: None } }
            }
        }
    }

    fn headers(&self, message: &Message, now: Timestamp) -> HeaderMap {
        let timestamp = now.as_second();
        let secrets = [Some(&self.secret), self.former_secret.as_ref()];
        let signatures = secrets.into_iter().flatten();
        let signatures: Vec<_> =
            signatures.map(|secret| secret.sign(&message.id, timestamp, &message.body)).collect();
        let text = |text: &str| {
            HeaderValue::from_str(text)
                .unwrap_or_else(|_| unreachable!("an id and base64 are printable ASCII"))
        };
        HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (USER_AGENT, HeaderValue::from_static(concat!("symbolon/", env!("CARGO_PKG_VERSION")))),
            (ID, text(&message.id)),
            (TIMESTAMP, HeaderValue::from(timestamp)),
            (SIGNATURE, text(&signatures.join(" "))),
        ])
    }
}

fn meaning(status: StatusCode, headers: &HeaderMap) -> Meaning {
    // The other form, a date, is not read: then the schedule alone decides (RFC 9110 section 10.2.3).
    let seconds = || headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok();
    match status {
        StatusCode::GONE => Meaning::Gone,
        status if status.is_success() => Meaning::Taken,
        _ => Meaning::Failed { retry_after: seconds() },
    }
}

/// A webhook at work.
#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) webhook: Webhook,
    /// Held while something is sent in its turn: one notice is under way at a time.
    sending: Mutex<()>,
    delivered: Count,
    failed: Count,
    given_up: Count,
}

impl Receiver {
    pub(crate) fn new(webhook: Webhook) -> Self {
        Self {
            webhook,
            sending: Mutex::default(),
            delivered: Count::default(),
            failed: Count::default(),
            given_up: Count::default(),
        }
    }

    fn count(&self, outcome: Outcome) {
        match outcome {
            Outcome::Delivered => &self.delivered,
            Outcome::GivenUp => &self.given_up,
            Outcome::Failed | Outcome::Disabled => &self.failed,
        }
        .add();
    }

    /// How many attempts had which outcome since the start.
    pub(crate) fn counts(&self) -> [(&'static str, u64); 3] {
        [
            ("delivered", self.delivered.read()),
            ("failed", self.failed.read()),
            ("given_up", self.given_up.read()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_mean_what_the_specification_says() {
        let of = |status: u16, retry_after: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(value) = retry_after {
                headers.insert(RETRY_AFTER, value.parse().unwrap());
            }
            meaning(StatusCode::from_u16(status).unwrap(), &headers)
        };
        let failed = |retry_after| Meaning::Failed { retry_after };
        assert!([200, 202, 204, 299].iter().all(|status| of(*status, None) == Meaning::Taken));
        assert!([301, 307, 404, 429, 500, 504].iter().all(|status| of(*status, None) == failed(None)));
        assert_eq!(of(410, None), Meaning::Gone);
        assert_eq!(of(503, Some("120")), failed(Some(120)));
        assert_eq!(of(503, Some("Wed, 21 Oct 2026 07:28:00 GMT")), failed(None));
    }
}
