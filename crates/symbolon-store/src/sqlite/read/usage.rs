//! The use of tokens. The days are listed, and each is a search of its own: a range of days would be a walk over
//! everybody's use.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use sqlx::SqlitePool;
use sqlx::sqlite::SqliteRow;
use symbolon_core::id::TokenId;
use symbolon_core::store::StoreError;
use symbolon_core::usage::{Day, DayTotal, DayUsage, KEPT_DAYS, Outcome, RouteUsage, TokenUsage, UsedRoute};

use crate::rows;
use crate::sqlite::fault::unavailable;

/// For how many tokens totals are read at once, at most.
const TOKENS: usize = 1_000;

/// The days as a JSON array, no more than are kept.
fn listed(days: &RangeInclusive<Day>) -> String {
    let (first, last) = (days.start().0.max(days.end().0.saturating_sub(KEPT_DAYS - 1)), days.end().0);
    (first..=last).collect::<serde_json::Value>().to_string()
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
    .bind(listed(days))
    .bind(token.to_string())
    .fetch_all(db)
    .await
    .map_err(|error| unavailable(&error))?;
    let mut usage = TokenUsage::default();
    let mut places = HashMap::new();
    for row in &rows {
        match rows::usage(row) {
            Ok((day, route)) => add(&mut usage, &mut places, day, route),
            Err(fault) => fault.report("usage", row),
        }
    }
    usage.routes.sort_by(|a, b| {
        // By name where two are of one moment, so that the order is one.
        let name = |route: &RouteUsage| (route.method.clone(), route.path.clone(), route.outcome.as_str());
        b.last_at.cmp(&a.last_at).then_with(|| name(a).cmp(&name(b)))
    });
    Ok(usage)
}

/// Adds a row; those of one day come together.
fn add(
    usage: &mut TokenUsage,
    places: &mut HashMap<(String, String, Outcome), usize>,
    day: Day,
    route: RouteUsage,
) {
    if usage.days.last().is_none_or(|last| last.day != day) {
        usage.days.push(DayUsage { day, allowed: 0, refused: 0 });
    }
    if let Some(last) = usage.days.last_mut() {
        let sum = if route.outcome == Outcome::Allowed { &mut last.allowed } else { &mut last.refused };
        *sum = sum.saturating_add(route.count);
    }
    let key = (route.method.clone(), route.path.clone(), route.outcome);
    let place = *places.entry(key).or_insert(usage.routes.len());
    match usage.routes.get_mut(place) {
        Some(known) => {
            known.count = known.count.saturating_add(route.count);
            if known.last_at <= route.last_at {
                (known.last_at, known.last_ip) = (route.last_at, route.last_ip);
            }
        }
        None => usage.routes.push(route),
    }
}

pub(in crate::sqlite) async fn requests(
    db: &SqlitePool,
    tokens: &[TokenId],
    days: &RangeInclusive<Day>,
) -> Result<Vec<DayTotal>, StoreError> {
    let listed_tokens: serde_json::Value = tokens.iter().take(TOKENS).map(ToString::to_string).collect();
    let rows = sqlx::query(
        "SELECT usage.token AS token, usage.day AS day, sum(count) AS count
         FROM json_each(?1) AS days CROSS JOIN json_each(?2) AS tokens
         CROSS JOIN usage ON usage.day = days.value AND usage.token = tokens.value
         GROUP BY 1, 2",
    )
    .bind(listed(days))
    .bind(listed_tokens.to_string())
    .fetch_all(db)
    .await
    .map_err(|error| unavailable(&error))?;
    let total = |row: &SqliteRow| match rows::day_total(row) {
        Ok(total) => Some(total),
        Err(fault) => {
            fault.report("usage", row);
            None
        }
    };
    Ok(rows.iter().filter_map(total).collect())
}

pub(in crate::sqlite) async fn routes_used(
    db: &SqlitePool,
    tokens: &[TokenId],
    days: &RangeInclusive<Day>,
) -> Result<Vec<(TokenId, UsedRoute)>, StoreError> {
    let listed_tokens: serde_json::Value = tokens.iter().take(TOKENS).map(ToString::to_string).collect();
    let rows = sqlx::query(
        "SELECT DISTINCT usage.token AS token, usage.method AS method, usage.path AS path
         FROM json_each(?1) AS days CROSS JOIN json_each(?2) AS tokens
         CROSS JOIN usage ON usage.day = days.value AND usage.token = tokens.value
         WHERE outcome = ?3",
    )
    .bind(listed(days))
    .bind(listed_tokens.to_string())
    .bind(Outcome::Allowed.as_str())
    .fetch_all(db)
    .await
    .map_err(|error| unavailable(&error))?;
    // Advice that has not heard of a use would take away what is needed: nothing is left out here.
    let route = |row| {
        rows::used_route(row).map_err(|fault| {
            fault.report("usage", row);
            StoreError::Unavailable("a row of the record cannot be read".to_owned())
        })
    };
    rows.iter().map(route).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_days_are_listed_than_are_kept() {
        assert_eq!(listed(&(Day(3)..=Day(5))), "[3,4,5]");
        assert_eq!(listed(&(Day(5)..=Day(4))), "[]");
        let most: Vec<i32> = serde_json::from_str(&listed(&(Day(i32::MIN)..=Day(100)))).unwrap();
        assert_eq!(most, (11..=100).collect::<Vec<_>>());
    }
}
