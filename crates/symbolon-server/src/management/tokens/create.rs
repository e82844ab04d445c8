//! Issuing a token.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use symbolon_api::{CreateToken, CreatedToken};
use symbolon_core::Catalog;
use symbolon_core::id::UserId;
use symbolon_core::manage::{self, End, NewToken};
use symbolon_core::record::{Token, User};
use symbolon_core::store::{Change, StoreError};

use super::owner_named;
use crate::answer::ApiError;
use crate::app::App;
use crate::management::body::Body;
use crate::management::caller::{Caller, Who};
use crate::management::commit::{Deed, IdempotencyKey, TRIES, Terms};
use crate::management::parameters::{OfService, PathOf};
use crate::management::{detail, services};

/// Create a token. Its secret is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/v1/services/{service}/tokens", tag = "tokens",
    params(OfService, IdempotencyKey),
    request_body = CreateToken,
    responses((status = 201, body = CreatedToken)),
)]
pub(in crate::management) async fn create(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfService>,
    key: IdempotencyKey,
    Body { value, bytes }: Body<CreateToken>,
) -> Result<impl IntoResponse, ApiError> {
    let operator = caller.operator()?;
    let catalog = services::find(&app, &of.service)?.catalog;
    operator.manages(&catalog)?;
    let (owner, new) = asked(&app, &caller, &catalog, value).await?;
    let place = format!("services/{}/tokens", catalog.service);
    let claiming = key.begin(&app, &caller, &place, &bytes, app.now()).await?;
    let mut tries = 0;
    let (token, secret) = loop {
        let issued =
            manage::issue(&catalog, operator, &owner, new.clone(), app.now(), &app.keys(), app.entropy());
        let (token, secret) = issued?;
        let changes = vec![Change::TokenCreated(token.clone())];
        let room = manage::room(&catalog, None, &token, app.now()).into_iter().collect();
        let terms = Terms { room, ..claiming.of(&token.id) };
        match app.record(caller.by(), deed(&app, &token), changes, terms).await {
            Ok(()) => break (token, secret),
            // Another token has this `token_prefix`: draw again.
            Err(StoreError::Conflict(_)) if tries < TRIES => tries += 1,
            Err(error) => return Err(claiming.failed(error)),
        }
    };
    let created = CreatedToken { record: app.token_record(&token), token: secret.reveal().to_owned() };
    Ok((StatusCode::CREATED, Json(created)))
}

/// What is asked for, and for whom: the caller, where nobody is named.
pub(super) async fn asked(
    app: &App,
    caller: &Caller,
    catalog: &Catalog,
    value: CreateToken,
) -> Result<(Arc<User>, NewToken), ApiError> {
    let owner = match (&value.owner, &caller.who) {
        (Some(name), _) => owner_named(app, catalog, caller.operator()?, name).await?,
        (None, Who::User(_, user)) => user.clone(),
        (None, _) => app.gate().user(UserId::SYSTEM).ok_or_else(ApiError::unavailable)?,
    };
    let new = NewToken {
        name: value.name,
        description: value.description.unwrap_or_default(),
        metadata: value.metadata.unwrap_or_default(),
        scopes: super::asked::scopes(value.scopes.as_deref())?,
        profile: value.profile,
        end: super::asked::end(value.expires_at.as_deref(), value.expires_in.as_deref())?
            .unwrap_or(End::Default),
        rate_limit: super::asked::rate_limit(value.rate_limit.as_deref())?.unwrap_or_default(),
        restrictions: value.restrictions.map(super::asked::restrictions).transpose()?.unwrap_or_default(),
        derive: value.derive.unwrap_or(0),
        change_limit: super::asked::own_rate("change_limit", value.change_limit.as_deref())?,
    };
    Ok((owner, new))
}

/// What the audit says of a new token.
pub(super) fn deed<'t>(app: &App, token: &'t Token) -> Deed<'t> {
    named("token.create", app, token)
}

/// The same under another word.
pub(super) fn named<'t>(action: &'static str, app: &App, token: &'t Token) -> Deed<'t> {
    Deed {
        action,
        subject: token.id.to_string(),
        service: Some(&token.service),
        detail: detail::of_token(app, token),
    }
}
