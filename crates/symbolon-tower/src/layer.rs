use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
#[cfg(feature = "remote")]
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Request, Response};
use symbolon_core::Code;
#[cfg(any(feature = "gate", feature = "remote"))]
use symbolon_core::name::ServiceName;
use symbolon_http::Answer;
use tower::{Layer, Service};

use crate::edge;
use crate::grant::Kind;
use crate::passage::{self, Allowed, Asked, Refused};

/// The layer. Cheap to clone; made once, when the application starts.
#[derive(Debug, Clone)]
pub struct Symbolon {
    decider: Decider,
    keep_credentials: bool,
}

/// Who decides.
#[derive(Debug, Clone)]
enum Decider {
    #[cfg(feature = "gate")]
    Local(crate::local::Local),
    #[cfg(feature = "remote")]
    Remote(Arc<crate::remote::Remote>),
    /// So that the type is one without either feature too; nobody can make it.
    #[cfg(not(any(feature = "gate", feature = "remote")))]
    Never(std::convert::Infallible),
}

/// Why there can be no layer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// No service is called so.
    #[error("{0:?} is no service's name: {1}")]
    Service(String, String),
    /// The server's address cannot be called. The text says what would be right.
    #[error("{0}")]
    Url(String),
    /// The key cannot be sent.
    #[error("the key has characters that no header can carry; it is visible ASCII")]
    Key,
}

#[cfg(any(feature = "gate", feature = "remote"))]
impl SetupError {
    /// The service of this name, or why there can be none.
    pub(crate) fn named(service: &str) -> Result<ServiceName, Self> {
        service.parse().map_err(|fault| Self::Service(service.to_owned(), format!("{fault}")))
    }
}

#[cfg(feature = "gate")]
impl Symbolon {
    /// Decides by a gate of this process, which is attached to its record. While the gate knows no such service, or is not
    /// loaded, every answer is 503.
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// # use std::sync::Arc;
    /// # use axum::Router;
    /// # use symbolon_core::{Catalog, decision::{Keys, ServiceRules}, digest::Pepper, session::SessionKey, store::Store};
    /// # use symbolon_gate::{Gate, Service};
    /// # use symbolon_store::SqliteStore;
    /// # use symbolon_tower::Symbolon;
    /// # use tower::{Layer, ServiceExt};
    /// # use zeroize::Zeroizing;
    /// # let text = "service = \"shop\"\ntitle = \"The shop\"\ntoken_prefix = \"shop\"\n[scopes]\n\"read:orders\" = \"Read\"\n\
    /// #     [[routes]]\nscopes = [\"read:orders\"]\npaths = [\"GET /orders\"]\n";
    /// # let directory = tempfile::tempdir()?;
    /// # let file = directory.path().join("symbolon.db");
    /// # let (pepper, sessions) = (Pepper::new(1, &Zeroizing::new([1; 32])), SessionKey::new(&Zeroizing::new([2; 32])));
    /// let catalog = Arc::new(Catalog::compile("shop.toml", text)?);
    /// let gate = Arc::new(Gate::new(Keys::new(pepper, sessions)));
    /// gate.set_services(vec![Service { catalog, rules: ServiceRules::default() }])?;
    /// let store = SqliteStore::open(&file, &gate.keys()).await?;
    /// store.attach(gate.clone()).await?;
    /// let app = Symbolon::in_process(gate, "shop")?.layer(Router::new());
    /// # let request = http::Request::get("/orders").body(axum::body::Body::empty())?;
    /// # assert_eq!(app.oneshot(request).await?.status(), 401);
    /// # store.close().await;
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(example()).unwrap();
    /// ```
    pub fn in_process(gate: Arc<symbolon_gate::Gate>, service: &str) -> Result<Self, SetupError> {
        let local = crate::local::Local::new(gate, service)?;
        Ok(Self { decider: Decider::Local(local), keep_credentials: false })
    }

    /// Decides at the moments that `now` tells, in place of the system's clock: for tests. Does nothing to a remote one.
    #[must_use]
    pub fn with_clock(mut self, now: impl Fn() -> symbolon_core::Timestamp + Send + Sync + 'static) -> Self {
        #[cfg_attr(
            not(feature = "remote"),
            expect(irrefutable_let_patterns, reason = "then there is one kind")
        )]
        if let Decider::Local(local) = &mut self.decider {
            local.now = Arc::new(now);
        }
        self
    }
}

#[cfg(feature = "remote")]
impl Symbolon {
    /// Decides by asking the Symbolon server at `url` (`http://127.0.0.1:7070`, or `unix:` and its socket) about `service`,
    /// each time, with a verifier key of that service. Nothing is called before the first request.
    pub fn remote(
        url: &str,
        service: &str,
        key: impl Into<secrecy::SecretString>,
    ) -> Result<Self, SetupError> {
        let remote = crate::remote::Remote::new(url, service, key.into())?;
        Ok(Self { decider: Decider::Remote(Arc::new(remote)), keep_credentials: false })
    }

    /// How long to wait for the server's answer, connecting and all; 2 seconds if not said. After it the answer is 503. Does
    /// nothing to a gate in the process.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        #[cfg_attr(
            not(feature = "gate"),
            expect(irrefutable_let_patterns, reason = "then there is one kind")
        )]
        if let Decider::Remote(remote) = &mut self.decider {
            *remote = Arc::new(remote.with_timeout(timeout));
        }
        self
    }
}

impl Symbolon {
    /// Leaves the caller's credential in the request, for an application that looks at it too.
    #[must_use]
    pub fn keep_credentials(self) -> Self {
        Self { keep_credentials: true, ..self }
    }

    /// Whether a request may go on; it is then as the application may see it, and its answer gets these headers. Otherwise
    /// its answer.
    async fn admit(&self, parts: &mut Parts) -> Result<HeaderMap, Refused> {
        let asked = Asked::of(parts);
        let Allowed { grant, target, headers } = match &self.decider {
            #[cfg(feature = "gate")]
            Decider::Local(local) => local.decide(parts, &asked)?,
            #[cfg(feature = "remote")]
            Decider::Remote(remote) => remote.decide(parts, &asked).await?,
            #[cfg(not(any(feature = "gate", feature = "remote")))]
            Decider::Never(never) => match *never {},
        };
        if let Err(why) = asked.place(parts, &target) {
            let answer = Answer::new(Code::InvalidRequest, why);
            return Err(Box::new(answer.into_response(&edge::request_id(edge::now()))));
        }
        if self.keep_credentials {
            passage::clean(&mut parts.headers);
        } else {
            passage::clean_of_credentials(&mut parts.headers, grant.kind() != Kind::Anonymous);
        }
        parts.extensions.insert(grant);
        Ok(headers)
    }
}

impl<S> Layer<S> for Symbolon {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { symbolon: self.clone(), inner }
    }
}

/// A service with Symbolon in front of it.
#[derive(Debug, Clone)]
pub struct Guarded<S> {
    symbolon: Symbolon,
    inner: S,
}

impl<S, B, R> Service<Request<B>> for Guarded<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
    R: From<Bytes>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let symbolon = self.symbolon.clone();
        // The one that was asked whether it is ready is the one that is called.
        let next = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, next);
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            match symbolon.admit(&mut parts).await {
                Ok(headers) => {
                    let mut answer = inner.call(Request::from_parts(parts, body)).await?;
                    for (name, value) in &headers {
                        // What the application says of limits of its own is as true: both are lists.
                        answer.headers_mut().append(name, value.clone());
                    }
                    Ok(answer)
                }
                Err(answer) => Ok((*answer).map(R::from)),
            }
        })
    }
}
