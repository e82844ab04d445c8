//! The gateways' door on a free port, and asking it as each family does.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use symbolon_server::OtherCredentials;
use symbolon_server::gateway::{Gateway, GatewaySettings, Peers};
use symbolon_server::listen::{Limits, serve};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::backend::listen;
use crate::support::front::request;
use crate::support::wire::{Message, Wire};
use crate::support::world::World;

/// Every family, as its endpoint's path has it.
pub(crate) const FAMILIES: [&str; 5] = ["nginx", "caddy", "traefik", "haproxy", "envoy"];

/// The listening door. It closes when this is dropped.
pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The names of a family's headers for target, method and address; none where the request line says it.
pub(crate) fn names(family: &str) -> Option<[&'static str; 3]> {
    match family {
        "nginx" => Some(["X-Original-URI", "X-Original-Method", "X-Original-Address"]),
        "caddy" | "traefik" => Some(["X-Forwarded-Uri", "X-Forwarded-Method", "X-Forwarded-For"]),
        "haproxy" => Some(["X-Haproxy-Uri", "X-Haproxy-Method", "X-Haproxy-Address"]),
        _ => None,
    }
}

impl Door {
    /// With loopback as the only peer.
    pub(crate) async fn of(world: &World) -> Self {
        Self::by(world, &["127.0.0.1"], OtherCredentials::Refuse).await
    }

    pub(crate) async fn by(world: &World, peers: &[&str], others: OtherCredentials) -> Self {
        let peers = Peers::parse(peers.iter().copied(), false).unwrap();
        let other_credentials = BTreeMap::from([("shop".parse().unwrap(), others)]);
        let door = Gateway::new(world.app.clone(), GatewaySettings { peers, other_credentials }).door();
        let (listener, address) = listen().await;
        let limits = Limits { http2: true, ..Limits::default() };
        let task = tokio::spawn(serve(listener.into(), door, CancellationToken::new(), limits));
        Self { address, task }
    }

    /// Sends these bytes and reads the answer.
    pub(crate) async fn send(&self, bytes: &str) -> Message {
        let mut wire = Wire::new(TcpStream::connect(self.address).await.unwrap());
        wire.send(bytes).await;
        wire.message().await.unwrap_or_else(|| panic!("no answer to {bytes}"))
    }

    /// Asks an endpoint of the shop's by its own path and with these headers alone.
    pub(crate) async fn ask(&self, line: &str, headers: &[(&str, &str)]) -> Message {
        self.send(&request(line, headers)).await
    }

    /// Asks about a request to the shop, as a gateway of this family shows it.
    pub(crate) async fn about(&self, family: &str, line: &str, headers: &[(&str, &str)]) -> Message {
        let (method, target) = line.split_once(' ').unwrap();
        let Some([uri, verb, address]) = names(family) else {
            return self.ask(&format!("{method} /gateway/{family}/shop{target}"), headers).await;
        };
        let shown = [(uri, target), (verb, method), (address, "192.0.2.7")];
        self.ask(&format!("GET /gateway/{family}/shop"), &[&shown, headers].concat()).await
    }

    /// The same with a bearer credential.
    pub(crate) async fn about_as(&self, secret: &str, family: &str, line: &str) -> Message {
        self.about(family, line, &[("Authorization", &format!("Bearer {secret}"))]).await
    }
}

/// The status of a refusal as a family carries it.
pub(crate) fn status(family: &str, status: u16) -> u16 {
    match (family, status) {
        ("nginx", 401) => 401,
        ("nginx", 500..) => 500,
        ("nginx", 400..) => 403,
        _ => status,
    }
}
