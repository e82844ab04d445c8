//! What is taken back while it is in use: a stream or a tunnel whose caller would be refused by now is cut
//! (DESIGN part 7). A request is decided about once; what lasts is asked about again and again, with the same
//! credential and by the same rule.

use std::future::poll_fn;
use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderValue, Method, Uri};
use symbolon_core::credential::{Credentials, SessionCookie};
use symbolon_core::decision::{Decision, Principal, Request};
use symbolon_core::name::ServiceName;

use crate::answer::ApiError;
use crate::app::App;
use crate::incoming::{API_KEY, target};
use crate::listen::Patience;

/// A request that was allowed, and is asked about again.
pub(super) struct Watch {
    request: Arc<Kept>,
    pause: Duration,
    patience: Patience,
}

/// What is asked. It holds the credential and does not print.
struct Kept {
    app: App,
    service: ServiceName,
    method: Method,
    uri: Uri,
    authorization: Option<HeaderValue>,
    api_key: Option<HeaderValue>,
    /// The value of Symbolon's cookie, if that was looked at, and whether it came from a page of ours.
    cookie: Option<(Vec<u8>, bool)>,
    peer: Option<IpAddr>,
    /// Whether it was, or only let pass, for its service is not enforced.
    allowed: bool,
}

impl Watch {
    /// Asks again every `pause`, by the service's rules of then. What was not `allowed` goes on only for as long as its
    /// service is not enforced.
    pub(super) fn new(
        app: &App,
        service: &ServiceName,
        request: &Request<'_>,
        parts: &Parts,
        allowed: bool,
        pause: Duration,
    ) -> Self {
        let cookie = request.credentials.cookie;
        let kept = Kept {
            app: app.clone(),
            service: service.clone(),
            method: parts.method.clone(),
            uri: parts.uri.clone(),
            authorization: parts.headers.get(AUTHORIZATION).cloned(),
            api_key: parts.headers.get(API_KEY).cloned(),
            cookie: cookie.map(|cookie| (cookie.value.to_vec(), cookie.same_origin)),
            peer: request.client_ip,
            allowed,
        };
        Self { request: Arc::new(kept), pause, patience: Patience::new(pause) }
    }

    /// Another one of the same request, to be asked elsewhere.
    pub(super) fn another(&self) -> Self {
        Self { request: self.request.clone(), pause: self.pause, patience: Patience::new(self.pause) }
    }

    /// Ready when the request would be refused, with the refusal. Where a node of a fleet holds no lease, what was allowed ends
    /// too: it may have been taken back elsewhere, and whoever did that has been told so.
    pub(super) fn poll_refused(&mut self, cx: &mut Context<'_>) -> Poll<ApiError> {
        while self.patience.poll_end(cx).is_ready() {
            self.patience.rest();
            if let Some(refusal) = self.request.refusal() {
                let service = &self.request.service;
                let code = refusal.code().as_str();
                tracing::info!(%service, code, "what was allowed is not any more, or nobody knows; it is cut");
                return Poll::Ready(refusal);
            }
        }
        Poll::Pending
    }

    /// The same as a future.
    pub(super) async fn until_refused(mut self) {
        poll_fn(|cx| self.poll_refused(cx)).await;
    }

    /// The refusal that the request would get at this moment, if any.
    pub(super) fn refusal(&self) -> Option<ApiError> {
        self.request.refusal()
    }
}

impl Kept {
    /// What was allowed was given something of ours, and loses it whether or not the service is enforced.
    fn refusal(&self) -> Option<ApiError> {
        if !self.allowed && !self.app.gate().enforces(&self.service) {
            return None;
        }
        let cookie = self.cookie.as_ref();
        let credentials = Credentials {
            authorization: self.authorization.as_ref().map(HeaderValue::as_bytes),
            api_key: self.api_key.as_ref().map(HeaderValue::as_bytes),
            repeated: false,
            cookie: cookie.map(|(value, same_origin)| SessionCookie { value, same_origin: *same_origin }),
        };
        let request = Request {
            method: self.method.as_str(),
            target: &target(&self.uri),
            credentials,
            method_override: false,
            client_ip: self.peer,
        };
        let now = self.app.now();
        match self.app.gate().look(&self.service, &request, now, &mut ()) {
            // On a public route whose credential counts no more is nobody, and was told of as somebody.
            Some(Decision::Allow(grant))
                if self.allowed && !matches!(grant.principal(), Principal::Anonymous) =>
            {
                self.app.gate().goes_on(&grant, now);
                None
            }
            // Who has the record to itself begins or ends: nothing can have been taken back that it does not know of.
            Some(Decision::Unavailable) if self.allowed && self.app.gate().lease().is_endless() => None,
            Some(Decision::Deny(denial)) => Some(ApiError::denied(&denial, self.service.as_str())),
            // It had nothing of ours, and would be another request now; or of a service that is gone nobody may have
            // anything.
            Some(Decision::Allow(_) | Decision::Unavailable) | None => Some(ApiError::unavailable()),
        }
    }
}
