//! What a request carries to the handler of the protocol, and what that says of it besides its answer.

use std::sync::{Arc, OnceLock};

use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use symbolon_core::credential::Credentials;

use crate::answer::ApiError;
use crate::incoming;
use crate::refusals::Refusal;

/// Goes with a request. The protocol answers in JSON; what its authorization says in HTTP is put here.
#[derive(Clone, Default)]
pub(super) struct Asked(Arc<OnceLock<Said>>);

/// What is said in HTTP.
pub(super) struct Said {
    pub(super) status: StatusCode,
    refusal: Option<ApiError>,
}

impl Asked {
    /// The request is refused, as HTTP says it.
    pub(super) fn refuse(&self, (error, _): &Refusal) {
        let _ = self.0.set(Said { status: error.status(), refusal: Some(error.clone()) });
    }

    /// The message is none.
    pub(super) fn misread(&self) {
        let _ = self.0.set(Said { status: StatusCode::BAD_REQUEST, refusal: None });
    }

    pub(super) fn said(&self) -> Option<&Said> {
        self.0.get()
    }
}

impl Said {
    /// The headers that go with it; `metadata` is where the service describes itself.
    pub(super) fn headers(&self, metadata: Option<&str>) -> HeaderMap {
        let Some(refusal) = self.refusal.clone() else { return HeaderMap::new() };
        let refusal = match metadata {
            Some(url) => refusal.describing(url),
            None => refusal,
        };
        let mut headers = refusal.headers();
        headers.remove(CONTENT_TYPE);
        headers
    }
}

/// The credentials of a request: what its headers say. A cookie is none, for a browser sends it for any page.
pub(super) fn credentials(headers: &HeaderMap) -> Credentials<'_> {
    Credentials { cookie: None, ..incoming::credentials(headers, false) }
}
