//! The endpoints that a gateway in front of an application asks before it passes a request on (DESIGN part 8).
//!
//! Each family of gateways has an endpoint of its own, `/gateway/{family}/{service}`, which reads that family's headers
//! and no other: one that takes whichever header is there believes a client that sends another family's. `family` says
//! what was shown of the request; the gate decides; `answer` puts it in the form which that family can carry.

mod answer;
mod family;
#[cfg(feature = "envoy-grpc")]
mod grpc;
mod peers;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, Method, Request, StatusCode};
use hyper::body::Incoming;
use symbolon_core::decision::{self, DecidedRoute, Decision};
use symbolon_core::name::ServiceName;
use symbolon_core::{Code, Timestamp};

use crate::access;
use crate::answer::ApiError;
use crate::app::App;
use crate::identity;
use crate::incoming::{self, AtTheMachine, Peer};
use crate::listen::Door;
use crate::metrics::Stopwatch;
use crate::others::{OtherCredentials, by_header, is_others, ours};
use crate::proxy::dry_run::{DRY_RUN, is_asked};
use crate::refusals::{Refusal, refuse, undecided};
use crate::traces::{Seen, Span};
use crate::verdict::Verdict;
use answer::{Pass, Stay};
#[cfg(feature = "envoy-grpc")]
use family::Family;
use family::{Question, Shown};

pub use peers::{PeerFault, Peers};

/// What the operator decides about the gateways.
#[derive(Debug, Clone, Default)]
pub struct GatewaySettings {
    /// Who may ask.
    pub peers: Peers,
    /// What becomes of requests with somebody else's credentials, where it is not [`OtherCredentials::Refuse`].
    pub other_credentials: BTreeMap<ServiceName, OtherCredentials>,
}

/// The endpoints of every family, for every service.
pub struct Gateway {
    app: App,
    settings: GatewaySettings,
}

impl Gateway {
    /// The endpoints by these settings.
    pub fn new(app: App, settings: GatewaySettings) -> Self {
        Self { app, settings }
    }

    /// The endpoints as something to listen with.
    pub fn door(self) -> impl Door {
        let gateway = Arc::new(self);
        tower::service_fn(move |request: Request<Incoming>| {
            let gateway = gateway.clone();
            async move {
                #[cfg(feature = "envoy-grpc")]
                if request.uri().path() == grpc::PATH {
                    return Ok::<_, Infallible>(grpc::call(gateway, request).await);
                }
                // The body is nobody's: a gateway that sends one is answered before it ends.
                Ok::<_, Infallible>(gateway.handle(&request.into_parts().0).await)
            }
        })
    }

    /// Answers whether a request may pass.
    pub async fn handle(&self, parts: &Parts) -> Response {
        let (watch, now) = (Stopwatch::start(), self.app.now());
        let path = incoming::target(&parts.uri);
        let Some(question) = Question::read(parts, &path) else {
            let (error, id) = self.refused(Code::NotFound, "there is no such endpoint", now);
            self.app.metrics().gateway.observe(watch.read());
            return error.into_answer(id);
        };
        let span = self.app.span(&parts.headers, now);
        let service = question.service.parse::<ServiceName>().ok();
        let admitted = self.admit(parts, now);
        let outcome = match admitted {
            Ok(()) => self.decide(&question, service.as_ref(), &parts.headers, now).await,
            Err(refusal) => Err(refusal),
        };
        let verdict = verdict(&outcome);
        let answer = match outcome {
            Ok(pass) => question.family.allowed(pass, &parts.headers),
            Err(refusal) => question.family.refused(refusal),
        };
        let took = watch.read();
        self.app.metrics().gateway.observe(took);
        if let (Some(service), Ok(shown)) = (&service, &question.shown) {
            self.tell(service, shown, answer.status(), verdict, span, (now, took));
        }
        answer
    }

    /// Tells of what was asked about: the access log, and a trace. A question that was not understood is none, and the
    /// log has its reason.
    fn tell(
        &self,
        service: &ServiceName,
        shown: &Shown<'_>,
        status: StatusCode,
        verdict: Verdict,
        mut span: Span,
        (at, took): (Timestamp, Duration),
    ) {
        const DOOR: &str = "gateway";
        let (door, method, target, client_ip) = (DOOR, shown.method, shown.target, shown.client);
        // Anybody can name one that is none.
        let served = Some(service).filter(|name| self.app.gate().serves(name));
        span.end(&Seen {
            door,
            service: served,
            method,
            pattern: None,
            status: Some(status),
            verdict: &verdict,
        });
        let request = access::Request { door, service, method, target, client_ip, at };
        self.app.log_access(&request, Some(status), verdict, took);
    }

    /// Whether whoever sent this may ask.
    fn admit(&self, parts: &Parts, now: Timestamp) -> Result<(), Refusal> {
        let known = parts.extensions.get::<AtTheMachine>().is_some()
            || parts
                .extensions
                .get::<Peer>()
                .is_some_and(|Peer(address)| self.settings.peers.contain(*address));
        let why = "its address is none of the gateway's peers";
        if known { Ok(()) } else { Err(self.refused(Code::UnknownPeer, why, now)) }
    }

    async fn decide(
        &self,
        question: &Question<'_>,
        service: Option<&ServiceName>,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Pass, Refusal> {
        let service = self.served(service, now)?;
        family::note_strangers(question.family, headers);
        match &question.shown {
            Ok(shown) => self.judge(service, shown, headers, now).await,
            Err(why) => Err(self.refused(Code::InvalidRequest, why, now)),
        }
    }

    /// The service, if there is one of this name.
    fn served<'a>(&self, name: Option<&'a ServiceName>, now: Timestamp) -> Result<&'a ServiceName, Refusal> {
        let service = name.filter(|name| self.app.gate().serves(name));
        service.ok_or_else(|| self.refused(Code::NotFound, "no catalog declares this service", now))
    }

    /// Decides about what was shown, with the client's own headers.
    async fn judge(
        &self,
        service: &ServiceName,
        shown: &Shown<'_>,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Pass, Refusal> {
        let credentials = incoming::credentials_of_request(headers, self.app.shared().parts.https);
        let others = self.settings.other_credentials.get(service).copied().unwrap_or_default();
        if is_others(&self.app, service, others, headers, &credentials, shown.target, now) {
            self.app.observe_others(service, shown.method, shown.target, now);
            return Ok(Pass::of_others(None));
        }
        if self.is_to_be_tried(service, shown, headers) {
            // Whoever asks here sends the request on, or does not: there is no third answer.
            let why = "a change cannot be tried here: X-Dry-Run is answered by a proxy of Symbolon's, and by the tools";
            return Err(self.refused(Code::InvalidRequest, why, now));
        }
        let request = decision::Request {
            method: shown.method,
            target: shown.target,
            credentials,
            method_override: incoming::method_override(headers, shown.target),
            client_ip: shown.client,
        };
        match self.app.decide(service, &request, now).await {
            Some(Decision::Allow(grant)) => {
                tracing::debug!(%service, method = shown.method, token = ?grant.principal().token(), "let through");
                let stay = if by_header(&grant, &credentials) {
                    Stay::CredentialsAndCookies
                } else {
                    Stay::Credentials
                };
                let identity = grant.identity();
                let verdict = Verdict::allowed(&grant, &identity);
                Ok(Pass {
                    identity: identity::headers(&identity),
                    stay,
                    decided: true,
                    verdict,
                    quota: grant.quota().copied(),
                })
            }
            Some(Decision::Deny(denial)) if self.app.lets_pass(service, &request, &denial, now) => {
                Ok(self.observed(headers, denial.route, now))
            }
            Some(Decision::Deny(denial)) => Err(refuse(&self.app, service, &request, &denial, now)),
            Some(Decision::Unavailable) | None => Err(undecided(&self.app, service, now)),
        }
    }

    /// Whether a change is not meant, and the application would not know.
    fn is_to_be_tried(&self, service: &ServiceName, shown: &Shown<'_>, headers: &HeaderMap) -> bool {
        let application =
            || self.app.gate().service(service.as_str()).is_some_and(|one| one.catalog.application_dry_run);
        let asked = || {
            Method::from_bytes(shown.method.as_bytes())
                .is_ok_and(|method| is_asked(&method, headers) != Ok(false))
        };
        headers.contains_key(DRY_RUN) && asked() && !application()
    }

    /// Of what would have been refused, were the service enforced. A credential of Symbolon's goes no further.
    fn observed(&self, headers: &HeaderMap, route: Option<DecidedRoute>, now: Timestamp) -> Pass {
        if ours(self.app.gate(), headers, now).next().is_none() {
            Pass::of_others(route)
        } else {
            let verdict = Verdict { principal: Some(identity::REFUSED), route, ..Verdict::ALLOWED };
            Pass {
                identity: identity::of_refused(),
                stay: Stay::Credentials,
                decided: false,
                verdict,
                quota: None,
            }
        }
    }

    fn refused(&self, code: Code, why: &str, now: Timestamp) -> Refusal {
        let id = self.app.request_id(now);
        tracing::warn!(%id, code = code.as_str(), why, "a gateway's question was refused");
        (ApiError::new(code, why), id)
    }
}

/// What is told of a question beside its answer.
fn verdict(outcome: &Result<Pass, Refusal>) -> Verdict {
    match outcome {
        Ok(pass) => pass.verdict.clone(),
        Err(refusal) => Verdict::refused(refusal),
    }
}
