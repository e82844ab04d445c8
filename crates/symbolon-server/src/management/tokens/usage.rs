//! How much a token is used.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use symbolon_api::{TokenRecord, TokenUsage, UsageDay, UsageRefusal, UsageRoute, UsageScope};
use symbolon_core::decision::DecidedRoute;
use symbolon_core::name::ScopeName;
use symbolon_core::record::Token;
use symbolon_core::usage::{Day, KEPT_DAYS, Outcome, RouteUsage};
use symbolon_core::{Catalog, Refusal, Timestamp, usage};
use utoipa::IntoParams;

use super::find;
use crate::answer::ApiError;
use crate::app::App;
use crate::management::caller::Caller;
use crate::management::parameters::{OfToken, PathOf, QueryOf};
use crate::management::services;
use crate::refusals::Refused;

/// How many routes are told of at most.
const ROUTES: usize = 200;
/// How many refusals are told of at most.
const REFUSALS: usize = 20;

/// Query of a token's use.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::management) struct OfDays {
    /// How many days, today among them: 1 to 90. Left out: 30 of use, and 90 for advice.
    #[param(minimum = 1, maximum = 90)]
    pub(super) days: Option<i32>,
}

/// Show how much a token is used: by day, by route and outcome, by granted scope; and its last refusals.
#[utoipa::path(
    get, path = "/v1/services/{service}/tokens/{id}/usage", tag = "tokens",
    params(OfToken, OfDays),
    responses((status = 200, body = TokenUsage)),
)]
pub(in crate::management) async fn usage(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfToken>,
    QueryOf(query): QueryOf<OfDays>,
) -> Result<Json<TokenUsage>, ApiError> {
    caller.operator()?;
    let catalog = services::find(&app, &of.service)?.catalog;
    let token = find(&app, &caller, &catalog, &of.id).await?;
    let days = last_days(&app, "days", query.days.unwrap_or(30)).await?;
    let known = app.store().usage(token.id, days.clone()).await?;
    let refusals = app.refusals().of_token(token.id, REFUSALS);
    Ok(Json(TokenUsage {
        from: days.start().to_string(),
        to: days.end().to_string(),
        days: every_day(&days, &known),
        routes: known.routes.iter().take(ROUTES).map(route).collect(),
        routes_left_out: known.routes.len().saturating_sub(ROUTES) as u64,
        scopes: scopes(&app, &catalog, &token, &known.routes),
        refusals: refusals.iter().map(refusal).collect(),
    }))
}

/// Each day of each token is looked up: more would keep others from the record.
const MOST_WITH_REQUESTS: usize = 200;

/// So many days that end today, whose use is in the record now, if that takes it. Refused: fewer than one, and more than are kept.
pub(super) async fn last_days(app: &App, field: &str, days: i32) -> Result<RangeInclusive<Day>, Refusal> {
    if !(1..=KEPT_DAYS).contains(&days) {
        return Err(Refusal::field(field, format!("{field} is 1 to {KEPT_DAYS}")));
    }
    app.bring_usage().await;
    Ok(Day::of(app.now()).last(days))
}

/// Adds to each record of a list how many requests it made on each of the last so many days.
pub(super) async fn add_requests(
    app: &App,
    tokens: &[Token],
    records: &mut [TokenRecord],
    days: i32,
) -> Result<(), ApiError> {
    if tokens.len() > MOST_WITH_REQUESTS {
        let detail = format!(
            "requests are told of at most {MOST_WITH_REQUESTS} tokens at once; ask with a smaller limit"
        );
        return Err(Refusal::field("requests", detail).into());
    }
    let days = last_days(app, "requests", days).await?;
    let ids: Vec<_> = tokens.iter().map(|token| token.id).collect();
    let totals = app.store().requests(&ids, days.clone()).await?;
    let totals: HashMap<_, _> =
        totals.into_iter().map(|total| ((total.token, total.day), total.count)).collect();
    for (id, record) in ids.iter().zip(records) {
        let on = |day: i32| totals.get(&(*id, Day(day))).copied().unwrap_or(0);
        record.requests = Some((days.start().0..=days.end().0).map(on).collect());
    }
    Ok(())
}

fn every_day(days: &RangeInclusive<Day>, known: &usage::TokenUsage) -> Vec<UsageDay> {
    let known: HashMap<_, _> = known.days.iter().map(|day| (day.day, day)).collect();
    let day = |day: Day| {
        let (allowed, refused) = known.get(&day).map_or((0, 0), |known| (known.allowed, known.refused));
        UsageDay { day: day.to_string(), allowed, refused }
    };
    (days.start().0..=days.end().0).map(|number| day(Day(number))).collect()
}

fn route(route: &RouteUsage) -> UsageRoute {
    UsageRoute {
        method: route.method.clone(),
        path: route.path.clone(),
        outcome: route.outcome.as_str().to_owned(),
        count: route.count,
        last_at: route.last_at.to_string(),
        last_ip: route.last_ip.map(|ip| ip.to_string()),
    }
}

/// What each granted scope was good for, by the catalog as it stands and the owner's role of now. Routes that the
/// catalog does not have any more say nothing.
fn scopes(app: &App, catalog: &Catalog, token: &Token, routes: &[RouteUsage]) -> Vec<UsageScope> {
    let role = app.gate().user(token.owner).and_then(|owner| catalog.role_of(&owner));
    let effective = catalog.effective(catalog.closure(&token.scopes), role);
    let mut sums: HashMap<&ScopeName, (u64, Option<Timestamp>)> = HashMap::new();
    for used in routes.iter().filter(|used| used.outcome == Outcome::Allowed) {
        let Some(route) = catalog.route(&used.method, &used.path) else { continue };
        for scope in catalog.needed(&token.scopes, &effective, route) {
            let (count, last_at) = sums.entry(scope).or_default();
            *count = count.saturating_add(used.count);
            *last_at = (*last_at).max(Some(used.last_at));
        }
    }
    let sum = |scope: &ScopeName| {
        let (count, last_at) = sums.get(scope).copied().unwrap_or_default();
        UsageScope { scope: scope.to_string(), count, last_at: last_at.map(|at| at.to_string()) }
    };
    token.scopes.iter().map(sum).collect()
}

fn refusal(refused: &Refused) -> UsageRefusal {
    UsageRefusal {
        request_id: refused.id.to_string(),
        at: refused.at.to_string(),
        method: refused.route.as_ref().map_or(usage::NO_ROUTE, DecidedRoute::method).to_owned(),
        path: refused.route.as_ref().map_or(usage::NO_ROUTE, DecidedRoute::path).to_owned(),
        code: refused.reason.code().as_str().to_owned(),
        reason: refused.reason.word().to_owned(),
    }
}
