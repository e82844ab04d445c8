//! Why a request would be allowed or refused, rule by rule, without making it; and why one was.

use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use jiff::SignedDuration;
use symbolon_api::{Explain, Explanation, ExplanationStep};
use symbolon_core::credential::Credentials;
use symbolon_core::decision::{Reason, Request};
use symbolon_core::explain::Explanation as Steps;
use symbolon_core::id::{KeyId, RequestId, SessionId, TokenId};
use symbolon_core::name::{ServiceName, UserName};
use symbolon_core::record::{Session, User};
use symbolon_core::token::TokenPrefix;
use symbolon_core::{Catalog, Code, Refusal};
use symbolon_gate::Subject;

use super::body::Body;
use super::caller::{Caller, Who};
use super::parameters::{OfService, PathOf, parsed};
use super::services;
use super::verify::{checked_method, checked_path};
use crate::answer::ApiError;
use crate::app::App;
use crate::incoming::query_overrides;
use crate::refusals::Refused;

/// Explain a request by method, path and caller, or a recent refusal by its `request_id`. For whoever manages the
/// tokens of others; and, of their own tokens and themselves, for whoever manages their own.
#[utoipa::path(
    post, path = "/v1/services/{service}/explain", tag = "decisions",
    params(OfService),
    request_body = Explain,
    responses((status = 200, body = Explanation)),
)]
pub(super) async fn explain(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfService>,
    Body { value, .. }: Body<Explain>,
) -> Result<Json<Explanation>, ApiError> {
    let operator = caller.operator()?;
    let catalog = services::find(&app, &of.service)?.catalog;
    let only = match &caller.who {
        _ if operator.manages_others(&catalog) => None,
        Who::User(_, user) if operator.manages(&catalog).is_ok() => Some(user),
        _ => return Err(not_theirs(&catalog)),
    };
    if let Some(id) = &value.request_id {
        let others =
            [value.method.is_some(), value.path.is_some(), value.token.is_some(), value.user.is_some()];
        if others.contains(&true) || value.system.is_some() || value.client_ip.is_some() {
            return Err(
                Refusal::field("request_id", "give a request_id alone, or method, path and caller").into()
            );
        }
        let id: RequestId = parsed("request_id", id)?;
        let found = app.refusals().find(id).filter(|refused| refused.service == catalog.service);
        if let Some(user) = only {
            let token = found.as_ref().and_then(|refused| refused.token);
            let token = token.map(|token| token.to_string());
            if !owns(&app, &catalog, user, token.as_deref()).await? {
                return Err(not_theirs(&catalog));
            }
        }
        return refused(&catalog.service, found);
    }
    let (Some(method), Some(path)) = (&value.method, &value.path) else {
        let field = if value.method.is_none() { "method" } else { "path" };
        return Err(Refusal::field(field, "give a request_id, or method and path").into());
    };
    if let Some(user) = only
        && !is_of(&app, &catalog, user, &value).await?
    {
        return Err(not_theirs(&catalog));
    }
    let subject = subject(&app, &caller, &catalog.service, &value).await?;
    let request = Request {
        method: checked_method(method)?,
        target: checked_path(path)?.as_bytes(),
        credentials: Credentials::default(),
        method_override: query_overrides(path.as_bytes()),
        client_ip: value.client_ip.as_deref().map(|text| parsed::<IpAddr>("client_ip", text)).transpose()?,
    };
    let explained = app.gate().explain_as(&catalog.service, &request, &subject, app.now());
    let (outcome, steps) =
        explained.ok_or_else(|| Refusal::field("token", "the token is revoked, or its owner removed"))?;
    Ok(Json(explanation(&catalog.service, method, path, outcome.err(), steps)))
}

/// The one answer about what is not one's own, whether or not it is there.
fn not_theirs(catalog: &Catalog) -> ApiError {
    let needed = catalog.roles.name(catalog.token_admins);
    let detail =
        format!("explanations of more than one's own tokens need the role {needed} in {}", catalog.service);
    ApiError::new(Code::InsufficientRole, detail)
}

/// Whether the caller that a question names is this user, or a token of theirs.
async fn is_of(app: &App, catalog: &Catalog, user: &User, value: &Explain) -> Result<bool, ApiError> {
    match (&value.token, &value.user, value.system) {
        (Some(token), None, None | Some(false)) => owns(app, catalog, user, Some(token)).await,
        (None, Some(name), None | Some(false)) => Ok(name == user.name.as_str()),
        _ => Ok(false),
    }
}

/// Whether this is the id or `token_prefix` of a token of this user's.
async fn owns(app: &App, catalog: &Catalog, user: &User, token: Option<&str>) -> Result<bool, ApiError> {
    let token = match token.map(|token| (token.parse::<TokenId>(), token.parse::<TokenPrefix>())) {
        Some((Ok(id), _)) => app.store().token(&catalog.service, id).await?,
        Some((_, Ok(prefix))) => app.store().token_prefixed(&catalog.service, prefix).await?,
        _ => None,
    };
    Ok(token.is_some_and(|token| token.owner == user.id))
}

fn refused(service: &ServiceName, found: Option<Refused>) -> Result<Json<Explanation>, ApiError> {
    let refused = found.ok_or_else(|| {
        let detail =
            "no refusal of this service by that id is remembered; the last 1,024 since the start are";
        ApiError::new(Code::NotFound, detail)
    })?;
    let mut told = explanation(service, &refused.method, &refused.path, Some(refused.reason), refused.steps);
    told.at = Some(refused.at.to_string());
    if let Some(token) = refused.token {
        told.reason = format!("{} ({token})", told.reason);
    }
    Ok(Json(told))
}

/// Whose request it is to be. A user is taken as signed in just now.
async fn subject(
    app: &App,
    caller: &Caller,
    service: &ServiceName,
    value: &Explain,
) -> Result<Subject, ApiError> {
    match (&value.token, &value.user, value.system) {
        (None, None, None | Some(false)) => Ok(Subject::Anonymous),
        (None, None, Some(true)) => Ok(Subject::System(match caller.who {
            Who::System(key) => key,
            _ => KeyId::new(app.now(), app.entropy()),
        })),
        (Some(token), None, None | Some(false)) => {
            let missing = || {
                Refusal::field(
                    "token",
                    "there is no such token; give its id or token_prefix, never the token itself",
                )
            };
            if let Ok(id) = token.parse::<TokenId>() {
                return Ok(Subject::Token(id));
            }
            let prefix: TokenPrefix = token.parse().map_err(|_| missing())?;
            let token = app.store().token_prefixed(service, prefix).await?.ok_or_else(missing)?;
            Ok(Subject::Token(token.id))
        }
        (None, Some(name), None | Some(false)) => {
            let name: UserName = parsed("user", name)?;
            let user = app.store().user_named(&name).await?;
            let user = user.ok_or_else(|| Refusal::field("user", "there is no user of this name"))?;
            let now = app.now();
            let expires_at = now.saturating_add(SignedDuration::from_hours(1)).unwrap_or(now);
            let id = SessionId::new(now, app.entropy());
            Ok(Subject::User(Session { id, user: user.id, created_at: now, expires_at, client_ip: None }))
        }
        _ => Err(Refusal::field("token", "give one caller: token, user or system").into()),
    }
}

fn explanation(
    service: &ServiceName,
    method: &str,
    path: &str,
    reason: Option<Reason>,
    steps: Steps,
) -> Explanation {
    let code = reason.map_or(Code::Allowed, Reason::code);
    let steps = steps.0.into_iter().map(|step| ExplanationStep {
        rule: step.rule.as_str().to_owned(),
        passed: step.passed,
        detail: step.detail,
    });
    Explanation {
        service: service.to_string(),
        method: method.to_owned(),
        path: path.to_owned(),
        allowed: reason.is_none(),
        code: code.as_str().to_owned(),
        status: code.status(),
        reason: reason.map_or_else(|| Code::Allowed.title().to_owned(), |reason| reason.to_string()),
        at: None,
        steps: steps.collect(),
    }
}
