//! What is told of a request: to the measures, the access log and a trace, once. Whoever leaves before there is an answer
//! is told of too, for the application may have had the request by then; so it is told as these values are dropped, which
//! they are with the request's future at the latest.

use std::net::IpAddr;
use std::sync::Arc;

use http::{Method, StatusCode};
use symbolon_core::name::ServiceName;
use symbolon_core::{Code, Timestamp};

use super::settings::ProxySettings;
use crate::access;
use crate::app::App;
use crate::incoming;
use crate::metrics::Stopwatch;
use crate::refusals::Refusal;
use crate::traces::{Seen, Span};
use crate::trusted::client;
use crate::verdict::Verdict;

/// A request under way.
pub(super) struct Telling<'a> {
    app: &'a App,
    /// By which door it came.
    door: &'static str,
    service: &'a ServiceName,
    method: Method,
    /// Target and caller, where there is an access log.
    shown: Option<(Vec<u8>, Option<IpAddr>)>,
    watch: Stopwatch,
    pub(super) at: Timestamp,
    pub(super) span: Span,
    /// What is known so far.
    pub(super) verdict: Verdict,
    /// Of the answer.
    status: Option<StatusCode>,
}

impl<'a> Telling<'a> {
    /// Of a request that has just come.
    pub(super) fn begin<B>(
        app: &'a App,
        door: &'static str,
        service: &'a ServiceName,
        request: &http::Request<B>,
    ) -> Self {
        let (watch, at) = (Stopwatch::start(), app.now());
        let shown = app
            .access_log()
            .map(|_| (incoming::target(request.uri()).into_owned(), client(request.extensions())));
        Self {
            app,
            door,
            service,
            method: request.method().clone(),
            shown,
            watch,
            at,
            span: app.span(request.headers(), at),
            verdict: Verdict::ALLOWED,
            status: None,
        }
    }

    /// What was let pass and is not answered by the application.
    pub(super) fn turned(&mut self, refusal: Refusal) -> Refusal {
        let (error, id) = &refusal;
        (self.verdict.id, self.verdict.code) = (Some(*id), error.code());
        refusal
    }

    /// It is answered.
    pub(super) fn answered(mut self, status: StatusCode) {
        self.status = Some(status);
    }
}

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        let took = self.watch.read();
        self.app.metrics().proxy.observe(took);
        let (door, service, method, status) = (self.door, self.service, self.method.as_str(), self.status);
        let verdict = &self.verdict;
        self.span.end(&Seen { door, service: Some(service), method, pattern: None, status, verdict });
        if let Some((target, client_ip)) = self.shown.take() {
            let request = access::Request { door, service, method, target: &target, client_ip, at: self.at };
            self.app.log_access(&request, status, self.verdict.clone(), took);
        }
    }
}

/// The span of a request's way to the application.
pub(super) struct Onward {
    pub(super) span: Span,
    pub(super) settings: Arc<ProxySettings>,
    pub(super) method: Method,
    /// What the application answered, or why it did not; nothing where the caller did not wait for it.
    pub(super) answer: Option<Result<StatusCode, Code>>,
}

impl Drop for Onward {
    fn drop(&mut self) {
        self.span.end_onward(&self.settings.service, &self.method, self.answer);
    }
}
