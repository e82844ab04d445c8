//! One change: its rows, and its change record.

use jiff::Timestamp;
use sqlx::PgConnection;
use symbolon_core::seal::Sealer;
use symbolon_core::store::Change;

use super::tokens::Of;
use super::{asks, enforcement, keys, tokens, users, webhooks};
use crate::postgres::chain::{Done, NOTHING, Record};
use crate::postgres::fault::Fault;
use crate::writing::Owner;
use crate::writing::Revoked;

/// Writes one change and notes its record; the tokens that it revokes besides.
pub(super) async fn change(
    db: &mut PgConnection,
    change: &Change,
    sealer: &Sealer,
    now: Timestamp,
    done: &mut Done,
) -> Result<Vec<Revoked>, Fault> {
    let mut revoked = Vec::new();
    let (kind, id) = match change {
        Change::TokenCreated(token) => {
            tokens::create(db, token, sealer).await?;
            ("token.created", token.id.to_string())
        }
        Change::TokenChanged(token) => {
            tokens::change(db, token, sealer, Owner::Same).await?;
            if let Some(at) = token.revoked_at {
                revoked = tokens::end_descendants(db, &Of::Token(token.id), at).await?;
            }
            ("token.changed", token.id.to_string())
        }
        Change::TokenOwned(token) => {
            tokens::change(db, token, sealer, Owner::Other).await?;
            ("token.owned", token.id.to_string())
        }
        Change::UserCreated(user) => {
            users::create(db, user, sealer).await?;
            ("user.created", user.id.to_string())
        }
        Change::UserChanged(user) => {
            users::change(db, user, sealer).await?;
            ("user.changed", user.id.to_string())
        }
        Change::UserRemoved(id, at) => {
            revoked = users::remove(db, *id, *at).await?;
            ("user.removed", id.to_string())
        }
        Change::SessionStarted(session) => {
            users::start_session(db, session, sealer).await?;
            ("session.started", session.id.to_string())
        }
        Change::SessionEnded(id) => {
            users::end_session(db, *id).await?;
            ("session.ended", id.to_string())
        }
        Change::SessionsEnded(user) => {
            users::end_sessions(db, *user).await?;
            ("sessions.ended", user.to_string())
        }
        Change::KeyCreated(key) => {
            keys::create(db, key, sealer).await?;
            ("key.created", key.id.to_string())
        }
        Change::KeyRemoved(id) => {
            keys::remove(db, *id).await?;
            ("key.removed", id.to_string())
        }
        Change::EnforcementSwitched(switched) => {
            enforcement::switch(db, switched, sealer).await?;
            ("enforcement.switched", switched.service.to_string())
        }
        Change::TokenErased(id, at) => {
            tokens::erase(db, *id, *at).await?;
            revoked = tokens::end_descendants(db, &Of::Token(*id), *at).await?;
            ("token.erased", id.to_string())
        }
        Change::KeyChanged(key) => {
            keys::change(db, key, sealer).await?;
            ("key.changed", key.id.to_string())
        }
        Change::EndingTold(token, told) => {
            webhooks::tell_ending(db, *token, *told).await?;
            ("ending.told", token.to_string())
        }
        Change::WebhookRetried(name) => {
            webhooks::retry(db, name).await?;
            ("webhook.retried", name.to_string())
        }
        // No node has asks in memory: there is nothing that one would have to do when it reads of it.
        Change::AskMade(ask) => {
            asks::make(db, ask).await?;
            (NOTHING, ask.id.to_string())
        }
        Change::AskAnswered(ask) => {
            asks::answer(db, ask).await?;
            (NOTHING, ask.id.to_string())
        }
    };
    done.records.push(Record { kind, id, at: now });
    Ok(revoked)
}
