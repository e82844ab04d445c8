//! What tokens ask for, and what is said to it.

use sqlx::PgConnection;
use symbolon_core::ask::{Ask, MAX_ASKED};

use crate::asks::{answered, day_before, new, not_answered, not_made};
use crate::postgres::fault::{Fault, taken};
use crate::writing::scopes;

pub(super) async fn make(db: &mut PgConnection, ask: &Ask) -> Result<(), Fault> {
    let lasts = new(ask)?;
    let made = sqlx::query(
        "INSERT INTO asks (id, service, token, scopes, lasts, reason, \"by\", made_at, mark, revision)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
         WHERE EXISTS (SELECT 1 FROM tokens WHERE id = $3 AND service = $2 AND revoked_at IS NULL)
           AND (SELECT count(*) FROM asks WHERE token = $3 AND made_at > $11) < $12",
    )
    .bind(ask.id.to_string())
    .bind(ask.service.as_str())
    .bind(ask.token.to_string())
    .bind(scopes(&ask.scopes))
    .bind(lasts)
    .bind(&ask.reason)
    .bind(&ask.by)
    .bind(ask.made_at.as_millisecond())
    .bind(ask.mark.as_bytes().as_slice())
    .bind(ask.revision.cast_signed())
    .bind(day_before(ask))
    .bind(i64::from(MAX_ASKED))
    .execute(&mut *db)
    .await
    .map_err(|error| taken(error, &[("asks_pkey", "that ask id is taken")]))?;
    if made.rows_affected() > 0 {
        return Ok(());
    }
    let token: Option<i32> =
        sqlx::query_scalar("SELECT 1 FROM tokens WHERE id = $1 AND service = $2 AND revoked_at IS NULL")
            .bind(ask.token.to_string())
            .bind(ask.service.as_str())
            .fetch_optional(db)
            .await?;
    Err(not_made(token.is_some()))
}

pub(super) async fn answer(db: &mut PgConnection, ask: &Ask) -> Result<(), Fault> {
    let said = answered(ask)?;
    let changed = sqlx::query(
        "UPDATE asks SET answer = $3, lent = $4, until = $5, answered_by = $6, answered_at = $7, note = $8, revision = $2
         WHERE id = $1 AND revision = $2 - 1",
    )
    .bind(ask.id.to_string())
    .bind(ask.revision.cast_signed())
    .bind(said.word)
    .bind(said.lent)
    .bind(said.until)
    .bind(said.by)
    .bind(said.at)
    .bind(said.note)
    .execute(&mut *db)
    .await?;
    if changed.rows_affected() > 0 {
        return Ok(());
    }
    let there: Option<i32> = sqlx::query_scalar("SELECT 1 FROM asks WHERE id = $1")
        .bind(ask.id.to_string())
        .fetch_optional(db)
        .await?;
    Err(not_answered(there.is_some()))
}
