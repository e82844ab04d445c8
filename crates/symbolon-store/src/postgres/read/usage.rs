//! The use of tokens. The days are listed, and each is a search of its own: a range of days would be a walk over
//! everybody's use.

use std::ops::RangeInclusive;

use sqlx::PgPool;
use symbolon_core::id::TokenId;
use symbolon_core::store::StoreError;
use symbolon_core::usage::{Day, DayTotal, Outcome, TokenUsage, UsedRoute};

use crate::postgres::again::read;
use crate::usage::{asked_at_once, listed, routes, together, totals};

fn numbers(days: &RangeInclusive<Day>) -> Vec<i64> {
    listed(days).map(i64::from).collect()
}

pub(in crate::postgres) async fn usage(
    db: &PgPool,
    token: TokenId,
    days: &RangeInclusive<Day>,
) -> Result<TokenUsage, StoreError> {
    let rows = read(db, async |db| {
        sqlx::query(
        "SELECT usage.day, method, path, outcome, count, last_at, last_ip
         FROM unnest($1) WITH ORDINALITY AS days (day, place) JOIN usage ON usage.day = days.day AND usage.token = $2
         ORDER BY place",
    )
    .bind(numbers(days))
    .bind(token.to_string())
    .fetch_all(db)
    .await
    })
    .await?;
    Ok(together(&rows))
}

pub(in crate::postgres) async fn requests(
    db: &PgPool,
    tokens: &[TokenId],
    days: &RangeInclusive<Day>,
) -> Result<Vec<DayTotal>, StoreError> {
    let rows = read(db, async |db| {
        sqlx::query(
            "SELECT token, day, sum(count)::bigint AS count
         FROM unnest($1) AS days (day) JOIN usage USING (day) WHERE token = ANY ($2)
         GROUP BY token, day ORDER BY token, day",
        )
        .bind(numbers(days))
        .bind(asked_at_once(tokens).collect::<Vec<_>>())
        .fetch_all(db)
        .await
    })
    .await?;
    Ok(totals(&rows))
}

pub(in crate::postgres) async fn routes_used(
    db: &PgPool,
    tokens: &[TokenId],
    days: &RangeInclusive<Day>,
) -> Result<Vec<(TokenId, UsedRoute)>, StoreError> {
    let rows = read(db, async |db| {
        sqlx::query(
            "SELECT DISTINCT token, method, path
         FROM unnest($1) AS days (day) JOIN usage USING (day) WHERE token = ANY ($2) AND outcome = $3",
        )
        .bind(numbers(days))
        .bind(asked_at_once(tokens).collect::<Vec<_>>())
        .bind(Outcome::Allowed.as_str())
        .fetch_all(db)
        .await
    })
    .await?;
    routes(&rows)
}
