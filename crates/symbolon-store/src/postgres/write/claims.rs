//! Claims on `Idempotency-Key`s.

use jiff::Timestamp;
use sqlx::PgConnection;
use symbolon_core::store::{Claim, StoreError};

use crate::postgres::fault::Fault;
use crate::rows;

pub(super) async fn make(db: &mut PgConnection, claim: &Claim, now: Timestamp) -> Result<(), Fault> {
    // A lapsed claim is replaced; one that stands is not touched.
    let made = sqlx::query(
        "INSERT INTO claims (scope, key, body, made, expires_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (scope, key) DO UPDATE
         SET body = excluded.body, made = excluded.made, expires_at = excluded.expires_at
         WHERE claims.expires_at <= $6",
    )
    .bind(&claim.scope)
    .bind(&claim.key)
    .bind(claim.body.as_bytes().as_slice())
    .bind(&claim.made)
    .bind(claim.expires_at.as_millisecond())
    .bind(now.as_millisecond())
    .execute(&mut *db)
    .await?;
    if made.rows_affected() > 0 {
        return Ok(());
    }
    let row =
        sqlx::query("SELECT scope, key, body, made, expires_at FROM claims WHERE scope = $1 AND key = $2")
            .bind(&claim.scope)
            .bind(&claim.key)
            .fetch_optional(db)
            .await?;
    let before = rows::only(row.as_ref(), "claims", rows::claim).map_err(Fault::Refused)?;
    Err(Fault::Refused(before.map_or(StoreError::NotFound("that claim"), StoreError::Claimed)))
}
