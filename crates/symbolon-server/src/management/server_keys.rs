//! The server's own keys: rotated while it runs, and dropped when nothing rests on them any more.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};
use symbolon_api::{PepperInfo, RotateSessionKey, ServerKeys, SessionKeyInfo};
use symbolon_core::manage::Operator;
use symbolon_core::store::{Change, PepperUse};
use symbolon_core::{Code, Refusal};
use utoipa::IntoParams;

use super::body::Body;
use super::caller::Caller;
use super::commit::{Deed, Terms};
use super::parameters::{PathOf, QueryOf, parsed};
use crate::answer::ApiError;
use crate::app::App;
use crate::keyring::KeyKeeper;

/// How long the longest session lives, and so a session key after its rotation.
const LIFE: SignedDuration = SignedDuration::from_hours(24);
/// How many tokens, and how many keys, are revoked in one transaction.
const BATCH: u32 = 200;

/// A pepper.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfPepper {
    /// Its number.
    id: u32,
}

/// How a pepper is retired.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Retiring {
    /// `true` revokes the tokens and keys that still rest on it. Otherwise they are in the way.
    revoke: Option<String>,
}

/// Show the server's keys, and what rests on each.
#[utoipa::path(get, path = "/v1/server-keys", tag = "server_keys", responses((status = 200, body = ServerKeys)))]
pub(super) async fn show(State(app): State<App>, caller: Caller) -> Result<Json<ServerKeys>, ApiError> {
    caller.administrator()?;
    Ok(Json(server_keys(&app).await?))
}

/// Make a new pepper. What is new is made under it from now on; what was made before goes on, and is moved to it: rows by
/// themselves, a token or key when it is next used.
#[utoipa::path(
    post, path = "/v1/server-keys/peppers", tag = "server_keys",
    responses((status = 201, body = ServerKeys)),
)]
pub(super) async fn rotate_pepper(
    State(app): State<App>,
    caller: Caller,
) -> Result<(StatusCode, Json<ServerKeys>), ApiError> {
    keeper(&app, &caller)?;
    let now = app.now();
    changed(&app, move |keeper| keeper.rotate_pepper(now)).await?;
    let id = app.gate().keys().pepper.id();
    noted(&app, &caller, "pepper.rotate", id, json!({}), Vec::new()).await?;
    Ok((StatusCode::CREATED, Json(server_keys(&app).await?)))
}

/// Make a new key for sessions. New ones are signed with it from now on.
#[utoipa::path(
    post, path = "/v1/server-keys/sessions", tag = "server_keys",
    request_body = RotateSessionKey,
    responses((status = 201, body = ServerKeys)),
)]
pub(super) async fn rotate_sessions(
    State(app): State<App>,
    caller: Caller,
    Body { value, .. }: Body<RotateSessionKey>,
) -> Result<(StatusCode, Json<ServerKeys>), ApiError> {
    keeper(&app, &caller)?;
    let now = app.now();
    let end = now.saturating_add(LIFE).ok().filter(|_| !value.end_sessions);
    changed(&app, move |keeper| keeper.rotate_sessions(now, end)).await?;
    let kept = server_keys(&app).await?;
    let id = kept.session_keys.first().map_or(0, |key| key.id);
    let detail = json!({ "end_sessions": value.end_sessions });
    noted(&app, &caller, "session_key.rotate", id, detail, Vec::new()).await?;
    Ok((StatusCode::CREATED, Json(kept)))
}

/// Drop a former pepper. What still rests on it is dead from then on, and so in the way, unless it is to be revoked.
#[utoipa::path(
    delete, path = "/v1/server-keys/peppers/{id}", tag = "server_keys",
    params(OfPepper, Retiring),
    responses((status = 204, description = "It is dropped")),
)]
pub(super) async fn retire_pepper(
    State(app): State<App>,
    caller: Caller,
    PathOf(OfPepper { id }): PathOf<OfPepper>,
    QueryOf(retiring): QueryOf<Retiring>,
) -> Result<StatusCode, ApiError> {
    let kept = keeper(&app, &caller)?.kept().peppers;
    let revoke = retiring.revoke.as_deref().map(|text| parsed::<bool>("revoke", text)).transpose()?;
    match kept.iter().position(|pepper| pepper.id == id) {
        None => return Err(ApiError::new(Code::NotFound, "there is no such pepper")),
        Some(0) => {
            let detail = "the current pepper cannot be dropped; rotate it first";
            return Err(ApiError::new(Code::Conflict, detail));
        }
        Some(_) => {}
    }
    app.settled_keys().await?;
    let PepperUse { tokens, keys, .. } = use_of(&app, id).await?;
    if tokens + keys > 0 && revoke != Some(true) {
        let detail = format!(
            "{tokens} tokens and {keys} keys have not been used since the pepper was rotated, and rest on it; wait until \
             they are used, revoke them, or ask for them to be revoked with it"
        );
        return Err(ApiError::new(Code::Conflict, detail));
    }
    loop {
        let (tokens, keys) = app.store().under_pepper(id, BATCH).await?;
        if tokens.is_empty() && keys.is_empty() {
            break;
        }
        let ids: Vec<_> = tokens.iter().map(ToString::to_string).collect();
        let detail =
            json!({ "tokens": ids, "keys": keys.iter().map(ToString::to_string).collect::<Vec<_>>() });
        let erased = tokens.into_iter().map(|token| Change::TokenErased(token, app.now()));
        let changes = erased.chain(keys.into_iter().map(Change::KeyRemoved)).collect();
        noted(&app, &caller, "pepper.revoke", id, detail, changes).await?;
    }
    changed(&app, move |keeper| keeper.retire_pepper(id)).await?;
    noted(&app, &caller, "pepper.retire", id, json!({}), Vec::new()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whoever keeps the keys, for those who may have them changed: a system key, or somebody at the machine. A password alone
/// does not do it.
fn keeper<'a>(app: &'a App, caller: &Caller) -> Result<&'a dyn KeyKeeper, ApiError> {
    if !matches!(caller.operator()?, Operator::System) {
        let detail = "the server's keys are changed with a system key, or at the machine";
        return Err(Refusal::new(Code::InsufficientRole, detail).into());
    }
    let keeper = app.shared().parts.keeper.as_deref();
    keeper.ok_or_else(|| {
        ApiError::new(Code::Conflict, "the keys of this server are not kept in a data directory")
    })
}

async fn changed(
    app: &App,
    change: impl FnOnce(&dyn KeyKeeper) -> Result<symbolon_core::decision::Keys, String> + Send + 'static,
) -> Result<(), ApiError> {
    match app.change_keys(change).await {
        Some(outcome) => Ok(outcome?),
        None => Err(ApiError::unavailable()),
    }
}

async fn noted(
    app: &App,
    caller: &Caller,
    action: &'static str,
    id: u32,
    detail: Value,
    changes: Vec<Change>,
) -> Result<(), ApiError> {
    let deed = Deed { action, subject: id.to_string(), service: None, detail };
    Ok(app.record(caller.by(), deed, changes, Terms::default()).await?)
}

async fn use_of(app: &App, id: u32) -> Result<PepperUse, ApiError> {
    let uses = app.store().pepper_uses(app.now()).await?;
    Ok(uses.into_iter().find(|one| one.pepper == id).unwrap_or_default())
}

async fn server_keys(app: &App) -> Result<ServerKeys, ApiError> {
    let counts = app.store().pepper_uses(app.now()).await?;
    let kept = app.shared().parts.keeper.as_ref().map(|keeper| keeper.kept());
    let (all_peppers, all_sessions) = kept.map(|kept| (kept.peppers, kept.sessions)).unwrap_or_default();
    let pepper = |(at, key): (usize, crate::KeptKey)| {
        let used = counts.iter().find(|one| one.pepper == key.id).copied().unwrap_or_default();
        PepperInfo {
            id: key.id,
            made_at: key.made_at.map(|at| at.to_string()),
            current: at == 0,
            tokens: used.tokens,
            keys: used.keys,
            seals: used.seals,
        }
    };
    let session = |(at, key): (usize, crate::KeptKey)| SessionKeyInfo {
        id: key.id,
        made_at: key.made_at.map(|at| at.to_string()),
        current: at == 0,
        ends_at: key.ends_at.map(|at| at.to_string()),
    };
    Ok(ServerKeys {
        peppers: all_peppers.into_iter().enumerate().map(pepper).collect(),
        session_keys: all_sessions.into_iter().enumerate().map(session).collect(),
    })
}
