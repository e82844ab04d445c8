//! How far webhooks have come, and what was told of tokens' ends.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use symbolon_core::id::TokenId;
use symbolon_core::name::WebhookName;
use symbolon_core::notice::Told;
use symbolon_core::store::WebhookState;

use crate::sqlite::fault::{Fault, conflict, missing};
use crate::sqlite::statement::execute;

/// Forgets those that are not named, and lets the others begin that were not there.
pub(super) fn begin(db: &Connection, names: &[WebhookName]) -> Result<(), Fault> {
    let names: serde_json::Value = names.iter().map(WebhookName::as_str).collect();
    let names = names.to_string();
    execute(db, "DELETE FROM webhooks WHERE name NOT IN (SELECT value FROM json_each(?1))", params![&names])?;
    execute(
        db,
        "INSERT INTO webhooks (name, position, attempts, revision)
         SELECT value, (SELECT coalesce(max(seq), 0) FROM audit), 0, 1 FROM json_each(?1) WHERE true
         ON CONFLICT (name) DO NOTHING",
        params![&names],
    )?;
    Ok(())
}

pub(super) fn save(db: &Connection, state: &WebhookState) -> Result<(), Fault> {
    let time = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
    let saved = execute(
        db,
        "UPDATE webhooks
         SET position = ?2, attempts = ?3, waiting_since = ?4, next_at = ?5, last_at = ?6, last_answer = ?7,
             disabled_at = ?8, revision = ?9
         WHERE name = ?1 AND revision = ?9 - 1",
        params![
            state.name.as_str(),
            state.position.cast_signed(),
            state.attempts,
            time(state.waiting_since),
            time(state.next_at),
            time(state.last_at),
            &state.last_answer,
            time(state.disabled_at),
            state.revision.cast_signed()
        ],
    )?;
    if saved == 0 { Err(conflict("that webhook was changed meanwhile")) } else { Ok(()) }
}

pub(super) fn retry(db: &Connection, name: &WebhookName) -> Result<(), Fault> {
    let retried = execute(
        db,
        "UPDATE webhooks SET attempts = 0, next_at = NULL, disabled_at = NULL, revision = revision + 1
         WHERE name = ?1",
        params![name.as_str()],
    )?;
    if retried == 0 { Err(missing("that webhook")) } else { Ok(()) }
}

pub(super) fn tell_ending(
    db: &Connection,
    token: TokenId,
    Told { expires_at, days }: Told,
) -> Result<(), Fault> {
    let told = execute(
        db,
        "UPDATE tokens SET told_end = ?2, told_days = ?3
         WHERE id = ?1 AND expires_at = ?2 AND revoked_at IS NULL
           AND (told_end IS NOT expires_at OR told_days > ?3)",
        params![token.to_string(), expires_at.as_millisecond(), days],
    )?;
    if told == 0 {
        return Err(conflict("that was told of the token's end, or it is another by now"));
    }
    Ok(())
}
