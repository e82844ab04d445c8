//! A token makes a token that can do less, without a human.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use symbolon_api::{CreatedToken, DeriveToken};
use symbolon_core::manage::{self, Asking, Derive, End, MAX_CHILDREN};
use symbolon_core::store::{Change, StoreError};
use symbolon_core::{Code, Refusal};

use super::asked;
use super::create::named;
use crate::answer::ApiError;
use crate::app::App;
use crate::management::body::Body;
use crate::management::caller::{Caller, Who};
use crate::management::commit::{IdempotencyKey, TRIES, Terms};
use crate::management::services;

/// Have the presented token make another that can do less. For tokens alone, and those that were allowed to (`derive`). The
/// child holds some of the scopes that its parent is granted, is restricted by all that its parent is restricted to, ends
/// no later, and shares its parent's limits. It dies with its parent. The call counts as a request of the token that
/// changes something. The secret is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/v1/self/derive", tag = "self",
    params(IdempotencyKey),
    request_body = DeriveToken,
    responses((status = 201, body = CreatedToken)),
)]
pub(in crate::management) async fn derive(
    State(app): State<App>,
    caller: Caller,
    key: IdempotencyKey,
    Body { value, bytes }: Body<DeriveToken>,
) -> Result<impl IntoResponse, ApiError> {
    let Who::Token(parent, _) = &caller.who else {
        return Err(ApiError::new(
            Code::InvalidRequest,
            "only a token derives another here; others make tokens at POST /v1/services/{service}/tokens",
        ));
    };
    let catalog = services::find(&app, parent.service.as_str())?.catalog;
    let new = wanted(value)?;
    let claiming = key.begin(&app, &caller, "self/derive", &bytes, app.now()).await?;
    caller.charge(&app, true)?;
    let mut tries = 0;
    loop {
        let now = app.now();
        let gone = || ApiError::challenged(Code::InvalidToken);
        let parent = app.gate().token(parent.id).ok_or_else(gone)?;
        let owner = app.gate().user(parent.owner).ok_or_else(gone)?;
        let asking = Asking {
            token: &parent,
            state: app.gate().state(&parent, now),
            owner: &owner,
            effective: app.gate().effective(&catalog, &parent, None),
            rate: app.gate().rate(parent.id),
        };
        let issued = manage::derive(&catalog, asking, new.clone(), now, &app.keys(), app.entropy());
        let (token, secret) = issued?;
        if app.store().children(parent.id, now).await? >= MAX_CHILDREN {
            let detail = format!("{MAX_CHILDREN} tokens that this one made live, and that is the most");
            return Err(ApiError::new(Code::TooManyTokens, detail));
        }
        let room = manage::room(&catalog, None, &token, now).into_iter().collect();
        let terms = Terms { room, ..claiming.of(&token.id) };
        let changes = vec![Change::TokenCreated(token.clone())];
        match app.record(caller.by(), named("token.derive", &app, &token), changes, terms).await {
            Ok(()) => {
                let record = app.token_record(&token);
                let created = CreatedToken { record, token: secret.reveal().to_owned() };
                return Ok((StatusCode::CREATED, Json(created)));
            }
            // Another token has this `token_prefix`: draw again.
            Err(StoreError::Conflict(_)) if tries < TRIES => tries += 1,
            // The parent was revoked, or its owner removed, while the call was under way.
            Err(StoreError::NotFound(_)) => return Err(gone()),
            Err(error) => return Err(claiming.failed(error)),
        }
    }
}

fn wanted(value: DeriveToken) -> Result<Derive, Refusal> {
    let DeriveToken {
        name,
        description,
        scopes,
        expires_at,
        expires_in,
        rate_limit,
        change_limit,
        derive,
        restrictions,
    } = value;
    Ok(Derive {
        name,
        description: description.unwrap_or_default(),
        scopes: asked::scopes_at("scopes", &scopes)?,
        end: asked::end(expires_at.as_deref(), expires_in.as_deref())?.unwrap_or(End::Default),
        derive: derive.unwrap_or(0),
        rate_limit: asked::own_rate("rate_limit", rate_limit.as_deref())?,
        change_limit: asked::own_rate("change_limit", change_limit.as_deref())?,
        restrictions: restrictions.map(asked::restrictions).transpose()?.unwrap_or_default(),
    })
}
