//! How far webhooks have come, and what was told of tokens' ends.

use jiff::Timestamp;
use sqlx::PgConnection;
use symbolon_core::id::{NodeId, TokenId};
use symbolon_core::name::WebhookName;
use symbolon_core::notice::Told;
use symbolon_core::store::WebhookState;

use crate::fault::{conflict, missing};
use crate::postgres::fault::Fault;

/// Lets those begin that are named and were not there, and forgets those that no node has: neither `own`, whose these are, nor
/// any other that is there, as far as they have said. One that has not said so may have all of them.
pub(super) async fn begin(
    db: &mut PgConnection,
    names: &[WebhookName],
    own: Option<NodeId>,
) -> Result<(), Fault> {
    let names: Vec<_> = names.iter().map(WebhookName::as_str).collect();
    let own = own.map(|id| id.to_string());
    sqlx::query("UPDATE nodes SET webhooks = $1 WHERE id = $2")
        .bind(&names)
        .bind(&own)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "DELETE FROM webhooks
         WHERE name <> ALL ($1) AND NOT EXISTS (
             SELECT 1 FROM nodes
             WHERE nodes.id IS DISTINCT FROM $2
               AND (nodes.webhooks IS NULL OR webhooks.name = ANY (nodes.webhooks)))",
    )
    .bind(&names)
    .bind(&own)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "INSERT INTO webhooks (name, position, attempts, revision)
         SELECT name, (SELECT coalesce(max(seq), 0) FROM audit), 0, 1 FROM unnest($1::text[]) AS named (name)
         ON CONFLICT (name) DO NOTHING",
    )
    .bind(&names)
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn save(db: &mut PgConnection, state: &WebhookState) -> Result<(), Fault> {
    let time = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
    let saved = sqlx::query(
        "UPDATE webhooks
         SET position = $2, attempts = $3, waiting_since = $4, next_at = $5, last_at = $6, last_answer = $7,
             disabled_at = $8, revision = $9
         WHERE name = $1 AND revision = $9 - 1",
    )
    .bind(state.name.as_str())
    .bind(state.position.cast_signed())
    .bind(i64::from(state.attempts))
    .bind(time(state.waiting_since))
    .bind(time(state.next_at))
    .bind(time(state.last_at))
    .bind(&state.last_answer)
    .bind(time(state.disabled_at))
    .bind(state.revision.cast_signed())
    .execute(db)
    .await?;
    if saved.rows_affected() == 0 { Err(conflict("that webhook was changed meanwhile")) } else { Ok(()) }
}

pub(super) async fn retry(db: &mut PgConnection, name: &WebhookName) -> Result<(), Fault> {
    let retried = sqlx::query(
        "UPDATE webhooks SET attempts = 0, next_at = NULL, disabled_at = NULL, revision = revision + 1
         WHERE name = $1",
    )
    .bind(name.as_str())
    .execute(db)
    .await?;
    if retried.rows_affected() == 0 { Err(missing("that webhook")) } else { Ok(()) }
}

pub(super) async fn tell_ending(db: &mut PgConnection, token: TokenId, told: Told) -> Result<(), Fault> {
    let Told { expires_at, days } = told;
    let told = sqlx::query(
        "UPDATE tokens SET told_end = $2, told_days = $3
         WHERE id = $1 AND expires_at = $2 AND revoked_at IS NULL
           AND (told_end IS DISTINCT FROM expires_at OR told_days > $3)",
    )
    .bind(token.to_string())
    .bind(expires_at.as_millisecond())
    .bind(i64::from(days))
    .execute(db)
    .await?;
    if told.rows_affected() == 0 {
        return Err(conflict("that was told of the token's end, or it is another by now"));
    }
    Ok(())
}
