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
use http::{HeaderMap, Request};
use hyper::body::Incoming;
use symbolon_core::credential::{Credentials, Presented};
use symbolon_core::decision::{self, Decision, Grant, Principal};
use symbolon_core::id::RequestId;
use symbolon_core::name::ServiceName;
use symbolon_core::{Code, Timestamp};

use crate::access;
use crate::answer::ApiError;
use crate::app::App;
use crate::identity;
use crate::incoming::{self, AtTheMachine, Peer};
use crate::listen::Door;
use crate::metrics::Stopwatch;
use crate::others::{OtherCredentials, is_others, ours};
use crate::refusals;
use answer::{Pass, Stay};
use family::{Family, Shown};

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

/// What a refusal is, and what its request is called. It has been logged.
type Refusal = (ApiError, RequestId);

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
                Ok::<_, Infallible>(gateway.handle(&request.into_parts().0))
            }
        })
    }

    /// Answers whether a request may pass.
    pub fn handle(&self, parts: &Parts) -> Response {
        let (watch, at) = (Stopwatch::start(), self.app.now());
        let answer = self.answer(parts);
        let took = watch.read();
        self.app.metrics().gateway.observe(took);
        if self.app.access_log().is_some() {
            self.log(parts, &answer, at, took);
        }
        answer
    }

    /// Writes down what was asked about. A question that was not understood is none, and the log has its reason.
    fn log(&self, parts: &Parts, answer: &Response, at: Timestamp, took: Duration) {
        let path = incoming::target(&parts.uri);
        let Some((family, service, rest)) = family::endpoint(&path) else { return };
        let Ok(service) = service.parse::<ServiceName>() else { return };
        if let Ok(Shown { method, target, client, .. }) = family.shown(parts, rest) {
            let request = access::Request {
                door: "gateway",
                service: &service,
                method,
                target: &target,
                client_ip: client,
                at,
            };
            self.app.log_access(&request, answer, took);
        }
    }

    fn answer(&self, parts: &Parts) -> Response {
        let now = self.app.now();
        let path = incoming::target(&parts.uri);
        let Some((family, service, rest)) = family::endpoint(&path) else {
            let (error, id) = self.refused(Code::NotFound, "there is no such endpoint", now);
            return error.into_answer(id);
        };
        let admitted = self.admit(parts, now);
        match admitted.and_then(|()| self.decide(parts, family, service, rest, now)) {
            Ok(pass) => family.allowed(pass, &parts.headers),
            Err(refusal) => family.refused(refusal),
        }
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

    fn decide(
        &self,
        parts: &Parts,
        family: Family,
        service: &str,
        rest: &[u8],
        now: Timestamp,
    ) -> Result<Pass, Refusal> {
        let service = self.served(service, now)?;
        family::note_strangers(family, &parts.headers);
        let shown = family.shown(parts, rest).map_err(|why| self.refused(Code::InvalidRequest, why, now))?;
        self.judge(&service, &shown, &parts.headers, now)
    }

    /// The service of this name, if there is one.
    fn served(&self, name: &str, now: Timestamp) -> Result<ServiceName, Refusal> {
        let served = |name: &ServiceName| self.app.gate().service(name.as_str()).is_some();
        let service = name.parse().ok().filter(served);
        service.ok_or_else(|| self.refused(Code::NotFound, "no catalog declares this service", now))
    }

    /// Decides about what was shown, with the client's own headers.
    fn judge(
        &self,
        service: &ServiceName,
        shown: &Shown<'_>,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Pass, Refusal> {
        let credentials = incoming::credentials_of_request(headers, self.app.shared().parts.https);
        let others = self.settings.other_credentials.get(service).copied().unwrap_or_default();
        if is_others(&self.app, service, others, headers, &credentials, &shown.target, now) {
            self.app.observe_others(service, shown.method, &shown.target, now);
            return Ok(Pass { identity: identity::of_others(), stay: Stay::Nothing });
        }
        let request = decision::Request {
            method: shown.method,
            target: &shown.target,
            credentials,
            method_override: incoming::method_override(headers, &shown.target),
            client_ip: shown.client,
        };
        match self.app.gate().check(service, &request, now) {
            Some(Decision::Allow(grant)) => {
                tracing::debug!(%service, method = shown.method, token = ?grant.principal().token().map(|t| t.id), "let through");
                Ok(Pass { identity: identity::headers(&grant.identity()), stay: stay(&grant, &credentials) })
            }
            Some(Decision::Deny(denial)) if self.app.lets_pass(service, &request, &denial, now) => {
                Ok(self.observed(headers, now))
            }
            Some(Decision::Deny(denial)) => {
                let id = self.app.request_id(now);
                refusals::remember(&self.app, id, service, &request, &denial, now);
                Err((ApiError::denied(&denial, service.as_str()), id))
            }
            Some(Decision::Unavailable) | None => {
                let id = self.app.request_id(now);
                tracing::warn!(%id, %service, "nothing can be decided");
                Err((ApiError::unavailable(), id))
            }
        }
    }

    /// Of what would have been refused, were the service enforced. A credential of Symbolon's goes no further.
    fn observed(&self, headers: &HeaderMap, now: Timestamp) -> Pass {
        if ours(self.app.gate(), headers, now).is_empty() {
            Pass { identity: identity::of_others(), stay: Stay::Nothing }
        } else {
            Pass { identity: identity::of_refused(), stay: Stay::Credentials }
        }
    }

    fn refused(&self, code: Code, why: &str, now: Timestamp) -> Refusal {
        let id = self.app.request_id(now);
        tracing::warn!(%id, code = code.as_str(), why, "a gateway's question was refused");
        (ApiError::new(code, why), id)
    }
}

/// What of a request that was decided about stays here, as in proxy mode.
fn stay(grant: &Grant<'_>, credentials: &Credentials<'_>) -> Stay {
    let known = !matches!(grant.principal(), Principal::Anonymous);
    if known && matches!(credentials.presented(), Ok(Some(Presented::Secret(_)))) {
        Stay::CredentialsAndCookies
    } else {
        Stay::Credentials
    }
}
