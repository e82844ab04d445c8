//! The question that applications and gateways ask: may this secret make this request? `reply` says what was decided.

mod reply;

use std::collections::BTreeMap;
use std::net::IpAddr;

use axum::extract::{FromRequest, State};
use axum::{Extension, Json};
use http::{HeaderMap, HeaderName, HeaderValue};
use symbolon_api::{MOST_QUESTIONS, Verify, VerifyMany, VerifyReplies, VerifyReply};
use symbolon_core::credential::Credentials;
use symbolon_core::decision::{Decision, Request};
use symbolon_core::id::RequestId;
use symbolon_core::name::{ScopeName, ServiceName};
use symbolon_core::target::MAX_TARGET;
use symbolon_core::{Code, Refusal};

use super::body::Body;
use super::caller::{Caller, Who};
use super::envelope::Decided;
use super::parameters::{OfService, PathOf, parsed};
use super::services;
use crate::answer::ApiError;
use crate::app::App;
use crate::deciding::Proved;
use crate::incoming::{credentials_of_request, method_override, query_overrides};
use crate::refusals;
use crate::verdict::Verdict;
use reply::{reply, verdict};

/// The longest secret that is looked at, in bytes; a JWT of another application may be long.
const MAX_SECRET: usize = 8 * 1024;

/// Decide about a request, or about scopes, without making it. For a system key, or a verifier key of the service.
#[utoipa::path(
    post, path = "/v1/services/{service}/verify", tag = "decisions",
    params(OfService),
    request_body = Verify,
    responses((status = 200, body = VerifyReply)),
)]
pub(super) async fn verify(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfService>,
    Body { value, .. }: Body<Verify>,
) -> Result<(Extension<Decided>, Json<VerifyReply>), ApiError> {
    may_ask(&caller, &of.service)?;
    let service = services::find(&app, &of.service)?.catalog.service.clone();
    let question = Question::read(&app, &service, value)?;
    let proved = question.prove(&app, &service).await;
    let (verdict, reply) = question.answer(&app, &service, proved, caller.request)?;
    Ok((Extension(Decided(service, verdict)), Json(reply)))
}

/// Decide about up to 100 requests, or scopes, as if each were asked about by itself; all by what is so when the answer is
/// made, and in the order of the questions. If one of them is not understood nothing is decided. For a system key, or a
/// verifier key of the service.
#[utoipa::path(
    post, path = "/v1/services/{service}/verify/batch", tag = "decisions", operation_id = "verify_many",
    params(OfService),
    request_body = VerifyMany,
    responses((status = 200, body = VerifyReplies)),
)]
pub(super) async fn verify_many(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfService>,
    body: http::Request<axum::body::Body>,
) -> Result<(Extension<Decided>, Json<VerifyReplies>), ApiError> {
    // Before the body is read, which may be long.
    may_ask(&caller, &of.service)?;
    let service = services::find(&app, &of.service)?.catalog.service.clone();
    let Body { value, .. } = Body::<VerifyMany>::from_request(body, &app).await?;
    if value.questions.is_empty() {
        return Err(Refusal::field("questions", format!("1 to {MOST_QUESTIONS} questions")).into());
    }
    let read = |(index, question)| {
        let read = Question::read(&app, &service, question);
        read.map_err(|error| error.within(&format!("questions[{index}]")))
    };
    let questions = value.questions.into_iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
    let mut proved = Vec::with_capacity(questions.len());
    for question in &questions {
        proved.push(question.prove(&app, &service).await);
    }
    // From here on nothing is waited for: what was revoked while a secret was proved is revoked to all questions.
    let (now, mut told) = (app.now(), None);
    let mut replies = Vec::with_capacity(questions.len());
    for (question, proved) in questions.iter().zip(proved) {
        // Of its own: by it a refusal can be explained.
        let id = app.request_id(now);
        let (verdict, reply) = question.answer(&app, &service, proved.map(|_| now), id)?;
        replies.push(reply);
        // The first that is refused, if one is, stands for all.
        if told.as_ref().is_none_or(|told: &Verdict| told.code == Code::Allowed) {
            told = Some(verdict);
        }
    }
    Ok((Extension(Decided(service, told.unwrap_or(Verdict::ALLOWED))), Json(VerifyReplies { replies })))
}

/// A question that was understood.
struct Question {
    asked: Verify,
    headers: Option<HeaderMap>,
    client_ip: Option<IpAddr>,
    /// Where scopes are asked about.
    required: Option<Vec<ScopeName>>,
}

impl Question {
    fn read(app: &App, service: &ServiceName, asked: Verify) -> Result<Self, ApiError> {
        let headers = asked.headers.as_ref().map(header_map).transpose()?;
        let client_ip =
            asked.client_ip.as_deref().map(|text| parsed::<IpAddr>("client_ip", text)).transpose()?;
        match (&asked.token, &headers) {
            (Some(token), None) => checked_secret(token)?,
            (None, Some(_)) => {}
            (None, None) => {
                return Err(Refusal::field("token", "give the presented secret, or headers").into());
            }
            (Some(_), Some(_)) => {
                return Err(Refusal::field("headers", "give token or headers, not both").into());
            }
        }
        let required = match (&asked.method, &asked.path, &asked.scopes) {
            // Of a whole request the rules say what is wrong, as they do at every door.
            (Some(_), Some(_), None) if headers.is_some() => None,
            (Some(method), Some(path), None) => {
                checked_method(method)?;
                checked_path(path)?;
                None
            }
            (None, None, Some(scopes)) => Some(checked_scopes(app, service, scopes)?),
            (None, Some(_), None) => {
                return Err(Refusal::field("method", "give the method beside the path").into());
            }
            (Some(_), None, None) => {
                return Err(Refusal::field("path", "give the path beside the method").into());
            }
            (None, None, None) => {
                return Err(Refusal::field("path", "give method and path, or scopes").into());
            }
            _ => return Err(Refusal::field("scopes", "give method and path, or scopes, not both").into()),
        };
        Ok(Self { asked, headers, client_ip, required })
    }

    fn credentials(&self, app: &App) -> Credentials<'_> {
        match &self.headers {
            Some(headers) => credentials_of_request(headers, app.shared().parts.https),
            None => Credentials::of_secret(self.asked.token.as_deref().unwrap_or_default().as_bytes()),
        }
    }

    /// Proves what has to be proved before it can be answered.
    async fn prove(&self, app: &App, service: &ServiceName) -> Proved {
        app.prove(service, self.credentials(app), self.client_ip, app.now()).await
    }

    /// The answer, and what is told of it beside. A refusal is remembered under `id`.
    fn answer(
        &self,
        app: &App,
        service: &ServiceName,
        proved: Proved,
        id: RequestId,
    ) -> Result<(Verdict, VerifyReply), ApiError> {
        let Self { asked, headers, client_ip, required } = self;
        let (now, client_ip) = (app.now(), *client_ip);
        let credentials = self.credentials(app);
        let path = asked.path.as_deref().unwrap_or_default().as_bytes();
        let request = Request {
            method: asked.method.as_deref().unwrap_or_default(),
            target: path,
            credentials,
            method_override: match headers {
                Some(headers) => method_override(headers, path),
                None => query_overrides(path),
            },
            client_ip,
        };
        let decision = match required {
            Some(required) => app.decide_scopes_proved(service, credentials, required, client_ip, proved),
            None => app.decide_proved(service, &request, proved),
        };
        let decision = decision.ok_or_else(|| ApiError::new(Code::NotFound, "there is no such service"))?;
        let mut unremembered = None;
        if let Decision::Deny(denial) = &decision {
            unremembered = refusals::unremembered(app, service, &credentials, client_ip, denial, now);
            if unremembered.is_none() && required.is_none() {
                refusals::remember(app, id, service, &request, denial, now);
            }
        }
        let mut reply = reply(app, service, (&decision, client_ip), unremembered, &id.to_string());
        if required.is_some() {
            // There was no request, and so there is no target.
            reply.target = None;
        }
        Ok((verdict(&decision), reply))
    }
}

/// Verifier keys ask about their own service; nobody learns of another's.
fn may_ask(caller: &Caller, service: &str) -> Result<(), Refusal> {
    match &caller.who {
        Who::AtTheMachine | Who::System(_) => Ok(()),
        Who::Verifier(own, _) if own.as_str() == service => Ok(()),
        _ => Err(Refusal::new(
            Code::SystemOnly,
            "decisions are for a system key, or a verifier key of this service",
        )),
    }
}

fn checked_secret(secret: &str) -> Result<(), Refusal> {
    if secret.is_empty() || secret.len() > MAX_SECRET {
        return Err(Refusal::field("token", format!("the presented secret, 1 to {MAX_SECRET} bytes")));
    }
    Ok(())
}

/// Headers as the library has them, of which each character is one byte.
fn header_map(told: &BTreeMap<String, Vec<String>>) -> Result<HeaderMap, Refusal> {
    let refuse = || Refusal::field("headers", "header names, each with its values, one byte a character");
    let mut headers = HeaderMap::new();
    for (name, values) in told {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refuse())?;
        if values.is_empty() {
            return Err(Refusal::field("headers", "a header that is there has a value; leave others out"));
        }
        for value in values {
            let bytes: Option<Vec<u8>> = value.chars().map(|c| u8::try_from(c).ok()).collect();
            let value = bytes.and_then(|bytes| HeaderValue::from_bytes(&bytes).ok()).ok_or_else(refuse)?;
            headers.try_append(&name, value).map_err(|_| refuse())?;
        }
    }
    Ok(headers)
}

pub(super) fn checked_method(method: &str) -> Result<&str, Refusal> {
    let token =
        (1..=32).contains(&method.len()) && method.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-');
    if token { Ok(method) } else { Err(Refusal::field("method", "an HTTP method, such as GET")) }
}

pub(super) fn checked_path(path: &str) -> Result<&str, Refusal> {
    if path.is_empty() || path.len() > MAX_TARGET {
        return Err(Refusal::field(
            "path",
            format!("the request's target from its / on, 1 to {MAX_TARGET} bytes"),
        ));
    }
    Ok(path)
}

fn checked_scopes(app: &App, service: &ServiceName, scopes: &[String]) -> Result<Vec<ScopeName>, ApiError> {
    let catalog = services::find(app, service.as_str())?.catalog;
    if scopes.is_empty() {
        return Err(Refusal::field("scopes", "name at least one scope").into());
    }
    let mut required = Vec::with_capacity(scopes.len());
    for (index, text) in scopes.iter().enumerate() {
        let field = format!("scopes[{index}]");
        let scope: ScopeName = parsed(&field, text)?;
        if catalog.scope(&scope).is_none() {
            return Err(Refusal::field(field, format!("{service} has no scope {scope}")).into());
        }
        required.push(scope);
    }
    Ok(required)
}
