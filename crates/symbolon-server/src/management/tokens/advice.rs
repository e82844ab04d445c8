//! What is advised about tokens. Nothing is changed here.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use symbolon_api::{BulkFilter, List, TokenAdvice};
use symbolon_core::advice::{Advice, Advisor, Finding, Observed};
use symbolon_core::id::TokenId;
use symbolon_core::record::{Token, TokenState};
use symbolon_core::store::TokenQuery;
use symbolon_core::usage::{Day, KEPT_DAYS, UsedRoute};
use symbolon_core::{Catalog, Refusal};
use utoipa::IntoParams;

use super::usage::{OfDays, last_days};
use super::{filter, find};
use crate::answer::ApiError;
use crate::app::App;
use crate::management::caller::Caller;
use crate::management::parameters::{OfService, OfToken, PathOf, QueryOf, found, page};
use crate::management::services;

/// Each day of each token is looked up: more at once would keep others from the record.
const AT_ONCE: usize = 200;

/// Query of advice about a service's tokens.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::management) struct ListAdvice {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many tokens are looked at: 1 to 200; 50 if left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// By their use on so many days, today among them: 1 to 90; 90 if left out.
    #[param(minimum = 1, maximum = 90)]
    days: Option<i32>,
}

/// List what is advised about the live tokens of a service: those that do not need all their scopes, are not used, end
/// soon, or whose owner is inactive. Of those that a page looks at it lists only those about which there is something
/// to say, and may be empty before the end.
#[utoipa::path(
    get, path = "/v1/services/{service}/advice", tag = "tokens", operation_id = "advice",
    params(OfService, ListAdvice),
    responses((status = 200, body = List<TokenAdvice>)),
)]
pub(in crate::management) async fn list(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfService>,
    QueryOf(asked): QueryOf<ListAdvice>,
) -> Result<Json<List<TokenAdvice>>, ApiError> {
    let catalog = services::find(&app, &of.service)?.catalog;
    let all = filter::query(&app, &caller, &catalog, &BulkFilter::default()).await?;
    if asked.limit.is_some_and(|limit| limit > AT_ONCE) {
        return Err(Refusal::field("limit", format!("limit is 1 to {AT_ONCE}")).into());
    }
    let page = page(asked.limit, asked.cursor)?;
    let days = last_days(&app, "days", asked.days.unwrap_or(KEPT_DAYS)).await?;
    let tokens = found(app.store().tokens(&TokenQuery { page, ..all }).await)?;
    let mut items = advise(&app, &catalog, &tokens.items, days).await?;
    items.retain(|advice| !advice.findings.is_empty());
    Ok(Json(List { items, next_cursor: tokens.next }))
}

/// Show what is advised about a token, by its use on the last days; of one that is revoked or past its end there is
/// nothing to say.
#[utoipa::path(
    get, path = "/v1/services/{service}/tokens/{id}/advice", tag = "tokens", operation_id = "advice_of",
    params(OfToken, OfDays),
    responses((status = 200, body = TokenAdvice)),
)]
pub(in crate::management) async fn show(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfToken>,
    QueryOf(query): QueryOf<OfDays>,
) -> Result<Json<TokenAdvice>, ApiError> {
    caller.operator()?;
    let catalog = services::find(&app, &of.service)?.catalog;
    let token = find(&app, &caller, &catalog, &of.id).await?;
    let days = last_days(&app, "days", query.days.unwrap_or(KEPT_DAYS)).await?;
    let advice = advise(&app, &catalog, std::slice::from_ref(&token), days).await?;
    let nothing = || wire(&app, &token, Advice::default());
    Ok(Json(advice.into_iter().next().unwrap_or_else(nothing)))
}

/// The advice about each of these tokens that lives, with one question to the record.
async fn advise(
    app: &App,
    catalog: &Catalog,
    tokens: &[Token],
    days: RangeInclusive<Day>,
) -> Result<Vec<TokenAdvice>, ApiError> {
    let now = app.now();
    let lives =
        |token: &&Token| matches!(app.gate().state(token, now), TokenState::Active | TokenState::Disabled);
    let tokens: Vec<&Token> = tokens.iter().filter(lives).collect();
    let ids: Vec<TokenId> = tokens.iter().map(|token| token.id).collect();
    let mut routes: HashMap<TokenId, Vec<UsedRoute>> = HashMap::new();
    for (id, route) in app.store().routes_used(&ids, days.clone()).await? {
        routes.entry(id).or_default().push(route);
    }
    let advisor = Advisor::new(catalog, days, now);
    // One without an owner is being revoked with them.
    let about = |token: &&Token| {
        let owner = app.gate().user(token.owner)?;
        let advice = advisor.advise(Observed {
            token,
            owner: &owner,
            last_used_at: app.gate().last_used(token.id).max(token.last_used_at),
            routes: routes.get(&token.id).map(Vec::as_slice).unwrap_or_default(),
        });
        Some(wire(app, token, advice))
    };
    Ok(tokens.iter().filter_map(about).collect())
}

fn wire(app: &App, token: &Token, advice: Advice) -> TokenAdvice {
    let texts = |scopes: Vec<_>| scopes.iter().map(ToString::to_string).collect::<Vec<String>>();
    let finding = |finding: Finding| {
        let kind = finding.word().to_owned();
        let (scopes, at) = match finding {
            Finding::UnusedScopes(scopes) | Finding::InertScopes(scopes) => (texts(scopes), None),
            Finding::Unused(at) | Finding::Expiring(at) => (Vec::new(), Some(at.to_string())),
            Finding::OwnerInactive
            | Finding::NoEffectiveScopes
            | Finding::NeverUsed
            | Finding::NeverExpires => (Vec::new(), None),
        };
        symbolon_api::Finding { kind, scopes, at }
    };
    TokenAdvice {
        token: app.token_record(token),
        findings: advice.findings.into_iter().map(finding).collect(),
        narrowed: advice.narrowed.map(texts),
    }
}
