//! A Symbolon server that is asked, each time.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use symbolon_api::client::{Client, Transport};
use symbolon_api::{Verify, VerifyAnswer, VerifyReply};
use symbolon_core::Code;
use symbolon_core::name::ServiceName;
use symbolon_core::target::Target;
use symbolon_http::{Answer, RATE_LIMIT, RATE_LIMIT_POLICY, incoming};

use crate::edge;
use crate::grant::{Grant, Kind, Route, Token};
use crate::layer::SetupError;
use crate::passage::{Allowed, Asked, Refused};

/// How long to wait for an answer, unless it is said.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Headers that are told beside those that hold a credential or ask for another method. By them a session's cookie counts
/// or does not.
const TOLD: [&str; 6] = ["cookie", "host", "origin", "sec-fetch-site", "upgrade", "sec-websocket-key"];

#[derive(Debug, Clone)]
pub(crate) struct Remote {
    client: Client,
    service: ServiceName,
    timeout: Duration,
}

impl Remote {
    pub(crate) fn new(url: &str, service: &str, key: SecretString) -> Result<Self, SetupError> {
        let service = SetupError::named(service)?;
        if key.expose_secret().is_empty() || !key.expose_secret().bytes().all(|b| b.is_ascii_graphic()) {
            return Err(SetupError::Key);
        }
        let transport = Transport::from_url(url).map_err(|error| SetupError::Url(error.to_string()))?;
        Ok(Self { client: Client::new(transport).with_key(key), service, timeout: TIMEOUT })
    }

    pub(crate) fn with_timeout(&self, timeout: Duration) -> Self {
        Self { timeout, ..self.clone() }
    }

    pub(crate) async fn decide(&self, parts: &Parts, asked: &Asked) -> Result<Allowed, Refused> {
        let question = question(parts, asked);
        let reply = self.client.verify(self.service.as_str(), &question);
        let reply = match tokio::time::timeout(self.timeout, reply).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(error)) => return Err(self.unknown(&error)),
            Err(_) => return Err(self.unknown(&"it did not answer in time")),
        };
        if !reply.allowed {
            let answer = reply.answer.as_ref().filter(|answer| answer.problem.status == reply.status);
            let answer = answer.filter(|_| reply.code != Code::Allowed.as_str()).and_then(refusal);
            return Err(answer.unwrap_or_else(|| self.unknown(&"its answer is no decision")));
        }
        // What is allowed is what was asked about, and nothing else.
        let target = Target::parse(&asked.target).ok().map(|target| target.to_path_and_query());
        let target = target.filter(|target| Some(target) == reply.target.as_ref());
        let headers = told_of(&reply.headers, &[RATE_LIMIT_POLICY, RATE_LIMIT]);
        match (target, granted(reply)) {
            (Some(target), Some(grant)) => Ok(Allowed { grant, target, headers }),
            _ => Err(self.unknown(&"its answer is no decision about this request")),
        }
    }

    /// Nothing can be known: neither a denial nor a pass. The cause is for the log.
    fn unknown(&self, cause: &dyn fmt::Display) -> Refused {
        let id = edge::request_id(edge::now());
        tracing::warn!(%id, service = %self.service, %cause, "Symbolon did not decide");
        Box::new(Answer::unavailable().into_response(&id))
    }
}

/// The whole question: what a door of the server's own would see.
fn question(parts: &Parts, asked: &Asked) -> Verify {
    Verify {
        method: Some(parts.method.as_str().to_owned()),
        path: Some(text(&asked.target)),
        headers: Some(told(&parts.headers)),
        client_ip: asked.client.map(|address| address.to_string()),
        ..Verify::default()
    }
}

fn told(headers: &HeaderMap) -> BTreeMap<String, Vec<String>> {
    let mut told = BTreeMap::<String, Vec<String>>::new();
    let wanted = |name: &HeaderName| {
        incoming::is_credential(name) || incoming::is_method_override(name) || TOLD.contains(&name.as_str())
    };
    for (name, value) in headers.iter().filter(|(name, _)| wanted(name)) {
        told.entry(name.as_str().to_owned()).or_default().push(text(value.as_bytes()));
    }
    told
}

/// Each byte as one character, for JSON has no bytes.
fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// The answer that the server gives for us to give.
fn refusal(answer: &VerifyAnswer) -> Option<Refused> {
    let code = Code::ALL.iter().find(|code| code.as_str() == answer.problem.code)?;
    let status = StatusCode::from_u16(answer.problem.status).ok()?;
    if *code == Code::Allowed || !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    let plain = Answer {
        errors: answer.problem.errors.clone(),
        required_scopes: answer.problem.required_scopes.clone(),
        ..Answer::new(*code, answer.problem.detail.clone())
    };
    let mut response = plain.into_response(&answer.problem.request_id);
    *response.status_mut() = status;
    let names = [WWW_AUTHENTICATE, ALLOW, RETRY_AFTER, RATE_LIMIT_POLICY, RATE_LIMIT];
    response.headers_mut().extend(told_of(&answer.headers, &names));
    Some(Box::new(response))
}

/// Those of the headers that the server tells which have one of these names.
fn told_of(headers: &BTreeMap<String, String>, names: &[HeaderName]) -> HeaderMap {
    let value = |name: &HeaderName| HeaderValue::try_from(headers.get(name.as_str())?).ok();
    names.iter().filter_map(|name| Some((name.clone(), value(name)?))).collect()
}

/// What the server granted; `None` where it does not hold together.
fn granted(reply: VerifyReply) -> Option<Grant> {
    let kind = match reply.principal.as_deref()? {
        "token" => Kind::Token,
        "session" => Kind::Session,
        "system" => Kind::System,
        "anonymous" => Kind::Anonymous,
        _ => return None,
    };
    let whole = reply.code == Code::Allowed.as_str()
        && reply.status == Code::Allowed.status()
        && reply.token.is_some() == (kind == Kind::Token);
    let (token, scopes) = match reply.token {
        Some(record) => (Some(Token { id: record.id, name: record.name }), record.effective_scopes),
        None => (None, Vec::new()),
    };
    let route = reply.route.map(|route| Route { method: route.method, path: route.path });
    whole.then_some(Grant { kind, token, owner: reply.owner, role: reply.role, scopes, route })
}
