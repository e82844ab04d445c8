//! What rests on which pepper.

use jiff::Timestamp;
use sqlx::{PgConnection, PgPool};
use symbolon_core::id::{KeyId, TokenId};
use symbolon_core::store::{PepperUse, StoreError};

use crate::peppers::{counted, ids_of, sealed_under, summed};
use crate::postgres::again::read;

pub(in crate::postgres) async fn pepper_uses(
    db: &PgPool,
    now: Timestamp,
) -> Result<Vec<PepperUse>, StoreError> {
    let mut parts = read(db, digests_by_pepper).await?;
    parts.extend(read(db, async |db| old_secrets_by_pepper(db, now).await).await?);
    parts.extend(read(db, seals_by_pepper).await?);
    Ok(summed(parts))
}

/// Digests of tokens and keys; a pepper may come twice.
async fn digests_by_pepper(db: &mut PgConnection) -> Result<Vec<PepperUse>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT pepper, count(*) AS tokens, 0::bigint AS keys FROM tokens WHERE pepper IS NOT NULL GROUP BY pepper
         UNION ALL SELECT pepper, 0, count(*) FROM keys GROUP BY pepper",
    )
    .fetch_all(db)
    .await?;
    Ok(counted(&rows))
}

/// A number in the JSON of a rotation, of which nobody may have written another kind of value without its being no number.
macro_rules! number {
    ($path:literal) => {
        concat!(
            "CASE json_typeof(rotation::json #> '",
            $path,
            "') WHEN 'number' THEN (rotation::json #>> '",
            $path,
            "')::numeric END"
        )
    };
}

/// Tokens of which the secret before the present one may still work at `now`: that one is not moved.
async fn old_secrets_by_pepper(db: &mut PgConnection, now: Timestamp) -> Result<Vec<PepperUse>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT pepper::bigint AS pepper, count(*) AS tokens, 0::bigint AS keys FROM (SELECT ",
        number!("{old,secret,pepper}"),
        " AS pepper, ",
        number!("{old,until}"),
        " AS until, ",
        number!("{old,grace}"),
        " AS grace, ",
        number!("{first_used_at}"),
        " AS first FROM tokens WHERE rotation IS NOT NULL AND revoked_at IS NULL) AS old
         WHERE pepper BETWEEN 0 AND 4294967295 AND coalesce(until > $1, true) AND coalesce(first + 1000 * grace > $1, true)
         GROUP BY pepper",
    ))
    .bind(now.as_millisecond())
    .fetch_all(db)
    .await?;
    Ok(counted(&rows))
}

/// Seals of rows that grant. The number in one is its first four bytes.
async fn seals_by_pepper(db: &mut PgConnection) -> Result<Vec<PepperUse>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT substr(seal, 1, 4) AS pepper, count(*) AS seals FROM (
             SELECT seal FROM users WHERE removed_at IS NULL
             UNION ALL SELECT seal FROM tokens WHERE revoked_at IS NULL UNION ALL SELECT seal FROM keys
             UNION ALL SELECT seal FROM sessions UNION ALL SELECT seal FROM enforcement) AS sealed
         WHERE seal IS NOT NULL GROUP BY 1",
    )
    .fetch_all(db)
    .await?;
    Ok(sealed_under(&rows))
}

pub(in crate::postgres) async fn under_pepper(
    db: &PgPool,
    pepper: u32,
    limit: u32,
) -> Result<(Vec<TokenId>, Vec<KeyId>), StoreError> {
    let ids = async |sql: &'static str| -> Result<Vec<String>, StoreError> {
        read(db, async |db| {
            sqlx::query_scalar(sql).bind(i64::from(pepper)).bind(i64::from(limit)).fetch_all(db).await
        })
        .await
    };
    let tokens = ids("SELECT id FROM tokens WHERE pepper = $1 LIMIT $2").await?;
    let keys = ids("SELECT id FROM keys WHERE pepper = $1 LIMIT $2").await?;
    Ok((ids_of(&tokens), ids_of(&keys)))
}

pub(in crate::postgres) async fn unused_imports(
    db: &PgPool,
    limit: u32,
) -> Result<(u64, Vec<TokenId>), StoreError> {
    let count: i64 = read(db, async |db| {
        sqlx::query_scalar(
            "SELECT count(*) FROM tokens WHERE foreign_hash IS NOT NULL AND revoked_at IS NULL",
        )
        .fetch_one(db)
        .await
    })
    .await?;
    let ids: Vec<String> = read(db, async |db| {
        sqlx::query_scalar(
            "SELECT id FROM tokens WHERE foreign_hash IS NOT NULL AND revoked_at IS NULL LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(db)
        .await
    })
    .await?;
    Ok((count.cast_unsigned(), ids_of(&ids)))
}
