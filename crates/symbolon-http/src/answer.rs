//! The one place where a refusal becomes an HTTP answer: RFC 9457, with RFC 6750 challenges.

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use symbolon_api::{AskLink, FieldError, OAuthError, Problem};
use symbolon_core::decision::{Denial, Reason};
use symbolon_core::rate::Quota;
use symbolon_core::{Code, Refusal};

use crate::quota;

/// Seconds after which to ask again when something is unavailable.
const RETRY_SECONDS: u64 = 1;

/// An answer that is not what was asked for.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What it is called; the status goes with it.
    pub code: Code,
    /// One sentence for its receiver.
    pub detail: String,
    /// The fields at fault.
    pub errors: Vec<FieldError>,
    /// Sets of scopes, any one of which would do.
    pub required_scopes: Vec<Vec<String>>,
    /// The value of `WWW-Authenticate` (RFC 6750 section 3).
    pub challenge: Option<String>,
    /// The methods that the path takes, for 405.
    pub allow: Vec<String>,
    /// Seconds. An answer that says `unavailable` has some in any case.
    pub retry_after: Option<u64>,
    /// What was created before.
    pub id: Option<String>,
    /// Where a person can be asked for what is missing.
    pub ask: Option<AskLink>,
    /// The `error` of RFC 6749 section 5.2, where the answer has that form and not that of a problem.
    pub oauth: Option<&'static str>,
    /// The limit that was reached, and by which reason.
    pub quota: Option<(Reason, Quota)>,
}

impl Answer {
    /// A refusal with one sentence for its receiver.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            required_scopes: Vec::new(),
            challenge: None,
            allow: Vec::new(),
            retry_after: None,
            id: None,
            ask: None,
            oauth: None,
            quota: None,
        }
    }

    /// A refusal of the gate's. The realm is the service's name.
    pub fn denied(denial: &Denial, realm: &str) -> Self {
        let needs = denial.needs().into_iter().map(|set| set.iter().map(ToString::to_string).collect());
        let said = denial.reason.public_detail();
        let detail = denial.quota.as_ref().map_or(said.clone(), |quota| {
            format!("{said}, which is {}; wait {} s before the next", quota.rate, quota.more_in)
        });
        Self {
            required_scopes: needs.collect(),
            challenge: denial.challenge(realm),
            allow: denial.allow.clone(),
            retry_after: denial.quota.map(|quota| quota.more_in.into()),
            quota: denial.quota.map(|quota| (denial.reason, quota)),
            ..Self::new(denial.reason.code(), detail)
        }
    }

    /// The decision cannot be made.
    pub fn unavailable() -> Self {
        Self::new(
            Code::Unavailable,
            "the record is not available: nothing was decided, and no change was acknowledged; try again",
        )
    }

    /// The document in the body (RFC 9457).
    pub fn problem(&self, request_id: &str) -> Problem {
        Problem {
            kind: format!("urn:symbolon:error:{}", self.code.as_str()),
            title: self.code.title().to_owned(),
            status: self.code.status(),
            code: self.code.as_str().to_owned(),
            detail: self.detail.clone(),
            request_id: request_id.to_owned(),
            errors: self.errors.clone(),
            required_scopes: self.required_scopes.clone(),
            id: self.id.clone(),
            ask: self.ask.clone(),
        }
    }

    /// The headers, with the body's type.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let kind = if self.oauth.is_some() { "application/json" } else { "application/problem+json" };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let soon = matches!(self.code, Code::Unavailable | Code::Overloaded).then_some(RETRY_SECONDS);
        if let Some(seconds) = self.retry_after.or(soon) {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some((reason, quota)) = &self.quota {
            headers.extend(quota::of_refused(*reason, quota));
        }
        // Realm, scopes and methods come from catalogs, whose names fit into a header.
        if let Some(value) = self.challenge.as_ref().and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert(WWW_AUTHENTICATE, value);
        }
        if !self.allow.is_empty() {
            headers.extend(HeaderValue::try_from(self.allow.join(", ")).ok().map(|value| (ALLOW, value)));
        }
        headers
    }

    /// The answer to the request of this id.
    pub fn into_response(self, request_id: &str) -> Response<Bytes> {
        let body = match self.oauth {
            Some(error) => serde_json::to_vec(&OAuthError {
                error: error.to_owned(),
                error_description: self.detail.clone(),
            }),
            None => serde_json::to_vec(&self.problem(request_id)),
        };
        let mut response = Response::new(body.unwrap_or_default().into());
        *response.status_mut() =
            StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        *response.headers_mut() = self.headers();
        response
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let errors = refusal.field.map(|field| FieldError { field, detail: refusal.detail.clone() });
        Self { errors: errors.into_iter().collect(), ..Self::new(refusal.code, refusal.detail) }
    }
}
