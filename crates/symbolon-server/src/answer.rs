//! The one place where a refusal becomes an HTTP answer: RFC 9457, with RFC 6750 challenges.

use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use symbolon_api::{FieldError, OAuthError, Problem};
use symbolon_core::decision::Denial;
use symbolon_core::id::{RequestId, TokenId};
use symbolon_core::store::StoreError;
use symbolon_core::{Code, Refusal};

use crate::access::Verdict;

/// Seconds after which to ask again when something is unavailable.
const RETRY_SECONDS: u64 = 1;

/// An answer that is not what was asked for. It becomes a response where the request's id is known.
#[derive(Debug, Clone)]
pub struct ApiError(Box<Answer>);

#[derive(Debug, Clone)]
struct Answer {
    code: Code,
    detail: String,
    errors: Vec<FieldError>,
    required_scopes: Vec<Vec<String>>,
    challenge: Option<String>,
    allow: Vec<String>,
    /// Seconds.
    retry_after: Option<u64>,
    id: Option<String>,
    /// The `error` of RFC 6749 section 5.2, where the answer has that form and not that of a problem.
    oauth: Option<&'static str>,
    /// The reason's word and the token concerned, for the access log alone.
    about: (Option<&'static str>, Option<TokenId>),
}

impl ApiError {
    /// A refusal with one sentence for its receiver.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Answer {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            required_scopes: Vec::new(),
            challenge: None,
            allow: Vec::new(),
            retry_after: None,
            id: None,
            oauth: None,
            about: (None, None),
        }))
    }

    fn with(mut self, change: impl FnOnce(&mut Answer)) -> Self {
        change(&mut self.0);
        self
    }

    /// A refusal of the gate's.
    pub fn denied(denial: &Denial, realm: &str) -> Self {
        let needs = denial.needs.iter().map(|set| set.iter().map(ToString::to_string).collect());
        Self::new(denial.reason.code(), denial.reason.public_detail()).with(|answer| {
            answer.about = (Some(denial.reason.word()), denial.about());
            answer.required_scopes = needs.collect();
            answer.challenge = denial.challenge(realm);
            answer.allow.clone_from(&denial.allow);
        })
    }

    /// The decision cannot be made.
    pub fn unavailable() -> Self {
        Self::new(
            Code::Unavailable,
            "the record is not available: nothing was decided, and no change was acknowledged; try again",
        )
    }

    /// A creation that was made before.
    pub(crate) fn already_created(id: String) -> Self {
        let detail =
            format!("this Idempotency-Key made {id} already; its secret was in that answer and is not kept");
        Self::new(Code::AlreadyCreated, detail).with(|answer| answer.id = Some(id))
    }

    /// A management call without a credential that counts, or a sign-in that failed (RFC 6750 section 3; a 401
    /// always carries a challenge, RFC 9110 section 15.5.2).
    pub(crate) fn challenged(code: Code) -> Self {
        let error = if code == Code::InvalidToken { ", error=\"invalid_token\"" } else { "" };
        let challenge = format!("Bearer realm=\"symbolon\"{error}");
        Self::new(code, code.title()).with(|answer| answer.challenge = Some(challenge))
    }

    /// Too many attempts failed, or may yet; the next is admitted after so many seconds (RFC 6585 section 4).
    pub(crate) fn rate_limited(seconds: u64) -> Self {
        let detail = format!("too many attempts failed, or are under way; wait {seconds} s before the next");
        Self::new(Code::RateLimited, detail).with(|answer| answer.retry_after = Some(seconds))
    }

    /// A refusal in the form of RFC 6749 section 5.2; `error` is its word there. The detail is printable ASCII without
    /// quotes and backslashes.
    pub(crate) fn oauth(code: Code, error: &'static str, detail: impl Into<String>) -> Self {
        Self::new(code, detail).with(|answer| answer.oauth = Some(error))
    }

    /// The same with a challenge.
    pub(crate) fn challenging(self, challenge: &str) -> Self {
        self.with(|answer| answer.challenge = Some(challenge.to_owned()))
    }

    /// Where the refusal challenges, the challenge also says where the service describes itself (RFC 9728 section 5.1).
    pub(crate) fn describing(self, metadata: &str) -> Self {
        self.with(|answer| {
            let challenge = answer.challenge.take();
            answer.challenge = challenge.map(|text| format!("{text}, resource_metadata=\"{metadata}\""));
        })
    }

    /// What it is called.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The answer to the request of this id.
    pub fn into_answer(self, request: RequestId) -> Response {
        let answer = *self.0;
        let code = answer.code;
        let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (kind, body) = if let Some(error) = answer.oauth {
            let body = OAuthError { error: error.to_owned(), error_description: answer.detail };
            ("application/json", serde_json::to_vec(&body))
        } else {
            let problem = Problem {
                kind: format!("urn:symbolon:error:{}", code.as_str()),
                title: code.title().to_owned(),
                status: status.as_u16(),
                code: code.as_str().to_owned(),
                detail: answer.detail,
                request_id: request.to_string(),
                errors: answer.errors,
                required_scopes: answer.required_scopes,
                id: answer.id,
            };
            ("application/problem+json", serde_json::to_vec(&problem))
        };
        let mut response = (status, body.unwrap_or_default()).into_response();
        let (reason, token) = answer.about;
        response.extensions_mut().insert(Verdict { id: Some(request), code, reason, principal: None, token });
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let unavailable = (code == Code::Unavailable).then_some(RETRY_SECONDS);
        if let Some(seconds) = answer.retry_after.or(unavailable) {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        // Realm, scopes and methods come from catalogs, whose names fit into a header.
        if let Some(value) = answer.challenge.and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert(WWW_AUTHENTICATE, value);
        }
        if let Some(value) = Some(answer.allow).filter(|allow| !allow.is_empty()) {
            headers.extend(HeaderValue::try_from(value.join(", ")).ok().map(|value| (ALLOW, value)));
        }
        response
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let errors = refusal.field.map(|field| FieldError { field, detail: refusal.detail.clone() });
        Self::new(refusal.code, refusal.detail).with(|answer| answer.errors = errors.into_iter().collect())
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(detail) => Self::new(Code::Conflict, detail),
            StoreError::CallerChanged => Self::new(
                Code::Conflict,
                "your rights changed while this call was under way, and nothing was changed; make it again",
            ),
            StoreError::NotFound(what) => Self::new(Code::NotFound, format!("{what} is not there")),
            StoreError::Claimed(claim) => Self::already_created(claim.made),
            StoreError::Unavailable(cause) => {
                tracing::error!(%cause, "the store is unavailable");
                Self::unavailable()
            }
        }
    }
}
