//! A walk over the tokens that end soon: what there is to tell of it gets into the audit, once.

use serde_json::json;
use symbolon_core::notice::{Told, due};
use symbolon_core::record::{ActorId, AuditLine, Origin, Token};
use symbolon_core::store::{Change, Ending, Mutation, StoreError};

use crate::app::App;

impl App {
    /// Writes into the audit which tokens have ended or will within 30, 7 or 1 days, each once; to be called every minute or
    /// so. Does nothing where a call is under way already.
    pub async fn tell_endings(&self) {
        let Ok(_telling) = self.shared().telling_endings.try_lock() else { return };
        if let Err(error) = self.walk_over_endings().await {
            tracing::warn!(%error, "ends of tokens were not told; they are told later");
        }
    }

    async fn walk_over_endings(&self) -> Result<(), StoreError> {
        let now = self.now();
        let until = now.saturating_add(Told::horizon()).unwrap_or(now);
        let mut after = None;
        loop {
            let endings = self.store().endings(until, after).await?;
            let Some(last) = endings.last() else { return Ok(()) };
            after = last.token.expires_at.map(|at| (at, last.token.id));
            for Ending { token, told } in endings {
                let due = token.expires_at.and_then(|end| due(token.created_at, end, told, now));
                if let Some(told) = due {
                    self.tell_ending(&token, told).await?;
                }
            }
        }
    }

    async fn tell_ending(&self, token: &Token, told: Told) -> Result<(), StoreError> {
        let now = self.now();
        let line = AuditLine {
            at: now,
            origin: Origin { actor: ActorId::Symbolon, client_ip: None, request: None },
            action: told.event().action(),
            subject: token.id.to_string(),
            service: Some(token.service.clone()),
            detail: json!({ "name": token.name, "days": told.days, "expires_at": told.expires_at.to_string() }),
        };
        let mutation = Mutation::given(vec![Change::EndingTold(token.id, told)], vec![line], now);
        match self.store().commit(mutation).await {
            // Somebody else told it, or the token has changed: then it is looked at again the next time.
            Err(StoreError::Conflict(_)) => Ok(()),
            other => other,
        }
    }
}
