//! What is taken back while it is in use: a stream or a tunnel whose caller would be refused by now is cut
//! (DESIGN part 7). A request is decided about once; what lasts is asked about again and again, with the same
//! credential and by the same rule.

use std::future::poll_fn;
use std::net::IpAddr;
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderValue, Method, Uri};
use symbolon_core::credential::{Credentials, SessionCookie};
use symbolon_core::decision::{Decision, Request};
use symbolon_core::name::ServiceName;

use crate::app::App;
use crate::incoming::{API_KEY, target};
use crate::listen::Patience;

/// A request that was allowed, kept to be asked about again. It holds the credential and does not print.
pub(super) struct Watch {
    app: App,
    service: ServiceName,
    method: Method,
    uri: Uri,
    authorization: Option<HeaderValue>,
    api_key: Option<HeaderValue>,
    /// The value of Symbolon's cookie, if that was looked at, and whether it came from a page of ours.
    cookie: Option<(Vec<u8>, bool)>,
    peer: Option<IpAddr>,
    patience: Patience,
    allowed: bool,
}

impl Watch {
    /// Asks again every `pause`, by the service's rules of then.
    pub(super) fn new(
        app: &App,
        service: &ServiceName,
        parts: &Parts,
        credentials: &Credentials<'_>,
        peer: Option<IpAddr>,
        pause: Duration,
    ) -> Self {
        Self {
            app: app.clone(),
            service: service.clone(),
            method: parts.method.clone(),
            uri: parts.uri.clone(),
            authorization: parts.headers.get(AUTHORIZATION).cloned(),
            api_key: parts.headers.get(API_KEY).cloned(),
            cookie: credentials.cookie.map(|cookie| (cookie.value.to_vec(), cookie.same_origin)),
            peer,
            patience: Patience::new(pause),
            allowed: true,
        }
    }

    /// The same of a request that goes on although it would have been refused, for its service is not enforced: it is
    /// cut once that is.
    pub(super) fn of_refused(self) -> Self {
        Self { allowed: false, ..self }
    }

    /// Ready when the request would be refused. Where nothing can be decided for a while, what was allowed goes
    /// on: an outage is no refusal.
    pub(super) fn poll_refused(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.patience.poll_end(cx).is_ready() {
            self.patience.rest();
            if self.refused() {
                tracing::info!(service = %self.service, "what was allowed is not any more; its stream is cut");
                return Poll::Ready(());
            }
        }
        Poll::Pending
    }

    /// The same as a future.
    pub(super) async fn until_refused(mut self) {
        poll_fn(|cx| self.poll_refused(cx)).await;
    }

    /// What was allowed was given something of ours, and loses it whether or not the service is enforced.
    fn refused(&self) -> bool {
        if !self.allowed {
            return self.app.gate().enforces(&self.service);
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
        match self.app.gate().look(&self.service, &request, self.app.now(), &mut ()) {
            // Of a service that is gone nobody may have anything.
            Some(Decision::Deny(_)) | None => true,
            Some(Decision::Allow(_) | Decision::Unavailable) => false,
        }
    }
}
