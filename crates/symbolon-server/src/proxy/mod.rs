//! Proxy mode: an application behind the gate. Each request is decided about; what is allowed goes on as it was
//! decided about, without the caller's credential and with who is calling; the rest is answered here.
//!
//! In this order: `message` refuses what could be read in two ways; the gate decides; `passage` drops what
//! belongs to this connection and what a caller may not say, then adds what we say; `exchange` sends it over a
//! connection of `pool`, and `once` sees to it that what has a key is sent once; `telling` tells of it; the answer goes back a piece at a time (`body`) or as a `tunnel`, for as long as
//! `watch` finds that the caller may still have it.

mod activity;
mod body;
pub(crate) mod dry_run;
mod exchange;
mod gather;
mod headers;
mod message;
mod metadata;
mod names;
mod once;
mod outgoing;
mod passage;
mod pool;
mod settings;
mod telling;
pub(crate) mod trust;
mod tunnel;
mod watch;

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::HOST;
use http::request::Parts;
use http::{Request, StatusCode, Version};
use hyper::body::{Body as _, Incoming};
use hyper::upgrade::OnUpgrade;
use symbolon_core::decision::{self, Decision, Denial, Principal};
use symbolon_core::name::ServiceName;
use symbolon_core::{Code, Timestamp};

use crate::answer::ApiError;
use crate::app::App;
use crate::incoming::{self, Peer};
use crate::listen::Door;
use crate::metrics::Faults;
use crate::others::{is_others, ours};
use crate::refusals::{Refusal, refuse, undecided};
use crate::trusted::client;
use crate::verdict::Verdict;
use body::{AnswerBody, Source};
use exchange::Fault;
use once::Unanswered;
use outgoing::Outgoing;
use passage::Passage;
use pool::{Pool, Upload};
use telling::Telling;
use watch::Watch;

pub(crate) use headers::remove_own_cookie;
pub(crate) use metadata::description;
pub(crate) use names::is_not_the_callers;
pub use settings::{
    ProxyLimits, ProxySettings, Timeouts, Upstream, UpstreamFault, UpstreamHeaderFault, UpstreamHeaders,
};

/// What this door is called in what is told of it.
const DOOR: &str = "proxy";

/// The proxy of one application.
#[derive(Clone)]
pub struct Proxy {
    app: App,
    settings: Arc<ProxySettings>,
    pool: Arc<Pool>,
    /// What is counted of the application's faults.
    faults: Arc<Faults>,
}

impl Proxy {
    /// A proxy by these settings. No connection is made before the first request.
    pub fn new(app: App, settings: ProxySettings) -> Self {
        let pool = Pool::new(settings.upstream.clone(), settings.timeouts, settings.limits.requests);
        let pool = Arc::new(pool);
        let faults = app.metrics().upstream(&settings.service);
        Self { app, settings: Arc::new(settings), pool, faults }
    }

    /// Whose requests it passes on.
    pub fn service(&self) -> &ServiceName {
        &self.settings.service
    }

    /// The proxy as something to listen with.
    pub fn door(self: Arc<Self>) -> impl Door {
        tower::service_fn(move |request| {
            let proxy = self.clone();
            async move { Ok::<_, Infallible>(proxy.handle(request).await) }
        })
    }

    /// Answers a request: with the application's answer, or with a refusal.
    pub async fn handle(&self, mut request: Request<Incoming>) -> Response {
        let mut telling = Telling::begin(&self.app, DOOR, &self.settings.service, &request);
        let caller = tunnel::asked(&request).then(|| hyper::upgrade::on(&mut request));
        let (parts, body) = request.into_parts();
        let answer = if let Some(description) = self.metadata(&parts) {
            description
        } else {
            let outcome = self.answer(parts, Source::Caller(body), caller, &mut telling).await;
            outcome.unwrap_or_else(|(error, id)| error.into_answer(id))
        };
        telling.answered(answer.status());
        answer
    }

    /// Makes a request for somebody who asked another door for it: decided about, sent and told of like one that they have
    /// sent here themselves. The error is why there is no answer of the application.
    pub(crate) async fn call(
        &self,
        door: &'static str,
        mut request: Request<Bytes>,
    ) -> Result<Response, Refusal> {
        request.headers_mut().insert(HOST, self.settings.upstream.host().clone());
        let mut telling = Telling::begin(&self.app, door, &self.settings.service, &request);
        let (parts, body) = request.into_parts();
        let outcome = self.answer(parts, Source::Whole(body.into()), None, &mut telling).await;
        telling.answered(match &outcome {
            Ok(answer) => answer.status(),
            Err((error, _)) => error.status(),
        });
        outcome
    }

    async fn answer(
        &self,
        parts: Parts,
        body: Source,
        caller: Option<OnUpgrade>,
        telling: &mut Telling<'_>,
    ) -> Result<Response, Refusal> {
        let (now, service) = (telling.at, &self.settings.service);
        if let Some(tried) = self.try_dry(&parts, caller.is_some(), now).await {
            telling.verdict = match &tried {
                Ok((_, verdict)) => verdict.clone(),
                Err(refusal) => Verdict::refused(refusal),
            };
            return tried.map(|(told, _)| told);
        }
        let mut passage = match self.admit(&parts, caller.is_some(), now).await {
            Ok(passage) => passage,
            Err(refusal) => {
                telling.verdict = Verdict::refused(&refusal);
                return Err(refusal);
            }
        };
        telling.verdict = std::mem::replace(&mut passage.verdict, Verdict::ALLOWED);
        let longest = self.settings.limits.body_bytes;
        if let Some(longest) = longest.filter(|longest| body.size_hint().lower() > *longest) {
            return Err(telling.turned(self.too_long(longest, now)));
        }
        // A method is anything that the caller likes, and so of any length.
        let method = parts.method.clone();
        let method = method.as_str().get(..32).unwrap_or(method.as_str());
        let upload = Upload::default();
        let activity = &upload.activity;
        let quota = passage.quota;
        let key = passage.key.take();
        let outgoing = self.outgoing(parts, &body, passage, caller.is_some(), &telling.span);
        let outcome = match key {
            None => self.forward(outgoing, body, caller, &upload).await.map_err(Unanswered::Fault),
            Some(key) => self.once(key, outgoing, body, &upload).await,
        };
        if let (Err(_), Some(longest), true) = (&outcome, longest, activity.exceeded()) {
            return Err(telling.turned(self.too_long(longest, now)));
        }
        if let (Err(_), Some(refusal)) = (&outcome, activity.taken_back()) {
            return Err(telling.turned((refusal.clone(), self.app.request_id(now))));
        }
        let Verdict { token, route, .. } = &telling.verdict;
        match outcome {
            Ok(mut answer) => {
                if let Some(quota) = quota {
                    headers::add_quota(answer.headers_mut(), &quota);
                }
                let status = answer.status().as_u16();
                let ms = || self.app.now().as_millisecond() - now.as_millisecond();
                tracing::debug!(%service, %method, ?route, status, ?token, ms = ms(), "passed on");
                Ok(answer)
            }
            Err(Unanswered::Fault(Fault::Host)) => {
                Err(telling.turned(self.misread("Host is not a host and a port", now)))
            }
            Err(Unanswered::Refused(error)) => {
                let (id, code) = (self.app.request_id(now), error.code().as_str());
                tracing::info!(%id, %service, %method, code, ?token, "not made, or not told, under its Idempotency-Key");
                Err(telling.turned((error, id)))
            }
            Err(Unanswered::Fault(fault)) => {
                self.faults.count(fault.code());
                let (id, code) = (self.app.request_id(now), fault.code().as_str());
                tracing::warn!(%id, %service, %method, code, ?token, %fault, "the application did not answer");
                Err(telling.turned((ApiError::new(fault.code(), fault.detail()), id)))
            }
        }
    }

    /// Whether a request may go on, and as what; otherwise its answer.
    async fn admit(&self, parts: &Parts, tunnel: bool, now: Timestamp) -> Result<Passage, Refusal> {
        if let Some(why) = message::ambiguity(parts) {
            return Err(self.misread(why, now));
        }
        let peer = parts.extensions.get::<Peer>().map(|Peer(address)| *address);
        let target = incoming::target(&parts.uri);
        let mut request = self.question(parts, &target);
        if tunnel {
            // A WebSocket's handshake is a GET, but what follows is not just reading; and a browser sends it,
            // cookies and all, for any page that asks.
            request.credentials.cookie = request.credentials.cookie.filter(|cookie| cookie.same_origin);
        }
        let service = &self.settings.service;
        if self.is_others(parts, &request, now) {
            self.app.observe_others(service, request.method, &target, now);
            return Ok(Passage::of_others(parts, peer));
        }
        match self.app.decide(&self.settings.service, &request, now).await {
            Some(Decision::Allow(grant)) => {
                let passage = Passage::granted(&grant, &request.credentials, parts, peer);
                let mut passage = passage.map_err(|why| self.misread(why, now))?;
                passage.key = self.key(&grant, parts).map_err(|why| self.misread(why, now))?;
                if !matches!(grant.principal(), Principal::Anonymous) {
                    passage.watch = Some(self.watch(&request, parts, true));
                }
                Ok(passage)
            }
            Some(Decision::Deny(denial)) if self.app.lets_pass(service, &request, &denial, now) => {
                let held = ours(self.app.gate(), &parts.headers, now).cloned().collect();
                let mut passage = Passage::of_refused(parts, peer, held, denial.route);
                passage.watch = Some(self.watch(&request, parts, false));
                Ok(passage)
            }
            Some(Decision::Deny(denial)) => Err(self.refuse(&request, &denial, now)),
            Some(Decision::Unavailable) | None => Err(undecided(&self.app, service, now)),
        }
    }

    /// What is asked of the gate.
    fn question<'r>(&self, parts: &'r Parts, target: &'r [u8]) -> decision::Request<'r> {
        decision::Request {
            method: parts.method.as_str(),
            target,
            credentials: incoming::credentials(&parts.headers, self.app.shared().parts.https),
            method_override: incoming::method_override(&parts.headers, target),
            client_ip: client(&parts.extensions),
        }
    }

    /// Whether it is left to the application's own login.
    fn is_others(&self, parts: &Parts, request: &decision::Request<'_>, now: Timestamp) -> bool {
        let (service, others) = (&self.settings.service, self.settings.other_credentials);
        is_others(&self.app, service, others, &parts.headers, &request.credentials, request.target, now)
    }

    fn watch(&self, request: &decision::Request<'_>, parts: &Parts, allowed: bool) -> Watch {
        let pause = self.settings.timeouts.recheck;
        Watch::new(&self.app, &self.settings.service, request, parts, allowed, pause)
    }

    fn misread(&self, why: &str, now: Timestamp) -> Refusal {
        let id = self.app.request_id(now);
        tracing::info!(%id, service = %self.settings.service, why, "refused");
        (ApiError::new(Code::InvalidRequest, why), id)
    }

    /// The answer to a body of more than `longest` bytes. Nobody's fault but the caller's, and so not counted as one.
    fn too_long(&self, longest: u64, now: Timestamp) -> Refusal {
        let id = self.app.request_id(now);
        tracing::info!(%id, service = %self.settings.service, longest, "refused: the body is too long");
        let detail = format!("a body has at most {longest} bytes here");
        (ApiError::new(Code::PayloadTooLarge, detail), id)
    }

    fn refuse(&self, request: &decision::Request<'_>, denial: &Denial, now: Timestamp) -> Refusal {
        let (refusal, id) = refuse(&self.app, &self.settings.service, request, denial, now);
        (refusal.describing(self.metadata_url().as_deref()), id)
    }

    async fn forward(
        &self,
        outgoing: Outgoing,
        body: Source,
        caller: Option<OnUpgrade>,
        upload: &Upload,
    ) -> Result<Response, Fault> {
        let timeouts = &self.settings.timeouts;
        let Outgoing { parts, onward, watch, tunnels } = outgoing;
        let (mut response, connection) =
            self.send(parts, onward, body, watch.as_ref(), upload, false).await?;
        headers::remove_own_set_cookie(response.headers_mut());
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            let caller = caller.filter(|_| tunnel::granted(response.headers())).ok_or(Fault::Upgrade)?;
            let application = hyper::upgrade::on(&mut response);
            let tunnel = tunnel::carry(caller, application, watch, timeouts.idle);
            let tunnel = async move {
                let _place = connection;
                tunnel.await;
            };
            match tunnels {
                Some(tunnels) => tunnels.spawn(tunnel),
                // Served by somebody else's listener.
                None => drop(tokio::spawn(tunnel)),
            }
            headers::remove_connections(response.headers_mut());
            tunnel::set(response.headers_mut());
            return Ok(response.map(|_| Body::empty()));
        }
        headers::remove_connections(response.headers_mut());
        *response.version_mut() = Version::HTTP_11;
        let connection = (self.pool.clone(), connection);
        Ok(response.map(|body| Body::new(AnswerBody::new(body, timeouts.idle, connection, watch))))
    }
}
