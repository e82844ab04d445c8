//! Tools for agents: the Model Context Protocol at `/mcp/{service}`, in its versions 2026-07-28 and 2025-11-25, for each
//! service whose application is behind a proxy of ours.
//!
//! Which tools there are the catalog declares, and a caller sees those that it could use. A call becomes the requests that
//! the tool stands for, each made through the service's [`Proxy`] as if the caller had sent it there: decided about by the
//! same rule, told of in the same places. So nothing is allowed here that is not allowed there.
//!
//! A call is one request and nothing is kept between two: no session, no stream of the server's own. Who calls is said by
//! each request, in a header; a browser's cookie counts for nothing here.

mod asked;
mod asking;
mod call;
mod compact;
mod content;
mod handler;
mod headers;
mod metadata;
mod outcome;
mod plain;
mod tools;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL};
use http::request::Parts;
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use symbolon_core::Code;
use symbolon_core::decision::Reach;
use symbolon_core::id::TokenId;
use symbolon_core::name::ServiceName;
use tower::ServiceExt;

use crate::answer::ApiError;
use crate::app::App;
use crate::listen::Door;
use crate::management;
use crate::plain_json::is_plain_json;
use crate::proxy::Proxy;
use crate::public_url::PublicUrl;
use crate::refusals::{Refusal, undecided, unremembered};
use crate::trusted::client;
use asked::Asked;
use handler::Handler;
use plain::PlainCall;
use tools::Tools;

/// What this door is called in what is told of it.
const DOOR: &str = "mcp";

/// Where the tools of services are.
const PATH: &str = "/mcp/";

/// How long a message may take to arrive.
const PATIENCE: Duration = Duration::from_secs(15);

/// The longest message that is read, in bytes.
const MAX_MESSAGE: usize = 1024 * 1024;

/// The services' tools, below `/mcp/`.
#[derive(Clone)]
pub struct Mcp(Arc<Shared>);

struct Shared {
    app: App,
    services: BTreeMap<ServiceName, Served>,
    /// The names by which it may be reached; none: every one.
    hosts: Vec<String>,
    /// Where callers reach this door, where that was said.
    public_url: Option<PublicUrl>,
}

/// One service, and what speaks the protocol for it.
struct Served {
    tools: Arc<Tools>,
    protocol: StreamableHttpService<Handler, NeverSessionManager>,
}

impl Mcp {
    /// The tools of the services behind these proxies. `public_url` is where callers reach them, `hosts` the other names by
    /// which they may: a page that a browser was led to by another name is turned away. No name: every one may.
    pub fn new(
        app: App,
        proxies: impl IntoIterator<Item = Arc<Proxy>>,
        public_url: Option<PublicUrl>,
        hosts: &[String],
    ) -> Self {
        let pages = hosts.iter().flat_map(|host| [format!("http://{host}:*"), format!("https://{host}:*")]);
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            .with_sse_keep_alive(None)
            .with_max_request_body_bytes(MAX_MESSAGE)
            .with_allowed_hosts(hosts.iter().cloned())
            .with_allowed_origins(pages.chain(public_url.iter().map(ToString::to_string)))
            .enforce_origin_validation();
        let api = management::router(app.clone());
        let services = proxies.into_iter().map(|proxy| {
            let name = proxy.service().clone();
            let tools = Arc::new(Tools::new(app.clone(), proxy, api.clone()));
            let handler = Handler::new(tools.clone());
            let protocol =
                StreamableHttpService::new(move || Ok(handler.clone()), Arc::default(), config.clone());
            (name, Served { tools, protocol })
        });
        let services = services.collect();
        Self(Arc::new(Shared { app, services, hosts: hosts.to_vec(), public_url }))
    }

    /// The tools, and behind them `site` for all else.
    pub fn before(self, site: impl Door) -> impl Door {
        tower::service_fn(move |request: Request<Incoming>| {
            let (mcp, site) = (self.clone(), site.clone());
            async move {
                let path = request.uri().path();
                if let Some(service) = path.strip_prefix(metadata::PATH) {
                    return Ok(mcp.describe(service, &request));
                }
                match path.strip_prefix(PATH).map(str::to_owned) {
                    Some(service) => Ok::<_, Infallible>(mcp.handle(&service, request).await),
                    None => site.oneshot(request).await,
                }
            }
        })
    }

    async fn handle(&self, service: &str, request: Request<Incoming>) -> Response {
        let mut response = match self.answer(service, request).await {
            Ok(response) => response,
            Err((error, id)) => error.into_answer(id),
        };
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    async fn answer(&self, service: &str, request: Request<Incoming>) -> Result<Response, Refusal> {
        let served = self.served(service)?;
        if request.method() != Method::POST {
            // No stream of the server's own, and no session to end.
            let allow = [(ALLOW, HeaderValue::from_static("POST"))];
            return Ok((StatusCode::METHOD_NOT_ALLOWED, allow).into_response());
        }
        let (mut parts, body) = request.into_parts();
        let asked = Asked::by(self.known(served, &parts).await?);
        parts.extensions.insert(asked.clone());
        let message = self.whole(body).await?;
        if !is_plain_json(&message) {
            let detail =
                "the message has a name in it that no message may have: one of $serde_json::private::";
            let refusal = ApiError::new(Code::InvalidRequest, detail);
            return Err((refusal, self.0.app.request_id(self.0.app.now())));
        }
        if let Some(call) = PlainCall::read(&parts, &message, &self.0.hosts) {
            let response = call.answer(&served.tools, &parts).await;
            return Ok(asked.say(response, || self.metadata_url(service, &parts)));
        }
        let metadata = self.metadata_url(service, &parts);
        // Apart, for it is large, and every request has room for what it may become.
        let answering = Box::pin(served.protocol.handle(Request::from_parts(parts, Full::new(message))));
        Ok(asked.say(answering.await.map(Body::new), || metadata))
    }

    /// A message, all of it. One that takes too long holds a place that others wait for.
    async fn whole(&self, body: Incoming) -> Result<Bytes, Refusal> {
        let read = tokio::time::timeout(PATIENCE, Limited::new(body, MAX_MESSAGE).collect()).await;
        let refusal = match read {
            Ok(Ok(body)) => return Ok(body.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                ApiError::new(Code::PayloadTooLarge, format!("a message has at most {MAX_MESSAGE} bytes"))
            }
            Ok(Err(_)) => ApiError::new(Code::InvalidRequest, "the message broke off"),
            Err(_) => ApiError::new(Code::InvalidRequest, "the message did not come within 15 s"),
        };
        Err((refusal, self.0.app.request_id(self.0.app.now())))
    }

    fn served(&self, service: &str) -> Result<&Served, Refusal> {
        let Shared { app, services, .. } = &*self.0;
        services.get(service).ok_or_else(|| {
            // Which there are is not for anybody to know.
            let detail = "there are no tools of such a service; one has some where its application is behind a proxy of \
                          Symbolon's, with its listen and upstream";
            (ApiError::new(Code::NotFound, detail), app.request_id(app.now()))
        })
    }

    /// The token that calls, if it is one, where it is somebody whom the service knows. What they may do is decided about with
    /// what they ask for.
    async fn known(&self, served: &Served, parts: &Parts) -> Result<Option<TokenId>, Refusal> {
        let app = &self.0.app;
        let (service, now) = (served.tools.service(), app.now());
        let credentials = asked::credentials(&parts.headers);
        let client_ip = client(&parts.extensions);
        match app.who(service, credentials, client_ip, now).await {
            Some(Reach::Known(principal, _)) => Ok(principal.token()),
            Some(Reach::Deny(denial)) => {
                let id = app.request_id(now);
                let many = unremembered(app, service, &credentials, client_ip, &denial, now);
                tracing::info!(%id, %service, reason = %denial.reason, token = ?denial.about(), "refused to show tools");
                let refusal = many.unwrap_or_else(|| ApiError::denied(&denial, service.as_str()));
                let metadata = self.metadata_url(service.as_str(), parts);
                Err((refusal.describing(metadata.as_deref()), id))
            }
            Some(Reach::Unavailable) | None => Err(undecided(app, service, now)),
        }
    }
}
