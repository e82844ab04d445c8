//! Proxy mode: an application behind the gate. Each request is decided about; what is allowed goes on as it was
//! decided about, without the caller's credential and with who is calling; the rest is answered here.
//!
//! What goes on, in this order: [`message`] refuses what could be read in two ways; the gate decides; [`headers`]
//! drops what belongs to this connection and what a caller may not say, then adds ours; [`exchange`] sends it over
//! a connection of [`pool`], with bodies a piece at a time ([`body`]), or as a [`tunnel`].

mod activity;
mod body;
mod exchange;
mod headers;
mod message;
mod pool;
mod settings;
mod tunnel;

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use http::header::HOST;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Request, StatusCode, Version};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use symbolon_core::credential::{Credentials, Presented};
use symbolon_core::decision::{self, Decision, Denial, Grant, Principal};
use symbolon_core::id::{RequestId, TokenId};
use symbolon_core::{Code, Timestamp};

use crate::answer::ApiError;
use crate::app::App;
use crate::incoming::{self, Peer};
use crate::listen::{Door, Tunnels};
use crate::refusals;
use activity::Activity;
use body::{AnswerBody, RequestBody};
use exchange::{Fault, exchange};
use pool::Pool;

pub use settings::{
    OtherCredentials, ProxySettings, Timeouts, Upstream, UpstreamFault, UpstreamHeaderFault, UpstreamHeaders,
};

/// The proxy of one application.
pub struct Proxy {
    app: App,
    settings: ProxySettings,
    pool: Arc<Pool>,
}

/// A refusal and what its request is called. Each has been logged.
type Refusal = (ApiError, RequestId);

/// What goes on, and how.
struct Passage {
    target: PathAndQuery,
    /// `None`: the credential is somebody else's, and so is the decision.
    decided: Option<Decided>,
    peer: Option<IpAddr>,
}

/// What of a [`Grant`] outlives the request's headers, which it borrows.
struct Decided {
    identity: [(HeaderName, HeaderValue); 5],
    /// Whether the application's own cookies go on: where a header was the credential they do not, for an
    /// application that also reads cookies would judge by those.
    cookies: bool,
    /// Whether it is known who is calling.
    known: bool,
    token: Option<TokenId>,
    /// For the access log, if that is written.
    route: Option<String>,
}

impl Proxy {
    /// A proxy by these settings. No connection is made before the first request.
    pub fn new(app: App, settings: ProxySettings) -> Self {
        let pool = Arc::new(Pool::new(settings.upstream.clone(), settings.timeouts.connect));
        Self { app, settings, pool }
    }

    /// The proxy as something to listen with.
    pub fn door(self) -> impl Door {
        let proxy = Arc::new(self);
        tower::service_fn(move |request| {
            let proxy = proxy.clone();
            async move { Ok::<_, Infallible>(proxy.handle(request).await) }
        })
    }

    /// Answers a request: with the application's answer, or with a refusal.
    pub async fn handle(&self, mut request: Request<Incoming>) -> Response {
        let now = self.app.now();
        let caller = tunnel::asked(&request).then(|| hyper::upgrade::on(&mut request));
        let (mut parts, body) = request.into_parts();
        let mut passage = match self.admit(&parts, caller.is_some(), now) {
            Ok(passage) => passage,
            Err((error, id)) => return error.into_answer(id),
        };
        let tunnels = parts.extensions.remove::<Tunnels>();
        let method = parts.method.clone();
        // A method is anything that the caller likes, and so of any length.
        let method = method.as_str().get(..32).unwrap_or(method.as_str());
        let service = &self.settings.service;
        let token = passage.decided.as_ref().and_then(|decided| decided.token);
        let route = passage.decided.as_mut().and_then(|decided| decided.route.take());
        match self.forward(parts, body, passage, caller, tunnels).await {
            Ok(answer) => {
                let status = answer.status().as_u16();
                let ms = || self.app.now().as_millisecond() - now.as_millisecond();
                tracing::debug!(%service, %method, route, status, ?token, ms = ms(), "passed on");
                answer
            }
            Err(fault) => {
                let (id, code) = (self.app.request_id(now), fault.code().as_str());
                tracing::warn!(%id, %service, %method, code, ?token, %fault, "the application did not answer");
                ApiError::new(fault.code(), fault.detail()).into_answer(id)
            }
        }
    }

    /// Whether a request may go on, and as what; otherwise its answer.
    fn admit(&self, parts: &Parts, tunnel: bool, now: Timestamp) -> Result<Passage, Refusal> {
        if let Some(why) = message::ambiguity(parts) {
            return Err(self.misread(why, now));
        }
        let peer = parts.extensions.get::<Peer>().map(|Peer(address)| *address);
        let mut credentials = incoming::credentials(&parts.headers, self.app.shared().parts.https);
        if tunnel {
            // A WebSocket's handshake is a GET, but what follows is not just reading; and a browser sends it,
            // cookies and all, for any page that asks.
            credentials.cookie = credentials.cookie.filter(|cookie| cookie.same_origin);
        }
        let target = incoming::target(&parts.uri);
        if self.is_others(&credentials, &target, now) {
            let target = parts.uri.path_and_query().cloned();
            let target = target.unwrap_or(PathAndQuery::from_static("/"));
            return Ok(Passage { target, decided: None, peer });
        }
        let request = decision::Request {
            method: parts.method.as_str(),
            target: &target,
            credentials,
            method_override: incoming::method_override(&parts.headers),
            client_ip: peer,
        };
        match self.app.gate().check(&self.settings.service, &request, now) {
            Some(Decision::Allow(grant)) => {
                let target = forwarded(&grant, parts).map_err(|why| self.misread(why, now))?;
                Ok(Passage { target, decided: Some(Decided::new(&grant, &credentials)), peer })
            }
            Some(Decision::Deny(denial)) => Err(self.refuse(&request, &denial, now)),
            Some(Decision::Unavailable) | None => {
                let id = self.app.request_id(now);
                tracing::warn!(%id, service = %self.settings.service, "nothing can be decided");
                Err((ApiError::unavailable(), id))
            }
        }
    }

    /// Whether a request is left to the application's own login: nothing in it claims to be Symbolon's. What is
    /// no path is left to nobody.
    fn is_others(&self, credentials: &Credentials<'_>, target: &[u8], now: Timestamp) -> bool {
        if self.settings.other_credentials == OtherCredentials::Refuse || target.first() != Some(&b'/') {
            return false;
        }
        let gate = self.app.gate();
        let by_cookie = credentials.cookie.is_some()
            && matches!(credentials.presented(), Ok(Some(Presented::Cookie(_))))
            && gate
                .service(self.settings.service.as_str())
                .is_some_and(|service| service.rules.session_cookie);
        !by_cookie && !gate.claims(credentials, now)
    }

    fn misread(&self, why: &str, now: Timestamp) -> Refusal {
        let id = self.app.request_id(now);
        tracing::info!(%id, service = %self.settings.service, why, "refused");
        (ApiError::new(Code::InvalidRequest, why), id)
    }

    fn refuse(&self, request: &decision::Request<'_>, denial: &Denial, now: Timestamp) -> Refusal {
        let id = self.app.request_id(now);
        let service = &self.settings.service;
        refusals::remember(&self.app, id, service, request, denial, now);
        (ApiError::denied(denial, service.as_str()), id)
    }

    async fn forward(
        &self,
        mut parts: Parts,
        body: Incoming,
        passage: Passage,
        caller: Option<OnUpgrade>,
        tunnels: Option<Tunnels>,
    ) -> Result<Response, Fault> {
        let timeouts = &self.settings.timeouts;
        self.dress(&mut parts, passage, caller.is_some());
        let activity = Arc::new(Activity::default());
        let body = RequestBody::new(body, timeouts.idle, activity.clone());
        let request = Request::from_parts(parts, body);
        let (mut response, sender) = exchange(&self.pool, request, timeouts, &activity).await?;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            let caller = caller.filter(|_| tunnel::granted(response.headers())).ok_or(Fault::Upgrade)?;
            let tunnel = tunnel::carry(caller, hyper::upgrade::on(&mut response), timeouts.idle);
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
        let pool = self.pool.clone();
        Ok(response.map(|body| Body::new(AnswerBody::new(body, timeouts.idle, pool, sender))))
    }

    /// Makes a request what the application shall see of it. What this connection's headers name goes first, so
    /// that it cannot take away what is added after.
    fn dress(&self, parts: &mut Parts, passage: Passage, tunnel: bool) {
        let map = &mut parts.headers;
        headers::next_hop(map);
        headers::remove_identity(map);
        headers::remove_own_cookie(map);
        if let Some(decided) = passage.decided {
            headers::remove_decided(map, &self.settings.upstream_headers);
            if !decided.cookies {
                map.remove(http::header::COOKIE);
            }
            map.extend(decided.identity);
            if decided.known {
                self.settings.upstream_headers.set(map);
            }
        }
        headers::set_forwarded(map, passage.peer);
        if !map.contains_key(HOST) {
            map.insert(HOST, self.settings.upstream.host().clone());
        }
        if tunnel {
            tunnel::set(map);
        }
        parts.version = Version::HTTP_11;
        parts.uri = passage.target.into();
        parts.extensions.clear();
    }
}

/// The target that was allowed. Where it is spelled as it came, it is not written anew.
fn forwarded(grant: &Grant<'_>, parts: &Parts) -> Result<PathAndQuery, &'static str> {
    let same = parts.uri.path_and_query().filter(|sent| sent.path() == grant.target().path());
    match same {
        Some(sent) => Ok(sent.clone()),
        None => grant.target().to_path_and_query().try_into().map_err(|_| "the target is not a path"),
    }
}

impl Decided {
    fn new(grant: &Grant<'_>, credentials: &Credentials<'_>) -> Self {
        let principal = grant.principal();
        let known = !matches!(principal, Principal::Anonymous);
        let by_header = known && matches!(credentials.presented(), Ok(Some(Presented::Secret(_))));
        let logged = tracing::enabled!(tracing::Level::DEBUG);
        let route = grant.route().filter(|_| logged).map(|route| format!("{} {}", route.method, route.path));
        Self {
            identity: headers::identity(&grant.identity()),
            cookies: !by_header,
            known,
            token: principal.token().map(|token| token.id),
            route,
        }
    }
}
