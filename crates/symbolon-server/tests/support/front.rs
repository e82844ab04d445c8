//! A proxy on a free port, and asking it.

use std::net::SocketAddr;
use std::sync::Arc;

use symbolon_server::listen::{Limits, serve};
use symbolon_server::proxy::{Proxy, ProxyLimits, ProxySettings, Timeouts, Upstream, UpstreamHeaders};
use symbolon_server::{OtherCredentials, TrustedProxies};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::backend::listen;
use super::wire::{Message, Wire};
use super::world::World;

/// A listening proxy.
pub(crate) struct Front {
    pub(crate) address: SocketAddr,
    pub(crate) stop: CancellationToken,
    pub(crate) served: JoinHandle<()>,
}

/// Settings for the shop behind `upstream`.
pub(crate) fn settings(upstream: SocketAddr) -> ProxySettings {
    ProxySettings {
        service: "shop".parse().unwrap(),
        upstream: Upstream::parse(&format!("http://{upstream}")).unwrap(),
        public_url: None,
        other_credentials: OtherCredentials::Refuse,
        upstream_headers: UpstreamHeaders::default(),
        limits: ProxyLimits::default(),
        timeouts: Timeouts::default(),
    }
}

impl Front {
    /// The shop behind `upstream`, by default settings.
    pub(crate) async fn of(world: &World, upstream: SocketAddr) -> Self {
        Self::by(world, settings(upstream), Limits::default()).await
    }

    /// The shop, with its own login beside.
    pub(crate) async fn passthrough(world: &World, upstream: SocketAddr) -> Self {
        let other_credentials = OtherCredentials::Passthrough;
        Self::by(world, ProxySettings { other_credentials, ..settings(upstream) }, Limits::default()).await
    }

    pub(crate) async fn by(world: &World, settings: ProxySettings, limits: Limits) -> Self {
        Self::behind(world, &[], settings, limits).await
    }

    /// The shop, behind proxies that are believed about who is calling.
    pub(crate) async fn behind(
        world: &World,
        proxies: &[&str],
        settings: ProxySettings,
        limits: Limits,
    ) -> Self {
        let (listener, address) = listen().await;
        let stop = CancellationToken::new();
        let trusted = TrustedProxies::new(proxies.iter().map(|network| network.parse().unwrap()));
        let door = trusted.before(Arc::new(Proxy::new(world.app.clone(), settings)).door());
        let served = tokio::spawn(serve(listener.into(), door, stop.clone(), limits));
        Self { address, stop, served }
    }

    pub(crate) async fn connect(&self) -> Wire {
        Wire::new(TcpStream::connect(self.address).await.unwrap())
    }

    /// A WebSocket, by these headers.
    pub(crate) async fn tunnel(&self, headers: &[(&str, &str)]) -> Wire {
        let mut wire = self.connect().await;
        let upgrade = [("Connection", "Upgrade"), ("Upgrade", "websocket")];
        wire.send(request("GET /api/socket", &[&upgrade, headers].concat())).await;
        assert_eq!(wire.head().await.unwrap().status(), 101);
        wire
    }

    /// Sends bytes as they are and nothing after them; the statuses of what comes back until the connection ends.
    pub(crate) async fn statuses(&self, bytes: &str) -> Vec<u16> {
        let mut wire = self.connect().await;
        wire.send(bytes).await;
        let mut statuses = Vec::new();
        while let Some(answer) = wire.message().await {
            statuses.push(answer.status());
        }
        statuses
    }

    /// Asks without a body, over a connection of its own.
    pub(crate) async fn ask(&self, line: &str, headers: &[(&str, &str)]) -> Message {
        let mut wire = self.connect().await;
        wire.send(request(line, headers)).await;
        let answer = if line.starts_with("HEAD") { wire.head().await } else { wire.message().await };
        answer.unwrap_or_else(|| panic!("no answer to {line} {headers:?}"))
    }

    /// The same with a bearer credential.
    pub(crate) async fn ask_as(&self, secret: &str, line: &str, headers: &[(&str, &str)]) -> Message {
        let bearer = format!("Bearer {secret}");
        self.ask(line, &[&[("Authorization", bearer.as_str())], headers].concat()).await
    }
}

/// A request's bytes. `line` is a method and a target.
pub(crate) fn request(line: &str, headers: &[(&str, &str)]) -> String {
    let mut text = format!("{line} HTTP/1.1\r\nHost: shop.example\r\n");
    for (name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    text + "\r\n"
}
