//! The words of a notice.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::Event;
use crate::audit::Line;
use crate::name::{ScopeName, WebhookName};
use crate::record::Token;

/// A notice as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The same at each attempt, and for every webhook.
    pub id: String,
    /// A JSON object of `type`, `timestamp` and `data`.
    pub body: String,
}

/// What a notice is made of: a line of the audit, and what is known of its token.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// Of what.
    pub event: Event,
    /// The line's number.
    pub seq: u64,
    /// The line.
    pub line: &'a Line,
    /// The token's record, or what revocation has left of it; `None` where it cannot be read.
    pub token: Option<&'a Token>,
    /// The names of people.
    pub names: &'a Names,
    /// Where a person answers what was asked, if the server knows where it is reached.
    pub page: Option<&'a str>,
}

/// The names of the people that a notice mentions by their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Of the token's owner.
    pub owner: Option<String>,
    /// Of who did it, if it was a user.
    pub actor: Option<String>,
}

impl Message {
    /// The notice of a line of the audit. Of a token it says what lists show of it, and no free text but its name: no
    /// description, no metadata, no secret and no digest.
    pub fn of(about: About<'_>) -> Self {
        let About { event, seq, line, token, names, page } = about;
        let detail: Value = serde_json::from_str(&line.detail).unwrap_or_default();
        let time = |at: Timestamp| at.to_string();
        let mut data = Map::new();
        data.insert(
            "token".to_owned(),
            json!({
                "id": line.subject,
                "service": line.service,
                "name": token.map_or_else(|| detail.get("name").cloned(), |token| Some(json!(token.name))),
                "token_prefix": token.map(|token| token.token_prefix.to_string()),
                // With its owner's name, where the owner is gone: then the line alone remembers it.
                "owner": names.owner.as_deref().or_else(|| detail.get("owner")?.as_str()),
                "scopes": token.map(|token| token.scopes.iter().map(ScopeName::as_str).collect::<Vec<_>>()),
                "expires_at": token.and_then(|token| token.expires_at).map(time),
            }),
        );
        data.insert("actor".to_owned(), json!({ "id": line.actor, "name": names.actor }));
        let told: &[&str] = match event {
            Event::Expiring => &["days"],
            Event::Reused => &["quarantined"],
            Event::Leaked => &["place", "source"],
            // Not its reason: the words of a machine are for a page that shows them as such.
            Event::Asked => &["ask", "asked", "duration"],
            Event::Created | Event::Expired | Event::Revoked => &[],
        };
        for key in told {
            data.insert((*key).to_owned(), detail.get(*key).cloned().unwrap_or_default());
        }
        if matches!(event, Event::Reused | Event::Leaked) {
            data.insert("client_ip".to_owned(), json!(line.client_ip));
        }
        if event == Event::Asked {
            data.insert("page".to_owned(), json!(page));
        }
        Self { id: id(seq, line), body: body(event.as_str(), line.at, &data.into()) }
    }

    /// What `symbolon webhook test` sends. `chance` makes it another one each time.
    pub fn test(webhook: &WebhookName, now: Timestamp, chance: [u8; 16]) -> Self {
        let data = json!({ "webhook": webhook.as_str() });
        Self { id: printed(chance), body: body("webhook.test", now, &data) }
    }
}

/// From what the line says and not from its number alone: in a record that was put back from a backup, the same number
/// may stand for something else, and the receiver would take the notice for one that it has.
fn id(seq: u64, line: &Line) -> String {
    let at = line.at.as_millisecond();
    let text = format!("notice\0{seq}\0{at}\0{}\0{}", line.action, line.subject);
    let mut half = [0; 16];
    half.copy_from_slice(&Sha256::digest(text.as_bytes())[..16]);
    printed(half)
}

fn printed(id: [u8; 16]) -> String {
    format!("msg_{:032x}", u128::from_be_bytes(id))
}

fn body(kind: &str, at: Timestamp, data: &Value) -> String {
    json!({ "type": kind, "timestamp": at.to_string(), "data": data }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::LineHash;

    fn line(action: &str, detail: &Value) -> Line {
        Line {
            seq: 1,
            session: None,
            hash: LineHash::GENESIS,
            at: Timestamp::from_second(1_767_225_600).unwrap(),
            actor: "symbolon".to_owned(),
            client_ip: Some("192.0.2.7".to_owned()),
            request_id: None,
            action: action.to_owned(),
            subject: "tok_1".to_owned(),
            service: Some("odin".to_owned()),
            detail: detail.to_string(),
        }
    }

    fn of(event: Event, seq: u64, line: &Line) -> Message {
        Message::of(About { event, seq, line, token: None, names: &Names::default(), page: None })
    }

    #[test]
    fn each_event_tells_its_own_and_nothing_else_of_the_detail() {
        let detail = json!({
            "name": "ci", "owner": "ann", "description": "hush", "metadata": { "a": "hush" }, "days": 7,
            "reason": "hush", "ask": "ask_1", "asked": ["s"], "duration": "10m", "quarantined": true, "place": "https://example.org/x", "source": "commit", "before": { "name": "hush" },
        });
        let keys = |event: Event| {
            let body = of(event, 1, &line(event.action(), &detail)).body;
            assert!(!body.contains("hush"), "{body}");
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(
                (&body["type"], &body["timestamp"]),
                (&json!(event.as_str()), &json!("2026-01-01T00:00:00Z"))
            );
            assert_eq!(
                (&body["data"]["token"]["name"], &body["data"]["token"]["owner"]),
                (&json!("ci"), &json!("ann"))
            );
            body["data"].as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(keys(Event::Created), "actor token");
        assert_eq!(keys(Event::Expiring), "actor days token");
        assert_eq!(keys(Event::Reused), "actor client_ip quarantined token");
        assert_eq!(keys(Event::Leaked), "actor client_ip place source token");
        assert_eq!(keys(Event::Asked), "actor ask asked duration page token");
    }

    #[test]
    fn the_id_is_of_what_happened() {
        let revoked = line("token.revoke", &json!({}));
        let id = of(Event::Revoked, 7, &revoked).id;
        assert_eq!(id, of(Event::Revoked, 7, &revoked).id);
        assert!(id.len() == 36 && !id.contains('.'), "{id}");
        let other = Line { subject: "tok_2".to_owned(), ..revoked.clone() };
        assert!(id != of(Event::Revoked, 8, &revoked).id && id != of(Event::Revoked, 7, &other).id);
    }
}
