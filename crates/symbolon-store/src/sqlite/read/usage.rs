//! The use of tokens. The days are listed, and each is a search of its own: a range of days would be a walk over
//! everybody's use.

use std::ops::RangeInclusive;

use sqlx::SqlitePool;
use symbolon_core::id::TokenId;
use symbolon_core::store::StoreError;
use symbolon_core::usage::{Day, DayTotal, Outcome, TokenUsage, UsedRoute};

use crate::sqlite::fault::unavailable;
use crate::usage::{asked_at_once, listed, routes, together, totals};

/// The days as a JSON array.
fn listed_days(days: &RangeInclusive<Day>) -> String {
    listed(days).collect::<serde_json::Value>().to_string()
}

/// The tokens as a JSON array.
fn listed_tokens(tokens: &[TokenId]) -> String {
    asked_at_once(tokens).collect::<serde_json::Value>().to_string()
}

pub(in crate::sqlite) async fn usage(
    db: &SqlitePool,
    token: TokenId,
    days: &RangeInclusive<Day>,
) -> Result<TokenUsage, StoreError> {
    let rows = sqlx::query(
        "SELECT usage.day, usage.method, usage.path, outcome, count, last_at, last_ip
         FROM json_each(?1) AS days CROSS JOIN usage ON usage.day = days.value AND usage.token = ?2
         ORDER BY days.key",
    )
    .bind(listed_days(days))
    .bind(token.to_string())
    .fetch_all(db)
    .await
    .map_err(|error| unavailable(&error))?;
    Ok(together(&rows))
}

pub(in crate::sqlite) async fn requests(
    db: &SqlitePool,
    tokens: &[TokenId],
    days: &RangeInclusive<Day>,
) -> Result<Vec<DayTotal>, StoreError> {
    let rows = sqlx::query(
        "SELECT usage.token AS token, usage.day AS day, sum(count) AS count
         FROM json_each(?1) AS days CROSS JOIN json_each(?2) AS tokens
         CROSS JOIN usage ON usage.day = days.value AND usage.token = tokens.value
         GROUP BY 1, 2",
    )
    .bind(listed_days(days))
    .bind(listed_tokens(tokens))
    .fetch_all(db)
    .await
    .map_err(|error| unavailable(&error))?;
    Ok(totals(&rows))
}

pub(in crate::sqlite) async fn routes_used(
    db: &SqlitePool,
    tokens: &[TokenId],
    days: &RangeInclusive<Day>,
) -> Result<Vec<(TokenId, UsedRoute)>, StoreError> {
    let rows = sqlx::query(
        "SELECT DISTINCT usage.token AS token, usage.method AS method, usage.path AS path
         FROM json_each(?1) AS days CROSS JOIN json_each(?2) AS tokens
         CROSS JOIN usage ON usage.day = days.value AND usage.token = tokens.value
         WHERE outcome = ?3",
    )
    .bind(listed_days(days))
    .bind(listed_tokens(tokens))
    .bind(Outcome::Allowed.as_str())
    .fetch_all(db)
    .await
    .map_err(|error| unavailable(&error))?;
    routes(&rows)
}
