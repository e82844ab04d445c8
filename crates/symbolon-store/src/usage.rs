//! The use of tokens, as it is put together from rows of whichever database.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use symbolon_core::id::TokenId;
use symbolon_core::store::StoreError;
use symbolon_core::usage::{Day, DayTotal, DayUsage, KEPT_DAYS, Outcome, RouteUsage, TokenUsage, UsedRoute};

use crate::rows::{self, Columns};

/// For how many tokens totals are read at once, at most.
const TOKENS: usize = 1_000;

/// The numbers of the days, no more than are kept.
pub(crate) fn listed(days: &RangeInclusive<Day>) -> impl Iterator<Item = i32> {
    let (first, last) = (days.start().0.max(days.end().0.saturating_sub(KEPT_DAYS - 1)), days.end().0);
    first..=last
}

/// The ids of the tokens, no more than are read at once.
pub(crate) fn asked_at_once(tokens: &[TokenId]) -> impl Iterator<Item = String> {
    tokens.iter().take(TOKENS).map(ToString::to_string)
}

/// The use of one token, of which these are the rows, day after day.
pub(crate) fn together(rows: &[impl Columns]) -> TokenUsage {
    let mut usage = TokenUsage::default();
    let mut places = HashMap::new();
    for row in rows {
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
    usage
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

/// The totals of these rows.
pub(crate) fn totals(rows: &[impl Columns]) -> Vec<DayTotal> {
    rows.iter()
        .filter_map(|row| rows::day_total(row).map_err(|fault| fault.report("usage", row)).ok())
        .collect()
}

/// The routes of these rows. Advice that has not heard of a use would take away what is needed: nothing is left out.
pub(crate) fn routes(rows: &[impl Columns]) -> Result<Vec<(TokenId, UsedRoute)>, StoreError> {
    let route = |row| {
        rows::used_route(row).map_err(|fault| {
            fault.report("usage", row);
            fault.into()
        })
    };
    rows.iter().map(route).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_days_are_listed_than_are_kept() {
        let listed = |first, last| listed(&(Day(first)..=Day(last))).collect::<Vec<_>>();
        assert_eq!(listed(3, 5), [3, 4, 5]);
        assert_eq!(listed(5, 4), Vec::<i32>::new());
        assert_eq!(listed(i32::MIN, 100), (11..=100).collect::<Vec<_>>());
    }
}
