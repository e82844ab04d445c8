//! What a request carries to the handler of the protocol, and what that says of it besides its answer.

use std::sync::{Arc, OnceLock};

use axum::response::Response;
use http::{HeaderMap, StatusCode};
use symbolon_core::credential::Credentials;
use symbolon_core::id::TokenId;

use crate::answer::ApiError;
use crate::incoming;
use crate::refusals::Refusal;

/// Goes with a request. The protocol answers in JSON; what its authorization says in HTTP is put here.
#[derive(Clone)]
pub(super) struct Asked {
    /// The token that calls, if it is one.
    pub(super) token: Option<TokenId>,
    said: Arc<OnceLock<Said>>,
}

/// What is said in HTTP.
struct Said {
    status: StatusCode,
    refusal: Option<ApiError>,
}

impl Asked {
    pub(super) fn by(token: Option<TokenId>) -> Self {
        Self { token, said: Arc::default() }
    }

    /// The request is refused, as HTTP says it.
    pub(super) fn refuse(&self, (error, _): &Refusal) {
        let _ = self.said.set(Said { status: error.status(), refusal: Some(error.clone()) });
    }

    /// The message is none.
    pub(super) fn misread(&self) {
        let _ = self.said.set(Said { status: StatusCode::BAD_REQUEST, refusal: None });
    }

    /// The same answer with what is said in HTTP, if anything is; `metadata` is where the service describes itself.
    pub(super) fn say(&self, mut answer: Response, metadata: impl FnOnce() -> Option<String>) -> Response {
        if let Some(said) = self.said.get() {
            *answer.status_mut() = said.status;
            if let Some(refusal) = said.refusal.clone() {
                answer.headers_mut().extend(refusal.describing(metadata().as_deref()).headers());
            }
        }
        answer
    }
}

/// The credentials of a request: what its headers say. A cookie is none, for a browser sends it for any page.
pub(super) fn credentials(headers: &HeaderMap) -> Credentials<'_> {
    Credentials { cookie: None, ..incoming::credentials(headers, false) }
}
