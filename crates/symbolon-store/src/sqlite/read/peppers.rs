//! What rests on which pepper.

use jiff::Timestamp;
use sqlx::{SqliteExecutor, SqlitePool};
use symbolon_core::id::{KeyId, TokenId};
use symbolon_core::store::{PepperUse, StoreError};

use crate::peppers::{counted, ids_of, sealed_under, summed};
use crate::sqlite::fault::unavailable;

pub(in crate::sqlite) async fn pepper_uses(
    db: &SqlitePool,
    now: Timestamp,
) -> Result<Vec<PepperUse>, StoreError> {
    let failed = |error: sqlx::Error| unavailable(&error);
    let mut parts = digests_by_pepper(db).await.map_err(failed)?;
    parts.extend(old_secrets_by_pepper(db, now).await.map_err(failed)?);
    parts.extend(seals_by_pepper(db).await.map_err(failed)?);
    Ok(summed(parts))
}

/// Digests of tokens and keys; a pepper may come twice.
pub(in crate::sqlite) async fn digests_by_pepper(
    db: impl SqliteExecutor<'_>,
) -> Result<Vec<PepperUse>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT pepper, count(*) AS tokens, 0 AS keys FROM tokens WHERE pepper IS NOT NULL GROUP BY pepper
         UNION ALL SELECT pepper, 0, count(*) FROM keys GROUP BY pepper",
    )
    .fetch_all(db)
    .await?;
    Ok(counted(&rows))
}

/// Tokens of which the secret before the present one may still work at `now`: that one is not moved.
async fn old_secrets_by_pepper(db: &SqlitePool, now: Timestamp) -> Result<Vec<PepperUse>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT old ->> '$.secret.pepper' AS pepper, count(*) AS tokens, 0 AS keys FROM (
             SELECT rotation -> '$.old' AS old, rotation ->> '$.first_used_at' AS first FROM tokens
             WHERE rotation IS NOT NULL AND revoked_at IS NULL)
         WHERE old ->> '$.secret.pepper' IS NOT NULL AND coalesce(old ->> '$.until', ?1 + 1) > ?1
           AND coalesce(first + 1000 * (old ->> '$.grace'), ?1 + 1) > ?1 GROUP BY 1",
    )
    .bind(now.as_millisecond())
    .fetch_all(db)
    .await?;
    Ok(counted(&rows))
}

/// Seals of rows that grant. The number in one is its first four bytes.
pub(in crate::sqlite) async fn seals_by_pepper(
    db: impl SqliteExecutor<'_>,
) -> Result<Vec<PepperUse>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT substr(seal, 1, 4) AS pepper, count(*) AS seals FROM (
             SELECT seal FROM users WHERE removed_at IS NULL
             UNION ALL SELECT seal FROM tokens WHERE revoked_at IS NULL UNION ALL SELECT seal FROM keys
             UNION ALL SELECT seal FROM sessions UNION ALL SELECT seal FROM enforcement)
         WHERE seal IS NOT NULL GROUP BY 1",
    )
    .fetch_all(db)
    .await?;
    Ok(sealed_under(&rows))
}

pub(in crate::sqlite) async fn under_pepper(
    db: &SqlitePool,
    pepper: u32,
    limit: u32,
) -> Result<(Vec<TokenId>, Vec<KeyId>), StoreError> {
    let ids = async |sql: &'static str| -> Result<Vec<String>, StoreError> {
        let ids = sqlx::query_scalar(sql).bind(pepper).bind(limit).fetch_all(db).await;
        ids.map_err(|error| unavailable(&error))
    };
    let tokens = ids("SELECT id FROM tokens WHERE pepper = ?1 LIMIT ?2").await?;
    let keys = ids("SELECT id FROM keys WHERE pepper = ?1 LIMIT ?2").await?;
    Ok((ids_of(&tokens), ids_of(&keys)))
}

pub(in crate::sqlite) async fn unused_imports(
    db: &SqlitePool,
    limit: u32,
) -> Result<(u64, Vec<TokenId>), StoreError> {
    let failed = |error: sqlx::Error| unavailable(&error);
    let count: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM tokens WHERE foreign_hash IS NOT NULL AND revoked_at IS NULL",
    )
    .fetch_one(db)
    .await
    .map_err(failed)?;
    let ids: Vec<String> = sqlx::query_scalar(
        "SELECT id FROM tokens WHERE foreign_hash IS NOT NULL AND revoked_at IS NULL LIMIT ?1",
    )
    .bind(limit)
    .fetch_all(db)
    .await
    .map_err(failed)?;
    Ok((count.cast_unsigned(), ids_of(&ids)))
}
