use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The use of a token over some days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenUsage {
    /// The first day, in UTC.
    pub from: String,
    /// The last day: today.
    pub to: String,
    /// Every day, oldest first; also those without a request.
    pub days: Vec<UsageDay>,
    /// Requests by route and outcome, that of the last request first; at most 200.
    pub routes: Vec<UsageRoute>,
    /// How many more of these there are.
    pub routes_left_out: u64,
    /// Each granted scope, and the allowed requests that needed it as the catalog stands now.
    pub scopes: Vec<UsageScope>,
    /// The last refusals that are remembered, newest first; at most 20. Older ones are in `routes` alone.
    pub refusals: Vec<UsageRefusal>,
}

/// A day of use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsageDay {
    /// The day, in UTC, such as `2026-10-28`.
    pub day: String,
    /// Requests that were let through.
    pub allowed: u64,
    /// Requests that were refused.
    pub refused: u64,
}

/// Requests of one route with one outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsageRoute {
    /// The route's method; `-` where scopes were asked for without a route.
    pub method: String,
    /// The catalog's pattern, without a mount; `-` where there was none.
    pub path: String,
    /// `allowed`, or why it was refused, such as `insufficient_scope` or `expired`.
    pub outcome: String,
    /// How many.
    pub count: u64,
    /// When the last of them was.
    pub last_at: String,
    /// Where that one came from; `null` if the door did not know.
    pub last_ip: Option<String>,
}

/// The use of a granted scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsageScope {
    /// The scope.
    pub scope: String,
    /// Allowed requests that needed it: it, or what it implies, is among what their route asks for.
    pub count: u64,
    /// When the last of them was; `null` if there was none.
    pub last_at: Option<String>,
}

/// A refusal that is remembered, to be explained by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsageRefusal {
    /// The id that the answer carried.
    pub request_id: String,
    /// When.
    pub at: String,
    /// The route's method.
    pub method: String,
    /// The catalog's pattern, and not what was sent; `-` if the catalog has no such route by now.
    pub path: String,
    /// What the caller was told.
    pub code: String,
    /// Why, in one word.
    pub reason: String,
}
