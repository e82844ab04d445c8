//! Looking at tokens: list and show. Never a secret.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use symbolon_api::{List, TokenRecord};
use symbolon_core::Refusal;
use symbolon_core::record::TokenState;
use symbolon_core::store::TokenQuery;
use utoipa::IntoParams;

use super::usage::add_requests;
use super::{find, owner_named};
use crate::answer::ApiError;
use crate::app::App;
use crate::management::caller::{Caller, Who};
use crate::management::parameters::{OfService, OfToken, PathOf, QueryOf, filter, found, page, parsed};
use crate::management::services;

/// Query of a list of tokens.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::management) struct ListTokens {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1 to 1000; 50 if left out.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// `active`, `disabled`, `expired` or `revoked`. Left out: all but the revoked.
    state: Option<String>,
    /// What the name, description or `token_prefix` contains.
    query: Option<String>,
    /// The owner's name.
    owner: Option<String>,
    /// A scope that was granted, by itself and not by what includes it.
    scope: Option<String>,
    /// `created`, `name`, `last_used` or `expires`, with `-` before it from the last to the first. Left out: newest
    /// first.
    sort: Option<String>,
    /// With the requests of each of so many days, 1 to 90.
    #[param(minimum = 1, maximum = 90)]
    requests: Option<i32>,
}

/// List the tokens of a service: one's own, or everybody's for who manages those.
#[utoipa::path(
    get, path = "/v1/services/{service}/tokens", tag = "tokens",
    params(OfService, ListTokens),
    responses((status = 200, body = List<TokenRecord>)),
)]
pub(in crate::management) async fn list(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfService>,
    QueryOf(query): QueryOf<ListTokens>,
) -> Result<Json<List<TokenRecord>>, ApiError> {
    let operator = caller.operator()?;
    let catalog = services::find(&app, &of.service)?.catalog;
    operator.manages(&catalog)?;
    let owner = match (&query.owner, &caller.who) {
        (Some(name), _) => Some(owner_named(&app, &catalog, operator, name).await?.id),
        (None, Who::User(_, user)) if !operator.manages_others(&catalog) => Some(user.id),
        (None, _) => None,
    };
    let (requests, now) = (query.requests, app.now());
    let query = TokenQuery {
        service: catalog.service.clone(),
        owner,
        state: query.state.as_deref().map(state).transpose()?,
        text: filter("query", query.query)?,
        scope: query.scope.as_deref().map(|text| parsed("scope", text)).transpose()?,
        sort: query.sort.as_deref().map(|text| parsed("sort", text)).transpose()?.unwrap_or_default(),
        now,
        idle_since: catalog.policy.idle_expiry.ago(now),
        old_form_ended: catalog.old_form.as_ref().is_none_or(|form| form.until <= now),
        page: page(query.limit, query.cursor)?,
    };
    if query.state.is_some() && query.idle_since.is_some() {
        app.write_uses().await;
    }
    let tokens = found(app.store().tokens(&query).await)?;
    let mut records: Vec<_> = tokens.items.iter().map(|token| app.token_record(token)).collect();
    if let Some(days) = requests {
        add_requests(&app, &tokens.items, &mut records, days).await?;
    }
    Ok(Json(List { items: records, next_cursor: tokens.next }))
}

fn state(text: &str) -> Result<TokenState, Refusal> {
    let all = [TokenState::Active, TokenState::Disabled, TokenState::Expired, TokenState::Revoked];
    all.into_iter()
        .find(|state| state.as_str() == text)
        .ok_or_else(|| Refusal::field("state", "state is active, disabled, expired or revoked"))
}

/// Show a token's record.
#[utoipa::path(
    get, path = "/v1/services/{service}/tokens/{id}", tag = "tokens",
    params(OfToken),
    responses((status = 200, body = TokenRecord)),
)]
pub(in crate::management) async fn show(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfToken>,
) -> Result<Json<TokenRecord>, ApiError> {
    caller.operator()?;
    let catalog = services::find(&app, &of.service)?.catalog;
    let token = find(&app, &caller, &catalog, &of.id).await?;
    Ok(Json(app.token_record(&token)))
}
