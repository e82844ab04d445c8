//! What checks saw of the secrets of rotated tokens, made a part of the record.

use std::net::IpAddr;

use serde_json::json;
use symbolon_core::manage;
use symbolon_core::record::{ActorId, AuditLine, Origin, Token};
use symbolon_core::store::{Change, Mutation, StoreError};
use symbolon_gate::{News, Seen};

use crate::app::App;

/// How often it is tried to record one thing, where other changes of its token come first.
const TRIES: usize = 8;

impl App {
    /// Records first uses of new secrets and uses of retired ones; to be called every second or so, and once more at the end.
    /// What was seen holds for every check already, and is lost only if the process ends abruptly before: then the next use
    /// counts as the first, so that an old secret ends later and never too early. Where the record is unavailable it is
    /// recorded later.
    pub async fn record_secret_use(&self) {
        while let Some(news) = self.gate().take_news() {
            match self.record_news(&news).await {
                Ok(()) => {}
                Err(StoreError::Unavailable(cause)) => {
                    tracing::warn!(%cause, "the use of a token's secrets was not recorded; it will be tried again");
                    return self.gate().put_back_news(news);
                }
                Err(error) => {
                    tracing::warn!(%error, token = %news.token, "the use of a secret was not recorded");
                }
            }
        }
    }

    async fn record_news(&self, News { service, token, at, seen }: &News) -> Result<(), StoreError> {
        let mut outcome = Ok(());
        for _ in 0..TRIES {
            let Some(stored) = self.store().token(service, *token).await? else { return Ok(()) };
            let (next, action, client_ip) = match seen {
                Seen::FirstUse(made) => (manage::first_used(&stored, *made, *at), "token.first_use", None),
                Seen::Reuse(client_ip) => {
                    let Some(served) = self.gate().service(service.as_str()) else { return Ok(()) };
                    (manage::reused(&served.catalog, &stored, *at), "token.reuse", *client_ip)
                }
            };
            let Some(next) = next else { return Ok(()) };
            let line = self.line(&stored, &next, action, client_ip);
            if action == "token.reuse" {
                tracing::warn!(token = %token, disabled = next.disabled, "a retired secret of a token was used");
            }
            let mutation = Mutation::given(vec![Change::TokenChanged(next)], vec![line], self.now());
            outcome = self.store().commit(mutation).await;
            // Another change of the token came first: what was seen is looked at again, beside that.
            if !matches!(outcome, Err(StoreError::Conflict(_))) {
                self.audit_has_grown();
                break;
            }
        }
        outcome
    }

    fn line(
        &self,
        before: &Token,
        next: &Token,
        action: &'static str,
        client_ip: Option<IpAddr>,
    ) -> AuditLine {
        let time = |at: Option<symbolon_core::Timestamp>| at.map(|at| at.to_string());
        let mut detail = json!({ "name": before.name });
        if action == "token.reuse" {
            detail["quarantined"] = json!(next.disabled && !before.disabled);
        } else {
            detail["old_secret_ends_at"] = json!(time(next.rotation.old_ends_at(None)));
        }
        AuditLine {
            at: self.now(),
            origin: Origin { actor: ActorId::Symbolon, client_ip, request: None },
            action,
            subject: before.id.to_string(),
            service: Some(before.service.clone()),
            detail,
        }
    }
}
