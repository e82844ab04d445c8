//! Looking at tokens: list and show. Never a secret.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use symbolon_api::{BulkFilter, List, TokenRecord};
use symbolon_core::store::{TokenOrder, TokenQuery};
use utoipa::IntoParams;

use super::usage::add_requests;
use super::{filter, find};
use crate::answer::ApiError;
use crate::app::App;
use crate::management::caller::Caller;
use crate::management::parameters::{OfService, OfToken, PathOf, QueryOf, found, page, parsed};
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
    /// What the `token_prefix` begins with.
    prefix: Option<String>,
    /// A moment (RFC 3339) at which, and after which, they were neither used nor made.
    unused_since: Option<String>,
    /// A moment (RFC 3339) before which they were made.
    created_before: Option<String>,
    /// The id of a token: those that were derived from it.
    parent: Option<String>,
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
    let requests = query.requests;
    caller.operator()?;
    let catalog = services::find(&app, &of.service)?.catalog;
    let asked = BulkFilter {
        owner: query.owner,
        scope: query.scope,
        query: query.query,
        prefix: query.prefix,
        unused_since: query.unused_since,
        created_before: query.created_before,
        parent: query.parent,
        state: query.state,
    };
    let query = TokenQuery {
        sort: query.sort.as_deref().map(|text| parsed("sort", text)).transpose()?.unwrap_or_default(),
        page: page(query.limit, query.cursor)?,
        ..filter::query(&app, &caller, &catalog, &asked).await?
    };
    if query.sort.by == TokenOrder::LastUsed {
        app.write_uses().await;
    }
    let tokens = found(app.store().tokens(&query).await)?;
    let mut records: Vec<_> = tokens.items.iter().map(|token| app.token_record(token)).collect();
    if let Some(days) = requests {
        add_requests(&app, &tokens.items, &mut records, days).await?;
    }
    Ok(Json(List { items: records, next_cursor: tokens.next }))
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
    Ok(Json(app.whole_token_record(&token).await?))
}
