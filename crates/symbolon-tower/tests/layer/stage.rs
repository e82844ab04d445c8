//! One application behind each of the doors.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::any;
use http::HeaderMap;
use symbolon_core::Timestamp;
use symbolon_server::Clock;
use symbolon_tower::{Grant, Symbolon};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tower::{Layer, Service};

use crate::backend::listen;
use crate::front::request;
use crate::wire::{Message, Wire};
use crate::world::World;

/// A server that ends with the value.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub(crate) async fn new<S>(service: S) -> Self
    where
        S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
        S::Future: Send,
    {
        let (listener, address) = listen().await;
        let service = axum::ServiceExt::<Request>::into_make_service(service);
        let task = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { address, task }
    }

    /// Asks over a connection of its own.
    pub(crate) async fn ask(&self, line: &str, headers: &[(&str, &str)]) -> Message {
        ask(self.address, line, headers).await
    }
}

pub(crate) async fn ask(address: SocketAddr, line: &str, headers: &[(&str, &str)]) -> Message {
    let mut wire = Wire::new(TcpStream::connect(address).await.unwrap());
    wire.send(request(line, headers)).await;
    wire.message().await.unwrap_or_else(|| panic!("no answer to {line} {headers:?}"))
}

/// The management API of a world.
pub(crate) async fn management(world: &World) -> Server {
    Server::new(symbolon_server::router(world.app.clone())).await
}

/// A layer that has the world's gate.
pub(crate) fn in_process(world: &World) -> Symbolon {
    let clock = world.clock.clone();
    let now = move || -> Timestamp { clock.now() };
    Symbolon::in_process(world.gate.clone(), "shop").unwrap().with_clock(now)
}

/// A layer that asks a world's server.
pub(crate) async fn remote(world: &World, management: &Server) -> Symbolon {
    let key = world.system_key().await;
    Symbolon::remote(&format!("http://{}", management.address), "shop", key).unwrap()
}

/// The application: it says what reached it, and by whom.
pub(crate) fn application() -> Router {
    async fn echo(grant: Grant, request: Request) -> String {
        let or = |text: Option<&str>| text.unwrap_or("-").to_owned();
        let scopes = Some(grant.scopes().join(" ")).filter(|scopes| !scopes.is_empty());
        let who = [
            grant.kind().to_string(),
            or(grant.token().map(|token| token.id.as_str())),
            or(grant.owner()),
            or(grant.role()),
            or(scopes.as_deref()),
        ];
        told(&request, &who)
    }
    Router::new().fallback(any(echo))
}

/// The same behind the proxy, which says who it is in headers.
pub(crate) fn behind_proxy() -> Router {
    async fn echo(headers: HeaderMap, request: Request) -> String {
        let names = ["principal", "token-id", "owner", "role", "scopes"];
        let who = names.map(|name| headers[format!("x-symbolon-{name}")].to_str().unwrap().to_owned());
        told(&request, &who)
    }
    Router::new().fallback(any(echo))
}

fn told(request: &Request, who: &[String; 5]) -> String {
    let kept = ["authorization", "x-api-key", "x_api_key", "cookie"];
    let kept = kept.map(|name| request.headers().get_all(name).iter().count());
    format!("{} {} by {} kept {kept:?}", request.method(), request.uri(), who.join(", "))
}

/// The layer in front of the application.
pub(crate) async fn guarded(layer: &Symbolon) -> Server {
    Server::new(layer.layer(application())).await
}
