//! Tokens of a service: issue, list, show, edit, switch off and on, take back.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use jiff::{RoundMode, TimestampRound, Unit};
use serde::Deserialize;
use serde_json::{Value, json};
use symbolon_api::{CreateToken, CreatedToken, EditToken, List, TokenRecord};
use symbolon_core::id::{TokenId, UserId};
use symbolon_core::lifetime::Lifetime;
use symbolon_core::manage::{self, End, NewToken, Operator, TokenEdit};
use symbolon_core::name::{ScopeName, ServiceName, UserName};
use symbolon_core::record::{Token, TokenState, User};
use symbolon_core::store::{Change, StoreError, TokenQuery};
use symbolon_core::token::TokenPrefix;
use symbolon_core::{Catalog, Code, Refusal, Timestamp};

use super::body::Body;
use super::caller::{Caller, Who};
use super::commit::{Deed, IdempotencyKey};
use super::parameters::{PathOf, QueryOf, page, parsed};
use super::{services, wire};
use crate::answer::ApiError;
use crate::app::App;

/// How often a change is tried again when another came first. Each try is a change that somebody else made.
pub(super) const TRIES: usize = 8;

fn not_there() -> ApiError {
    ApiError::new(Code::NotFound, "there is no such token")
}

/// The token of a path, by id or by `token_prefix`, if the caller may know of it.
async fn find(app: &App, caller: &Caller, service: &ServiceName, name: &str) -> Result<Token, ApiError> {
    let token = match (name.parse::<TokenId>(), name.parse::<TokenPrefix>()) {
        (Ok(id), _) => app.store().token(service, id).await?,
        (_, Ok(prefix)) => by_prefix(app, service, prefix).await?,
        _ => None,
    };
    let token = token.ok_or_else(not_there)?;
    let catalog = services::find(app, service.as_str())?.catalog;
    visible(caller, &catalog, token.owner).map(|()| token)
}

/// The token of this prefix; a live one before a tombstone.
pub(super) async fn by_prefix(
    app: &App,
    service: &ServiceName,
    prefix: TokenPrefix,
) -> Result<Option<Token>, ApiError> {
    for state in [None, Some(TokenState::Revoked)] {
        let query = TokenQuery {
            service: service.clone(),
            owner: None,
            state,
            text: Some(prefix.to_string()),
            now: app.now(),
            page: page(Some(1_000), None)?,
        };
        let found =
            app.store().tokens(&query).await?.items.into_iter().find(|token| token.token_prefix == prefix);
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Whether the caller may know of the tokens of `owner`: their own, or everybody's for who manages those.
fn visible(caller: &Caller, catalog: &Catalog, owner: UserId) -> Result<(), ApiError> {
    let operator = caller.operator()?;
    operator.manages(catalog)?;
    let own = matches!(&caller.who, Who::User(_, user) if user.id == owner);
    if own || operator.manages_others(catalog) { Ok(()) } else { Err(not_there()) }
}

/// Query of a list of tokens.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListTokens {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1 to 1000; 50 if left out.
    limit: Option<usize>,
    /// `active`, `disabled`, `expired` or `revoked`. Left out: all but the revoked.
    state: Option<String>,
    /// What the name, description or `token_prefix` contains.
    query: Option<String>,
    /// The owner's name.
    owner: Option<String>,
}

/// List the tokens of a service, newest first: one's own, or everybody's for who manages those.
#[utoipa::path(
    get, path = "/v1/services/{service}/tokens", tag = "tokens",
    params(("service" = String, Path, description = "The service's name"), ListTokens),
    responses((status = 200, body = List<TokenRecord>)),
)]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    PathOf(service): PathOf<String>,
    QueryOf(query): QueryOf<ListTokens>,
) -> Result<Json<List<TokenRecord>>, ApiError> {
    let operator = caller.operator()?;
    let catalog = services::find(&app, &service)?.catalog;
    operator.manages(&catalog)?;
    let named = match &query.owner {
        Some(name) => Some(owner_named(&app, name).await?.id),
        None => None,
    };
    let owner = match &caller.who {
        Who::User(_, user) if !operator.manages_others(&catalog) => {
            if named.is_some_and(|named| named != user.id) {
                return Ok(Json(List { items: Vec::new(), next_cursor: None }));
            }
            Some(user.id)
        }
        _ => named,
    };
    let state = match query.state.as_deref() {
        None => None,
        Some("active") => Some(TokenState::Active),
        Some("disabled") => Some(TokenState::Disabled),
        Some("expired") => Some(TokenState::Expired),
        Some("revoked") => Some(TokenState::Revoked),
        Some(_) => {
            return Err(Refusal::field("state", "state is active, disabled, expired or revoked").into());
        }
    };
    let query = TokenQuery {
        service: catalog.service.clone(),
        owner,
        state,
        text: query.query.filter(|text| !text.is_empty()),
        now: app.now(),
        page: page(query.limit, query.cursor)?,
    };
    let found = app.store().tokens(&query).await?;
    Ok(Json(wire::list(found, |token| app.token_record(&token))))
}

/// Create a token. Its secret is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/v1/services/{service}/tokens", tag = "tokens",
    params(
        ("service" = String, Path, description = "The service's name"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated creation harmless for 24 hours"),
    ),
    request_body = CreateToken,
    responses((status = 201, body = CreatedToken)),
)]
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    PathOf(service): PathOf<String>,
    key: IdempotencyKey,
    Body { value, bytes }: Body<CreateToken>,
) -> Result<impl IntoResponse, ApiError> {
    let operator = caller.operator()?;
    let catalog = services::find(&app, &service)?.catalog;
    let owner = match (&value.owner, &caller.who) {
        (Some(name), _) => owner_named(&app, name).await?,
        (None, Who::User(_, user)) => user.clone(),
        (None, _) => app.gate().user(UserId::SYSTEM).ok_or_else(ApiError::unavailable)?,
    };
    let new = NewToken {
        name: value.name,
        description: value.description.unwrap_or_default(),
        scopes: value.scopes.as_deref().map(scopes).transpose()?,
        profile: value.profile,
        end: end(value.expires_at.as_deref(), value.expires_in.as_deref())?.unwrap_or(End::Default),
    };
    let claiming = key.begin(&app, &caller, catalog.service.as_str(), &bytes, app.now()).await?;
    let mut tries = 0;
    let (token, secret) = loop {
        let issued =
            manage::issue(&catalog, operator, &owner, new.clone(), app.now(), app.keys(), app.entropy());
        let (token, secret) = issued?;
        let deed = Deed {
            action: "token.create",
            subject: token.id.to_string(),
            service: Some(&token.service),
            detail: summary(&app, &token),
        };
        let changes = vec![Change::TokenCreated(token.clone())];
        match app.record(caller.origin(), deed, changes, claiming.of(&token.id)).await {
            Ok(()) => break (token, secret),
            // Another token has this `token_prefix`: draw again.
            Err(StoreError::Conflict(_)) if tries < TRIES => tries += 1,
            Err(error) => return Err(claiming.failed(error)),
        }
    };
    let created = CreatedToken { record: app.token_record(&token), token: secret.reveal().to_owned() };
    Ok((StatusCode::CREATED, Json(created)))
}

/// Show a token's record.
#[utoipa::path(
    get, path = "/v1/services/{service}/tokens/{id}", tag = "tokens",
    params(
        ("service" = String, Path, description = "The service's name"),
        ("id" = String, Path, description = "The token's id, or its token_prefix"),
    ),
    responses((status = 200, body = TokenRecord)),
)]
pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
    PathOf((service, id)): PathOf<(String, String)>,
) -> Result<Json<TokenRecord>, ApiError> {
    caller.operator()?;
    let service = services::find(&app, &service)?.catalog.service.clone();
    let token = find(&app, &caller, &service, &id).await?;
    Ok(Json(app.token_record(&token)))
}

/// Edit a token. What narrows it holds for every request that is decided after this answer.
#[utoipa::path(
    patch, path = "/v1/services/{service}/tokens/{id}", tag = "tokens",
    params(
        ("service" = String, Path, description = "The service's name"),
        ("id" = String, Path, description = "The token's id, or its token_prefix"),
    ),
    request_body = EditToken,
    responses((status = 200, body = TokenRecord)),
)]
pub(super) async fn edit(
    State(app): State<App>,
    caller: Caller,
    PathOf((service, id)): PathOf<(String, String)>,
    Body { value, .. }: Body<EditToken>,
) -> Result<Json<TokenRecord>, ApiError> {
    let edit = TokenEdit {
        name: value.name,
        description: value.description,
        scopes: value.scopes.as_deref().map(scopes).transpose()?,
        end: end(value.expires_at.as_deref(), value.expires_in.as_deref())?,
    };
    let apply = |catalog: &Catalog, operator: Operator<'_>, owner: &User, token: &Token, now: Timestamp| {
        manage::edit(catalog, operator, owner, token, edit.clone(), now)
    };
    change(&app, &caller, &service, &id, "token.update", apply)
        .await
        .map(|token| Json(app.token_record(&token)))
}

/// Switch a token off until it is switched on again.
#[utoipa::path(
    post, path = "/v1/services/{service}/tokens/{id}/disable", tag = "tokens",
    params(
        ("service" = String, Path, description = "The service's name"),
        ("id" = String, Path, description = "The token's id, or its token_prefix"),
    ),
    responses((status = 200, body = TokenRecord)),
)]
pub(super) async fn disable(
    State(app): State<App>,
    caller: Caller,
    PathOf((service, id)): PathOf<(String, String)>,
) -> Result<Json<TokenRecord>, ApiError> {
    let apply = |catalog: &Catalog, operator: Operator<'_>, owner: &User, token: &Token, now: Timestamp| {
        operator.manages_tokens_of(catalog, owner)?;
        manage::switch(token, true, now)
    };
    change(&app, &caller, &service, &id, "token.disable", apply)
        .await
        .map(|token| Json(app.token_record(&token)))
}

/// Switch a token on again.
#[utoipa::path(
    post, path = "/v1/services/{service}/tokens/{id}/enable", tag = "tokens",
    params(
        ("service" = String, Path, description = "The service's name"),
        ("id" = String, Path, description = "The token's id, or its token_prefix"),
    ),
    responses((status = 200, body = TokenRecord)),
)]
pub(super) async fn enable(
    State(app): State<App>,
    caller: Caller,
    PathOf((service, id)): PathOf<(String, String)>,
) -> Result<Json<TokenRecord>, ApiError> {
    let apply = |catalog: &Catalog, operator: Operator<'_>, owner: &User, token: &Token, now: Timestamp| {
        operator.manages_tokens_of(catalog, owner)?;
        manage::switch(token, false, now)
    };
    change(&app, &caller, &service, &id, "token.enable", apply)
        .await
        .map(|token| Json(app.token_record(&token)))
}

/// Revoke a token. No request that is decided after this answer is let through by it. Revoking it again
/// succeeds.
#[utoipa::path(
    delete, path = "/v1/services/{service}/tokens/{id}", tag = "tokens",
    params(
        ("service" = String, Path, description = "The service's name"),
        ("id" = String, Path, description = "The token's id, or its token_prefix"),
    ),
    responses((status = 204, description = "It is revoked")),
)]
pub(super) async fn revoke(
    State(app): State<App>,
    caller: Caller,
    PathOf((service, id)): PathOf<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let apply = |catalog: &Catalog, operator: Operator<'_>, owner: &User, token: &Token, now: Timestamp| {
        operator.manages_tokens_of(catalog, owner)?;
        Ok(manage::revoke(token, now))
    };
    change(&app, &caller, &service, &id, "token.revoke", apply).await.map(|_| StatusCode::NO_CONTENT)
}

/// Reads, applies a rule, writes; and begins anew where another change came between. The rule's `None` is "so
/// already".
async fn change(
    app: &App,
    caller: &Caller,
    service: &str,
    id: &str,
    action: &'static str,
    rule: impl Fn(&Catalog, Operator<'_>, &User, &Token, Timestamp) -> Result<Option<Token>, Refusal>,
) -> Result<Token, ApiError> {
    let operator = caller.operator()?;
    let catalog = services::find(app, service)?.catalog;
    let mut tries = 0;
    loop {
        let token = find(app, caller, &catalog.service, id).await?;
        let Some(owner) = app.gate().user(token.owner) else {
            // A removed owner's tokens are tombstones already.
            return if action == "token.revoke" { Ok(token) } else { Err(not_there()) };
        };
        let Some(next) = rule(&catalog, operator, &owner, &token, app.now())? else { return Ok(token) };
        match write(app, caller, action, &token, next.clone()).await {
            Ok(()) => return Ok(next),
            Err(StoreError::Conflict(_)) if tries < TRIES => tries += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Writes a token's next state with what changed.
pub(super) async fn write(
    app: &App,
    caller: &Caller,
    action: &'static str,
    before: &Token,
    next: Token,
) -> Result<(), StoreError> {
    let detail = difference(summary(app, before), summary(app, &next));
    let deed = Deed { action, subject: next.id.to_string(), service: Some(&before.service), detail };
    app.record(caller.origin(), deed, vec![Change::TokenChanged(next)], None).await
}

/// What the audit keeps of a token.
fn summary(app: &App, token: &Token) -> Value {
    json!({
        "name": token.name,
        "description": token.description,
        "owner": app.gate().user(token.owner).map(|owner| owner.name.to_string()),
        "token_prefix": token.token_prefix.to_string(),
        "scopes": token.scopes.iter().map(ScopeName::as_str).collect::<Vec<_>>(),
        "profile": token.profile,
        "disabled": token.disabled,
        "expires_at": token.expires_at.map(|at| at.to_string()),
        "revoked_at": token.revoked_at.map(|at| at.to_string()),
    })
}

/// The values that differ, before and after; and the token's name, so that a line can be read alone.
pub(super) fn difference(before: Value, after: Value) -> Value {
    let (Value::Object(mut before), Value::Object(mut after)) = (before, after) else { return Value::Null };
    let name = after.get("name").cloned();
    before.retain(|key, value| after.get(key) != Some(value));
    after.retain(|key, _| before.contains_key(key));
    json!({ "name": name, "before": before, "after": after })
}

async fn owner_named(app: &App, name: &str) -> Result<Arc<User>, ApiError> {
    let unknown = || Refusal::field("owner", "there is no user of this name");
    let name: UserName = parsed("owner", name)?;
    let user = app.store().user_named(&name).await?.ok_or_else(unknown)?;
    // As the gate knows them: that is the state that counts.
    Ok(app.gate().user(user.id).ok_or_else(unknown)?)
}

fn scopes(listed: &[String]) -> Result<Vec<ScopeName>, Refusal> {
    listed.iter().enumerate().map(|(index, text)| parsed(&format!("scopes[{index}]"), text)).collect()
}

fn end(at: Option<&str>, within: Option<&str>) -> Result<Option<End>, Refusal> {
    match (at, within) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(Refusal::field("expires_in", "give expires_at or expires_in, not both")),
        (None, Some(text)) => Ok(Some(match parsed("expires_in", text)? {
            Lifetime::Never => End::Never,
            lifetime @ Lifetime::Seconds(_) => End::In(lifetime),
        })),
        (Some(text), None) => {
            let wrong =
                "a moment such as 2027-01-31T12:00:00Z (RFC 3339); for no end give expires_in \"none\"";
            let moment: Timestamp = text.parse().map_err(|_| Refusal::field("expires_at", wrong))?;
            // Downwards, to the record's precision: never later than was asked for.
            let round = TimestampRound::new().smallest(Unit::Millisecond).mode(RoundMode::Floor);
            Ok(Some(End::At(moment.round(round).map_err(|_| Refusal::field("expires_at", wrong))?)))
        }
    }
}
