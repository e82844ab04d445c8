//! The server's own keys: rotated while it runs, and dropped when nothing rests on them any more.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};
use symbolon_api::{PepperInfo, RotateSessionKey, ServerKeys, SessionKeyInfo};
use symbolon_core::decision::Keys;
use symbolon_core::manage::Operator;
use symbolon_core::store::{Change, PageQuery, PepperUse};
use symbolon_core::{Code, Refusal, Timestamp};
use utoipa::IntoParams;

use super::body::Body;
use super::caller::Caller;
use super::commit::{Deed, Terms};
use super::parameters::{PathOf, QueryOf, parsed};
use crate::answer::ApiError;
use crate::app::App;
use crate::keyring::{Announce, ChangingKeys, KeptKey, KeyKeeper};

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
    /// `true` revokes the tokens and keys that still rest on it, and imported tokens that nobody has used yet. Otherwise
    /// what rests on it is in the way.
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
    let keeper = keeper(&app, &caller).await?;
    let now = app.now();
    let changing = app.changing_keys().await;
    let deed = of_key("pepper.rotate", next(&keeper.kept().peppers), json!({}));
    changed(&app, changing, &caller, deed, move |keeper, announce| keeper.rotate_pepper(now, announce))
        .await?;
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
    let keeper = keeper(&app, &caller).await?;
    let now = app.now();
    let end = now.saturating_add(LIFE).ok().filter(|_| !value.end_sessions);
    let changing = app.changing_keys().await;
    let detail = json!({ "end_sessions": value.end_sessions });
    let number = next(&keeper.kept().sessions);
    let deed = of_key("session_key.rotate", number, detail);
    let change =
        move |keeper: &dyn KeyKeeper, announce: Announce<'_>| keeper.rotate_sessions(now, end, announce);
    changed(&app, changing, &caller, deed, change).await?;
    if value.end_sessions {
        end_sessions(&app, &caller, number, now).await?;
    }
    Ok((StatusCode::CREATED, Json(server_keys(&app).await?)))
}

/// Drop a former pepper. What still rests on it is dead from then on, and so in the way, unless it is to be revoked; then
/// imported tokens that nobody has used yet, which rest on no pepper, are revoked with it.
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
    let keeper = keeper(&app, &caller).await?;
    let revoke =
        retiring.revoke.as_deref().map(|text| parsed::<bool>("revoke", text)).transpose()? == Some(true);
    let changing = app.changing_keys().await;
    match keeper.kept().peppers.iter().position(|pepper| pepper.id == id) {
        None => return Err(ApiError::new(Code::NotFound, "there is no such pepper")),
        Some(0) => {
            let detail = "the current pepper cannot be dropped; rotate it first";
            return Err(ApiError::new(Code::Conflict, detail));
        }
        Some(_) => {}
    }
    app.settled_keys().await?;
    let (tokens, keys) = if revoke {
        revoke_under(&app, &caller, id).await?
    } else {
        refuse_needed(&app, id).await?;
        (0, 0)
    };
    let deed = of_key("pepper.retire", id, json!({ "tokens": tokens, "keys": keys }));
    changed(&app, changing, &caller, deed, move |keeper, announce| keeper.retire_pepper(id, announce))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Refuses to drop a pepper on which something rests, after everything was moved that could be.
async fn refuse_needed(app: &App, id: u32) -> Result<(), ApiError> {
    let PepperUse { tokens, keys, seals, .. } = use_of(app, id).await?;
    if tokens + keys > 0 {
        let (imports, _) = app.store().unused_imports(0).await?;
        let also = if imports == 0 {
            String::new()
        } else {
            format!("; {imports} imported tokens that nobody has used are then revoked too")
        };
        let detail = format!(
            "{tokens} tokens and {keys} keys have not been used since the pepper was rotated, and rest on it; wait until \
             they are used, revoke them, or ask for them to be revoked with it{also}"
        );
        return Err(ApiError::new(Code::Conflict, detail));
    }
    if seals > 0 {
        let detail = format!(
            "{seals} seals are under it and cannot be made anew: their rows were changed outside Symbolon, and \
             `symbolon doctor` names them; revoke or remove them first, or ask for what rests on it to be revoked with it"
        );
        return Err(ApiError::new(Code::Conflict, detail));
    }
    Ok(())
}

/// Takes back what rests on a former pepper, and the imported tokens that nobody has used: those rest on none, and would
/// outlive every rotation. How many tokens and keys that were. What is left under it has a broken seal and grants nothing.
async fn revoke_under(app: &App, caller: &Caller, id: u32) -> Result<(usize, usize), ApiError> {
    let mut count = (0, 0);
    loop {
        let (mut tokens, keys) = app.store().under_pepper(id, BATCH).await?;
        tokens.extend(app.store().unused_imports(BATCH).await?.1);
        if tokens.is_empty() && keys.is_empty() {
            return Ok(count);
        }
        count = (count.0 + tokens.len(), count.1 + keys.len());
        let ids: Vec<_> = tokens.iter().map(ToString::to_string).collect();
        let detail =
            json!({ "tokens": ids, "keys": keys.iter().map(ToString::to_string).collect::<Vec<_>>() });
        let erased = tokens.into_iter().map(|token| Change::TokenErased(token, app.now()));
        let changes = erased.chain(keys.into_iter().map(Change::KeyRemoved)).collect();
        app.record(caller.by(), of_key("pepper.revoke", id, detail), changes, Terms::default()).await?;
    }
}

/// Whoever keeps the keys, for those who may have them changed: a system key, or somebody at the machine. A password alone
/// does not do it.
async fn keeper<'a>(app: &'a App, caller: &Caller) -> Result<&'a dyn KeyKeeper, ApiError> {
    if !matches!(caller.operator()?, Operator::System) {
        let detail = "the server's keys are changed with a system key, or at the machine";
        return Err(Refusal::new(Code::InsufficientRole, detail).into());
    }
    if app.store().fleet().await?.is_some_and(|fleet| fleet.nodes.len() > 1) {
        let detail = "every node has the keys in a file of its own, and what one of them makes the others do not know: stop all \
                      but one, change the keys there, copy keys.toml to the others, and start them. One that has died, or came \
                      with a dump, is listed until a change has waited for it: make any change, and ask again";
        return Err(ApiError::new(Code::Conflict, detail));
    }
    let keeper = app.shared().parts.keeper.as_deref();
    keeper.ok_or_else(|| {
        ApiError::new(Code::Conflict, "the keys of this server are not kept in a data directory")
    })
}

/// Takes the sessions that were there out of the record. The key that opened them is gone here; a node that has it still, and
/// has not noticed yet that it may not answer any more, is waited for as with every change.
async fn end_sessions(app: &App, caller: &Caller, key: u32, until: Timestamp) -> Result<(), ApiError> {
    let mut page = PageQuery { after: None, limit: BATCH as usize };
    loop {
        let sessions = app.store().sessions(None, until, &page).await?;
        // Those of after the change are of the new key.
        let ended = sessions.items.iter().filter(|session| session.created_at <= until);
        let ids: Vec<_> = ended.map(|session| session.id).collect();
        if !ids.is_empty() {
            let detail = json!({ "sessions": ids.iter().map(ToString::to_string).collect::<Vec<_>>() });
            let changes = ids.into_iter().map(Change::SessionEnded).collect();
            app.record(caller.by(), of_key("session_key.end", key, detail), changes, Terms::default())
                .await?;
        }
        page.after = sessions.next;
        if page.after.is_none() {
            return Ok(());
        }
    }
}

/// The number of the key that is made next. They go up.
fn next(kept: &[KeptKey]) -> u32 {
    kept.first().map_or(1, |current| current.id.saturating_add(1))
}

/// Changes the keys, and has it in the audit first: a change that cannot be recorded is not made. One that fails then has a
/// second line, which says so. Once begun, it is brought to its end whoever hangs up.
async fn changed(
    app: &App,
    changing: ChangingKeys,
    caller: &Caller,
    deed: Deed<'static>,
    change: impl FnOnce(&dyn KeyKeeper, Announce<'_>) -> Result<Keys, String> + Send + 'static,
) -> Result<(), ApiError> {
    let (app, caller) = (app.clone(), caller.clone());
    let whole = tokio::spawn(async move {
        let failed = Deed {
            action: deed.action,
            subject: deed.subject.clone(),
            service: None,
            detail: json!({ "failed": true }),
        };
        app.record(caller.by(), deed, Vec::new(), Terms::default()).await?;
        let Some(outcome) = app.change_keys(&changing, change).await else {
            return Err(ApiError::unavailable());
        };
        if outcome.is_err() {
            app.record(caller.by(), failed, Vec::new(), Terms::default()).await?;
        }
        outcome?;
        // They are kept, and in force here. Where this is not known to be done, the next change or start does it.
        Ok(app.store().agree_keys(&app.keys()).await?)
    });
    whole.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a change of the server's keys did not come to its end");
        Err(ApiError::unavailable())
    })
}

fn of_key(action: &'static str, id: u32, detail: Value) -> Deed<'static> {
    Deed { action, subject: id.to_string(), service: None, detail }
}

async fn use_of(app: &App, id: u32) -> Result<PepperUse, ApiError> {
    let uses = app.store().pepper_uses(app.now()).await?;
    Ok(uses.into_iter().find(|one| one.pepper == id).unwrap_or_default())
}

async fn server_keys(app: &App) -> Result<ServerKeys, ApiError> {
    let counts = app.store().pepper_uses(app.now()).await?;
    let kept = app.shared().parts.keeper.as_ref().map(|keeper| keeper.kept());
    let (all_peppers, all_sessions) = kept.map(|kept| (kept.peppers, kept.sessions)).unwrap_or_default();
    let pepper = |(at, key): (usize, KeptKey)| {
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
    let session = |(at, key): (usize, KeptKey)| SessionKeyInfo {
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
