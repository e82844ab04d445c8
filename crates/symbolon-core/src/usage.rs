//! How much a token is used: requests counted per token, day, route and outcome. Counted by the gate, kept by the
//! store. A route is named by its catalog's pattern and never by the path that was sent, which may hold anything.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::catalog::{Access, Catalog, Route};
use crate::decision::Reason;
use crate::id::TokenId;
use crate::name::ScopeName;
use crate::scope::ScopeSet;

/// How many days of use are kept, today among them.
pub const KEPT_DAYS: i32 = 90;

/// What stands for method and path where a decision was about scopes alone.
pub const NO_ROUTE: &str = "-";

/// A day in UTC, as the number of days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

impl Day {
    const MILLIS: i64 = 86_400_000;

    /// The day that a moment falls on.
    pub fn of(at: Timestamp) -> Self {
        Self::of_millis(at.as_millisecond())
    }

    /// The day of a moment in milliseconds since 1970.
    pub fn of_millis(millis: i64) -> Self {
        // A moment lies within 10,000 years of 1970.
        Self(i32::try_from(millis.div_euclid(Self::MILLIS)).unwrap_or(i32::MAX))
    }

    /// So many days that end with this one; at least this one.
    pub fn last(self, days: i32) -> RangeInclusive<Self> {
        Self(self.0.saturating_sub(days.max(1) - 1))..=self
    }
}

impl fmt::Display for Day {
    /// `2026-10-28`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date =
            Date::constant(1970, 1, 1).saturating_add(SignedDuration::from_hours(24).saturating_mul(self.0));
        write!(f, "{date}")
    }
}

/// What became of a request by a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was let through.
    Allowed,
    /// It was refused, for one of [`Reason::OF_TOKENS`].
    Refused(Reason),
}

impl Outcome {
    /// Its word, in the record and on the wire: `allowed`, or [`Reason::word`].
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused(reason) => reason.word(),
        }
    }
}

/// A word that is no outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("allowed, or the word of a refusal that concerns a token")]
pub struct OutcomeFault;

impl FromStr for Outcome {
    type Err = OutcomeFault;

    fn from_str(text: &str) -> Result<Self, OutcomeFault> {
        let refused = Reason::OF_TOKENS.into_iter().map(Self::Refused);
        std::iter::once(Self::Allowed).chain(refused).find(|one| one.as_str() == text).ok_or(OutcomeFault)
    }
}

/// Requests to be added to the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageCount {
    /// By this token. It may be gone by now.
    pub token: TokenId,
    /// On this day.
    pub day: Day,
    /// The route's method; `OPTIONS` for a preflight, [`NO_ROUTE`] for a decision about scopes alone.
    pub method: Arc<str>,
    /// The route's pattern, without a mount; [`NO_ROUTE`] for the two that have none.
    pub path: Arc<str>,
    /// What became of them.
    pub outcome: Outcome,
    /// How many.
    pub count: u64,
    /// The last of them.
    pub last_at: Timestamp,
    /// Where that one came from, if the door knew.
    pub last_ip: Option<IpAddr>,
}

/// The use of one token over some days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenUsage {
    /// The days on which there was any, oldest first.
    pub days: Vec<DayUsage>,
    /// The days put together, the route of the last request first.
    pub routes: Vec<RouteUsage>,
}

/// How many requests a token made on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayUsage {
    /// The day.
    pub day: Day,
    /// Let through.
    pub allowed: u64,
    /// Refused.
    pub refused: u64,
}

/// How many requests of one route had one outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteUsage {
    /// As in [`UsageCount`].
    pub method: String,
    /// As in [`UsageCount`].
    pub path: String,
    /// What became of them.
    pub outcome: Outcome,
    /// How many.
    pub count: u64,
    /// The last of them.
    pub last_at: Timestamp,
    /// Where that one came from, if the door knew.
    pub last_ip: Option<IpAddr>,
}

/// A route by which a token was let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedRoute {
    /// As in [`UsageCount`].
    pub method: String,
    /// As in [`UsageCount`].
    pub path: String,
}

/// All requests of one token on one day, whatever their outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayTotal {
    /// By this token.
    pub token: TokenId,
    /// On this day.
    pub day: Day,
    /// How many.
    pub count: u64,
}

impl Catalog {
    /// The route that use is counted under by these; `None` for one that the catalog does not have any more.
    pub fn route(&self, method: &str, path: &str) -> Option<&Route> {
        self.routes.iter().find(|route| route.method == method && route.path == path)
    }

    /// Which of a token's granted scopes an allowed request of `route` needed: those whose closure has something
    /// of the first alternative that the token's `effective` scopes satisfy. None for a route that asks for no
    /// scopes.
    pub fn needed<'a>(
        &self,
        granted: &'a [ScopeName],
        effective: &ScopeSet,
        route: &Route,
    ) -> BTreeSet<&'a ScopeName> {
        let Access::Scopes(alternatives) = &route.access else { return BTreeSet::new() };
        let Some(held) = alternatives.iter().find(|set| set.is_subset(effective)) else {
            return BTreeSet::new();
        };
        granted.iter().filter(|scope| !self.closure([*scope]).intersection(held).is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_utc() {
        let day = |text: &str| Day::of(text.parse().unwrap());
        assert_eq!(day("1970-01-01T00:00:00Z"), Day(0));
        assert_eq!(day("1969-12-31T23:59:59.999Z"), Day(-1));
        assert_eq!(day("2026-10-28T23:59:59.999Z").to_string(), "2026-10-28");
        assert_eq!(day("2026-10-29T00:00:00Z").to_string(), "2026-10-29");
        assert_eq!(day("2024-02-29T12:00:00Z").to_string(), "2024-02-29");
        assert_eq!(Day(-1).to_string(), "1969-12-31");
    }

    #[test]
    fn the_last_days_end_with_today() {
        assert_eq!(Day(9).last(3), Day(7)..=Day(9));
        assert_eq!((Day(9).last(1), Day(9).last(0)), (Day(9)..=Day(9), Day(9)..=Day(9)));
    }

    #[test]
    fn an_outcome_is_read_back_by_its_word() {
        for outcome in Reason::OF_TOKENS.into_iter().map(Outcome::Refused).chain([Outcome::Allowed]) {
            assert_eq!(outcome.as_str().parse(), Ok(outcome));
        }
        let words: BTreeSet<_> = Reason::OF_TOKENS.into_iter().map(Reason::word).collect();
        assert_eq!(words.len(), Reason::OF_TOKENS.len(), "one word for each");
        // It concerns nobody's token, so no request of one is counted under it.
        assert_eq!("no_route".parse::<Outcome>(), Err(OutcomeFault));
    }

    const SHOP: &str = r#"
service = "shop"
title = "The shop"
token_prefix = "shop"
implications = ["*:write -> *:read"]
[scopes]
"items:read" = "Read"
"items:write" = "Write"
"users:read" = { grants = "Read users", min_role = "admin" }
[[routes]]
scopes = ["users:read + items:read", "items:read"]
paths = ["GET /items"]
[[routes]]
scopes = ["items:write"]
paths = ["POST /items"]
[[routes]]
access = "public"
paths = ["GET /health"]
"#;

    #[test]
    fn a_scope_was_needed_if_it_alone_brings_something_of_what_was_asked_for() {
        let text = SHOP.replace("[scopes]", "roles = [\"user\", \"admin\"]\n[scopes]");
        let catalog = Catalog::compile("test.toml", &text).unwrap_or_else(|error| panic!("{error}"));
        let needed = |granted: &[&str], route: usize, role: &str| {
            let granted: Vec<ScopeName> = granted.iter().map(|scope| scope.parse().unwrap()).collect();
            let effective = catalog.effective(catalog.closure(&granted), catalog.roles.get(role));
            let needed = catalog.needed(&granted, &effective, &catalog.routes[route]);
            needed.into_iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        // The first alternative counts, where it is satisfied; else the second.
        assert_eq!(needed(&["items:read", "users:read"], 0, "admin"), ["items:read", "users:read"]);
        assert_eq!(needed(&["items:read", "users:read"], 0, "user"), ["items:read"], "not effective");
        // Granted is what counts, also where only what it implies was asked for.
        assert_eq!(needed(&["items:write"], 0, "user"), ["items:write"]);
        assert_eq!(needed(&["items:read", "items:write"], 0, "user"), ["items:read", "items:write"]);
        assert_eq!(needed(&["items:read", "items:write"], 1, "user"), ["items:write"]);
        // What no scope opened needed none; nor did what is not open any more.
        assert_eq!(needed(&["items:read"], 2, "user"), [""; 0]);
        assert_eq!(needed(&["items:read", "dropped"], 1, "user"), [""; 0]);
    }
}
