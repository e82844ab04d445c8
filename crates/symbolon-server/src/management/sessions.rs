//! Sign-ins: a password for a JWT that lives 24 hours, and ends when it is ended.

use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{Extensions, HeaderMap, StatusCode};
use jiff::SignedDuration;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::json;
use symbolon_api::{CreateSession, CreatedSession, List, SessionRecord};
use symbolon_core::device::Device;
use symbolon_core::id::{SessionId, UserId};
use symbolon_core::name::UserName;
use symbolon_core::record::{ActorId, Origin, PasswordHash, Session, User};
use symbolon_core::seal::Kind;
use symbolon_core::store::{Change, Standing, StoreError};
use symbolon_core::{Code, Refusal};

use super::body::Body;
use super::broken::is_broken;
use super::caller::{By, Caller, Who};
use super::commit::{Deed, Terms};
use super::envelope::CurrentRequest;
use super::parameters::{OfSession, PathOf, QueryOf, found, page, parsed};
use super::refused::{self, Sighting};
use super::{clear_cookie, cookies, wire};
use crate::answer::ApiError;
use crate::app::App;
use crate::incoming::{cookie, device_cookie_name};
use crate::passwords::{Busy, acceptable};
use crate::throttle::{Counted, Source};
use crate::trusted::client;

/// A session's life (seed document of O.D.I.N.: 24 hours).
const LIFE: SignedDuration = SignedDuration::from_hours(24);

impl From<Busy> for ApiError {
    fn from(_: Busy) -> Self {
        Self::new(Code::Unavailable, "too many passwords wait to be hashed; nothing was changed")
    }
}

/// Whether `password` is the one of `hash`.
pub(super) async fn password_is(
    app: &App,
    password: String,
    hash: Option<PasswordHash>,
) -> Result<bool, ApiError> {
    Ok(app.shared().passwords.check(password, hash).await?)
}

/// A new password's hash; the fault names `field`.
pub(super) async fn hashed(app: &App, field: &str, password: String) -> Result<PasswordHash, ApiError> {
    acceptable(&password).map_err(|fault| Refusal::field(field, fault.to_string()))?;
    let hash = app.shared().passwords.hash(password, app.shared().parts.entropy.clone()).await?;
    hash.map_err(|fault| Refusal::field(field, fault.to_string()).into())
}

/// Sign in. The answer holds the JWT, and the cookie for browsers; without TLS that only on the machine itself.
#[utoipa::path(
    post, path = "/v1/sessions", tag = "sessions", security(()),
    request_body = CreateSession,
    responses((status = 201, body = CreatedSession)),
)]
pub(super) async fn create(
    State(app): State<App>,
    extensions: Extensions,
    request: Option<axum::Extension<CurrentRequest>>,
    sighting: Option<axum::Extension<Sighting>>,
    headers: HeaderMap,
    Body { value, .. }: Body<CreateSession>,
) -> Result<Response, ApiError> {
    if !app.gate().ready() {
        return Err(ApiError::unavailable());
    }
    for (field, text) in [("username", &value.username), ("password", &value.password)] {
        if text.is_empty() || text.len() > 1_024 {
            return Err(Refusal::field(field, "1 to 1024 bytes").into());
        }
    }
    let user = match value.username.parse::<UserName>() {
        Ok(name) => match app.store().user_named(&name).await {
            // Whoever changed the record may have changed the password.
            Err(StoreError::SealBroken(_)) => None,
            found => found?,
        },
        Err(_) => None,
    };
    if let Some(axum::Extension(sighting)) = sighting {
        refused::sign_in(&sighting, user.as_ref());
    }
    let client_ip = client(&extensions);
    let counted = counted(&app, &headers, client_ip, &value.username, user.as_ref());
    let attempt = app.shared().throttle.admit(counted, app.now()).map_err(|seconds| {
        tracing::info!(ip = ?client_ip, "a sign-in was refused: too many have failed");
        ApiError::rate_limited(seconds)
    })?;
    let origin = Origin { actor: ActorId::Anonymous, client_ip, request: request.map(|current| current.0.0) };
    let outcome = signed_in(&app, user, value.password, origin).await;
    // Left as it is, the attempt has failed.
    if outcome.as_ref().err().is_none_or(|error| error.code() != Code::InvalidLogin) {
        attempt.forgive();
    }
    let (user, session) = outcome?;
    let jwt = app.keys().sessions.sign(&session);
    let created =
        CreatedSession { session: app.session_record(&session), token: jwt.expose_secret().to_owned() };
    let mut response = (StatusCode::CREATED, Json(created)).into_response();
    if cookies::settable(&app, &headers) {
        cookies::set_session(&app, &mut response, jwt.expose_secret(), LIFE);
        if let Ok(end) = session.created_at.saturating_add(cookies::DEVICE_LIFE) {
            let mark = Device::mark(&app.keys().pepper, &user, end, app.entropy());
            cookies::set_device(&app, &mut response, &mark);
        }
    }
    Ok(response)
}

/// By what a sign-in is counted: the device, if the user has signed in there before; else where it comes from, and the
/// name, whether or not there is such a user.
fn counted(
    app: &App,
    headers: &HeaderMap,
    ip: Option<IpAddr>,
    username: &str,
    user: Option<&User>,
) -> Counted {
    let keys = app.keys();
    let mark = cookie(headers, device_cookie_name(app.shared().parts.https)).unwrap_or_default();
    let known = |pepper| Device::known(pepper, user, mark, app.now());
    if let Some(device) = keys.peppers().find_map(known) {
        return Counted::Device(device);
    }
    let name = keys.pepper.digest(&[b"username\0", username.as_bytes()].concat());
    // Over HTTPS everybody comes through whatever speaks TLS for us, and would be one source.
    let source = ip.filter(|_| !app.shared().parts.https).and_then(Source::of);
    Counted::Stranger(source, name)
}

/// A new session of `user`, if this is their password.
async fn signed_in(
    app: &App,
    user: Option<User>,
    password: String,
    origin: Origin,
) -> Result<(User, Session), ApiError> {
    // The same work and the same answer whether or not there is such a user.
    let right = password_is(app, password, user.as_ref().and_then(|user| user.password.clone())).await?;
    let client_ip = origin.client_ip;
    let refused = || {
        tracing::info!(ip = ?client_ip, "a sign-in was refused");
        ApiError::challenged(Code::InvalidLogin)
    };
    let user = user.filter(|user| right && user.active).ok_or_else(refused)?;
    let now = app.now();
    let id = SessionId::new(now, app.entropy());
    let expires_at = now.saturating_add(LIFE).map_err(|_| ApiError::unavailable())?;
    let session = Session { id, user: user.id, created_at: now, expires_at, client_ip };
    let origin = Origin { actor: ActorId::User(user.id, id), ..origin };
    let detail = json!({ "user": user.name.to_string() });
    let deed = Deed { action: "session.start", subject: id.to_string(), service: None, detail };
    let by = || By { origin: origin.clone(), standing: Standing::Given };
    app.record(by(), deed, vec![Change::SessionStarted(session.clone())], Terms::default()).await?;
    // A password that was changed while this one was being hashed ended the sessions of that moment, and not this
    // one, which came later. The gate knows of every change that was committed before it.
    if app.gate().user(user.id).is_none_or(|known| known.password != user.password) {
        ended(app, by(), id, user.name.as_str()).await?;
        return Err(refused());
    }
    Ok((user, session))
}

/// Query of a list of sessions.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListSessions {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1 to 1000; 50 if left out.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// Of the user of this name. Another's than one's own is for administrators.
    user: Option<String>,
}

/// List the sessions that live: one's own, or everybody's for an administrator.
#[utoipa::path(
    get, path = "/v1/sessions", tag = "sessions",
    params(ListSessions),
    responses((status = 200, body = List<SessionRecord>)),
)]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    QueryOf(query): QueryOf<ListSessions>,
) -> Result<Json<List<SessionRecord>>, ApiError> {
    let of = match &query.user {
        Some(name) => Some(user_named(&app, &caller, name).await?),
        None => only(&caller)?,
    };
    let sessions = app.store().sessions(of, app.now(), &page(query.limit, query.cursor)?).await;
    Ok(Json(wire::list(found(sessions)?, |session| app.session_record(&session))))
}

/// The user whose sessions are asked for. Who sees only their own names nobody else, and does not learn here who
/// there is.
async fn user_named(app: &App, caller: &Caller, name: &str) -> Result<UserId, ApiError> {
    let operator = caller.operator()?;
    let name: UserName = parsed("user", name)?;
    match &caller.who {
        Who::User(_, user) if user.name == name => return Ok(user.id),
        _ => operator.administers()?,
    }
    let user = app.store().user_named(&name).await?;
    Ok(user.ok_or_else(|| Refusal::field("user", "there is no user of this name"))?.id)
}

/// The user whose sessions alone the caller sees; `None` is everybody's.
fn only(caller: &Caller) -> Result<Option<UserId>, ApiError> {
    let operator = caller.operator()?;
    match &caller.who {
        Who::User(_, user) if operator.administers().is_err() => Ok(Some(user.id)),
        _ => Ok(None),
    }
}

/// Sign out.
#[utoipa::path(
    delete, path = "/v1/sessions/current", tag = "sessions",
    responses((status = 204, description = "It has ended")),
)]
pub(super) async fn end_current(State(app): State<App>, caller: Caller) -> Result<Response, ApiError> {
    let Who::User(session, user) = &caller.who else {
        return Err(ApiError::new(Code::InvalidRequest, "only a session can be ended here"));
    };
    ended(&app, caller.by(), *session, user.name.as_str()).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    clear_cookie(&app, &mut response);
    Ok(response)
}

/// End a session: one's own, or anybody's for an administrator.
#[utoipa::path(
    delete, path = "/v1/sessions/{id}", tag = "sessions",
    params(OfSession),
    responses((status = 204, description = "It has ended")),
)]
pub(super) async fn end(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfSession>,
) -> Result<StatusCode, ApiError> {
    let only = only(&caller)?;
    let not_there = || ApiError::new(Code::NotFound, "there is no such session");
    let id: SessionId = of.id.parse().map_err(|_| not_there())?;
    if only.is_none() && is_broken(&app, Kind::Session, &of.id) {
        ended(&app, caller.by(), id, "unknown").await?;
        return Ok(StatusCode::NO_CONTENT);
    }
    let session = app.gate().session(id).filter(|session| only.is_none_or(|user| user == session.user));
    let session = session.ok_or_else(not_there)?;
    let record = app.session_record(&session);
    ended(&app, caller.by(), id, &record.user).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn ended(app: &App, by: By, id: SessionId, user: &str) -> Result<(), ApiError> {
    let deed = Deed {
        action: "session.end",
        subject: id.to_string(),
        service: None,
        detail: json!({ "user": user }),
    };
    Ok(app.record(by, deed, vec![Change::SessionEnded(id)], Terms::default()).await?)
}
