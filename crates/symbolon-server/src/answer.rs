//! Refusals of the server's: what every door answers alike is in `symbolon_http`, and what the record says becomes such an
//! answer here.

use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use symbolon_api::{AskLink, FieldError, Problem, VerifyAnswer};
use symbolon_core::decision::{DecidedRoute, Denial};
use symbolon_core::id::{RequestId, TokenId};
use symbolon_core::store::StoreError;
use symbolon_core::{Code, Refusal};
use symbolon_gate::Unavailable;
use symbolon_http::Answer;

/// An answer that is not what was asked for. It becomes a response where the request's id is known.
#[derive(Debug, Clone)]
pub struct ApiError(Box<Answer>, About);

/// What the caller is not told, but the access log is: the reason's word, the token concerned and the route.
#[derive(Debug, Clone, Default)]
pub(crate) struct About {
    pub(crate) reason: Option<&'static str>,
    pub(crate) token: Option<TokenId>,
    pub(crate) route: Option<DecidedRoute>,
}

impl ApiError {
    /// A refusal with one sentence for its receiver.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Answer::new(code, detail).into()
    }

    fn with(mut self, change: impl FnOnce(&mut Answer)) -> Self {
        change(&mut self.0);
        self
    }

    /// A refusal of the gate's.
    pub fn denied(denial: &Denial, realm: &str) -> Self {
        let about =
            About { reason: Some(denial.reason.word()), token: denial.about(), route: denial.route.clone() };
        Self(Box::new(Answer::denied(denial, realm)), about)
    }

    /// The decision cannot be made.
    pub fn unavailable() -> Self {
        Answer::unavailable().into()
    }

    /// The same, to be asked again after so many seconds.
    #[must_use]
    pub(crate) fn after(self, seconds: u64) -> Self {
        self.with(|answer| answer.retry_after = Some(seconds))
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

    /// A token has made as many requests as it may; the next has a place after so many seconds.
    pub(crate) fn limited(detail: String, seconds: u64) -> Self {
        Self::new(Code::RateLimited, detail).with(|answer| answer.retry_after = Some(seconds))
    }

    /// The same refusal of a bad credential as one too many from where it comes; the next is looked into after so many
    /// seconds.
    #[must_use]
    pub(crate) fn one_too_many(self, seconds: u64) -> Self {
        self.with(|answer| {
            answer.code = Code::RateLimited;
            answer.detail = format!(
                "too many bad credentials come from your network; wait {seconds} s before another, or present a good one"
            );
            answer.challenge = None;
            // RFC 6749 has no word for it.
            answer.oauth = None;
            answer.retry_after = Some(seconds);
        })
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
    pub(crate) fn describing(self, metadata: Option<&str>) -> Self {
        let Some(metadata) = metadata else { return self };
        self.with(|answer| {
            let challenge = answer.challenge.take();
            answer.challenge = challenge.map(|text| {
                // Each parameter is there once (RFC 9110 section 11.2): who describes last is who was asked.
                let rest = text.split(", resource_metadata=").next().unwrap_or_default();
                format!("{rest}, resource_metadata=\"{metadata}\"")
            });
        })
    }

    /// The same with where a person can be asked for what is missing.
    pub(crate) fn asking(self, link: Option<AskLink>) -> Self {
        self.with(|answer| answer.ask = link)
    }

    /// The value of `WWW-Authenticate`.
    pub(crate) fn challenge(&self) -> Option<&str> {
        self.0.challenge.as_deref()
    }

    /// The same of a part of the body: its fields are named within it, and where no field is at fault, it is.
    pub(crate) fn within(self, place: &str) -> Self {
        self.with(|answer| {
            // An outage is no fault of the body's.
            if answer.code.status() >= 500 {
                return;
            }
            if answer.errors.is_empty() {
                let error = FieldError { field: place.to_owned(), detail: answer.detail.clone() };
                answer.errors.push(error);
                return;
            }
            for error in &mut answer.errors {
                error.field = format!("{place}.{}", error.field);
            }
        })
    }

    /// What it is called.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The status that goes with it.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The problem in its body.
    pub(crate) fn problem(&self, request_id: &str) -> Problem {
        self.0.problem(request_id)
    }

    /// The headers that go with it, without those of its body.
    pub(crate) fn headers(&self) -> HeaderMap {
        let mut headers = self.0.headers();
        headers.remove(CONTENT_TYPE);
        headers
    }

    /// What the access log is told besides.
    pub(crate) fn about(&self) -> &About {
        &self.1
    }

    /// The answer to the request of this id, for somebody else to give.
    pub(crate) fn into_wire(self, request_id: &str) -> VerifyAnswer {
        let headers = self.0.headers();
        let headers = headers.iter().filter(|(name, _)| **name != CACHE_CONTROL);
        let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
        VerifyAnswer {
            headers: headers.map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
            problem: self.0.problem(request_id),
        }
    }

    /// The answer to the request of this id.
    pub fn into_answer(self, request: RequestId) -> Response {
        self.0.into_response(&request.to_string()).map(Body::from)
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Answer::from(refusal).into()
    }
}

impl From<Answer> for ApiError {
    fn from(answer: Answer) -> Self {
        Self(Box::new(answer), About::default())
    }
}

impl From<Unavailable> for ApiError {
    fn from(Unavailable: Unavailable) -> Self {
        Self::unavailable()
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
            StoreError::NoRoom => Self::new(
                Code::TooManyTokens,
                "the owner has as many live tokens of this service as it allows; revoke one that is not needed",
            ),
            StoreError::NotFound(what) => Self::new(Code::NotFound, format!("{what} is not there")),
            StoreError::Claimed(claim) => Self::already_created(claim.made),
            StoreError::Answered(_) => Self::new(Code::Conflict, "the idempotency key was claimed before"),
            StoreError::SealBroken(broken) => Self::new(
                Code::Conflict,
                format!(
                    "{}, and counts as not there; take it back by its id, and find out who writes to the database",
                    StoreError::SealBroken(broken)
                ),
            ),
            StoreError::Unavailable(cause) => {
                tracing::error!(%cause, "the store is unavailable");
                Self::unavailable()
            }
        }
    }
}
