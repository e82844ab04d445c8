//! The doors: the management API on its address and on the data directory's socket, and a proxy for each
//! application.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use symbolon_core::name::ServiceName;
use symbolon_server::gateway::{Gateway, GatewaySettings};
use symbolon_server::listen::{Limits, Listener, Tls, serve};
use symbolon_server::mcp::Mcp;
use symbolon_server::proxy::{Proxy, ProxySettings};
use symbolon_server::{Door, PublicUrl, TrustedProxies};
use tokio::net::{TcpListener, UnixListener};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::certificates::Certificates;
use super::signals::Signals;
use crate::failure::Failure;
use crate::node::Node;
use crate::settings::{Fault, Settings};

/// A proxy's address, what it is told, and whom it believes about who is calling.
pub(super) type ProxyPlan = (SocketAddr, Option<Tls>, ProxySettings, TrustedProxies);

/// What each proxy is told. Reads the files that hold headers.
pub(super) fn proxies(settings: &Settings, certificates: &Certificates) -> Result<Vec<ProxyPlan>, Failure> {
    let doors = settings.services.iter().filter_map(|(name, service)| Some((name, service.proxy.as_ref()?)));
    let mut plans = Vec::new();
    let mut faults: Vec<Fault> = Vec::new();
    for (name, door) in doors {
        match door.settings(name, settings.proxy_limits) {
            Ok(proxy) => {
                let tls = certificates.of(door.tls.as_ref());
                plans.push((door.listen, tls, proxy, door.trusted_proxies.clone()));
            }
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(plans) } else { Err(Failure::faults(&faults)) }
}

/// The endpoints' address for gateways, and what they are told.
fn gateway(
    settings: &Settings,
    certificates: &Certificates,
) -> Option<(SocketAddr, Option<Tls>, GatewaySettings)> {
    let door = settings.gateway.as_ref()?;
    let others = settings.services.iter().map(|(name, service)| (name.clone(), service.other_credentials));
    let told = GatewaySettings { peers: door.peers.clone(), other_credentials: others.collect() };
    Some((door.listen, certificates.of(door.tls.as_ref()), told))
}

/// Addresses that are this process's; nobody is answered yet.
pub(super) struct Bound {
    limits: Limits,
    management: (Doorway, TrustedProxies),
    /// Where callers reach it, if that was said.
    public_url: Option<PublicUrl>,
    gateway: Option<(Doorway, GatewaySettings)>,
    proxies: Vec<(Doorway, ProxySettings, TrustedProxies)>,
}

/// One of them, and what it proves itself with where it speaks TLS.
struct Doorway {
    socket: TcpListener,
    tls: Option<Tls>,
}

impl Doorway {
    fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        self.socket.local_addr().map(|address| format!("{scheme}://{address}")).unwrap_or_default()
    }
}

impl From<Doorway> for Listener {
    fn from(door: Doorway) -> Self {
        match door.tls {
            Some(tls) => Self::Tls(door.socket, tls),
            None => Self::Tcp(door.socket),
        }
    }
}

impl Bound {
    pub(super) async fn bind(
        settings: &Settings,
        certificates: &Certificates,
        plans: Vec<ProxyPlan>,
    ) -> Result<Self, Failure> {
        let tls = certificates.of(settings.tls.as_ref());
        let management = Doorway { socket: bind(settings.listen, "the management API").await?, tls };
        if !settings.listen.ip().is_loopback() && !settings.https() {
            tracing::warn!(
                address = %settings.listen,
                "the management API can be reached from the network, and its keys and passwords cross it readable; give \
                 it a certificate in [tls], or put something that speaks TLS in front and name its address as public_url"
            );
        }
        let gateway = match gateway(settings, certificates) {
            Some((address, tls, told)) => {
                Some((Doorway { socket: bind(address, "the gateways' door").await?, tls }, told))
            }
            None => None,
        };
        let mut proxies = Vec::new();
        for (address, tls, proxy, trusted) in plans {
            let socket = bind(address, &format!("the proxy of {}", proxy.service)).await?;
            proxies.push((Doorway { socket, tls }, proxy, trusted));
        }
        let management = (management, settings.trusted_proxies.clone());
        let public_url = settings.public_url.clone();
        Ok(Self { limits: settings.limits, management, public_url, gateway, proxies })
    }

    /// What is told of them.
    fn doors(&self, socket: &Path) -> Vec<Door> {
        let door = |name, door: &Doorway, service: Option<&ServiceName>| Door {
            name,
            address: door.url(),
            service: service.cloned(),
            tls: door.tls.clone(),
        };
        let mut doors = vec![door("management", &self.management.0, None)];
        let socket = socket.display().to_string();
        doors.push(Door { name: "socket", address: socket, service: None, tls: None });
        doors.extend(self.gateway.iter().map(|(bound, _)| door("gateway", bound, None)));
        let proxies = self.proxies.iter();
        doors.extend(proxies.map(|(bound, proxy, _)| door("proxy", bound, Some(&proxy.service))));
        doors
    }
}

/// By which names callers reach the tools, so that a page in a browser that was led there by another is turned away. None:
/// by any, where it listens at every address and nobody has said by which name it is found.
fn hosts(management: &TcpListener, public_url: Option<&PublicUrl>) -> Vec<String> {
    let at = management.local_addr().map(|address| address.ip());
    let named = public_url.and_then(|url| url.host().map(str::to_owned));
    if named.is_none() && at.as_ref().is_ok_and(IpAddr::is_unspecified) {
        return Vec::new();
    }
    let own = at.ok().filter(|at| !at.is_unspecified()).map(|at| match at {
        IpAddr::V4(at) => at.to_string(),
        IpAddr::V6(at) => format!("[{at}]"),
    });
    let machine = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned);
    machine.into_iter().chain(named).chain(own).collect()
}

async fn bind(address: SocketAddr, what: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let why = match error.kind() {
            ErrorKind::AddrInUse => {
                "something else listens there already; stop it, or set another port as listen".to_owned()
            }
            ErrorKind::AddrNotAvailable => {
                "the machine has no such address; set listen to one that it has, such as 127.0.0.1".to_owned()
            }
            ErrorKind::PermissionDenied => {
                "this user may not; set a port from 1024 on as listen, or run as one who may".to_owned()
            }
            _ => error.to_string(),
        };
        Failure::new(format!("{what} cannot listen at {address}: {why}"))
    })
}

/// Doors that are open.
pub(super) struct Open {
    /// Where the management API is, as a URL.
    pub(super) management: String,
    /// Where gateways ask, as a URL.
    pub(super) gateway: Option<String>,
    /// Where each proxied service is, as a URL.
    pub(super) services: Vec<(ServiceName, String)>,
    tasks: JoinSet<()>,
    shutdown: CancellationToken,
}

impl Open {
    pub(super) fn begin(node: &Node, bound: Bound, (socket, path): (UnixListener, &Path)) -> Self {
        let doors = bound.doors(path);
        let mut open = Self {
            management: bound.management.0.url(),
            gateway: bound.gateway.as_ref().map(|(door, _)| door.url()),
            services: bound
                .proxies
                .iter()
                .map(|(door, proxy, _)| (proxy.service.clone(), door.url()))
                .collect(),
            tasks: JoinSet::new(),
            shutdown: CancellationToken::new(),
        };
        node.app().set_doors(doors);
        let (site, api) =
            (symbolon_server::site(node.app().clone()), symbolon_server::router(node.app().clone()));
        let limits = bound.limits;
        let (management, trusted) = bound.management;
        let hosts = hosts(&management.socket, bound.public_url.as_ref());
        let proxies: Vec<_> = bound
            .proxies
            .into_iter()
            .map(|(listener, settings, trusted)| {
                (listener, Arc::new(Proxy::new(node.app().clone(), settings)), trusted)
            })
            .collect();
        let behind = proxies.iter().map(|(_, proxy, _)| proxy.clone());
        let tools = Mcp::new(node.app().clone(), behind, bound.public_url, &hosts);
        let site = trusted.before(tools.clone().before(site));
        open.tasks.spawn(serve(management.into(), site, open.shutdown.clone(), limits));
        // Whoever opens the socket is a program, and needs no pages.
        open.tasks.spawn(serve(socket.into(), tools.before(api), open.shutdown.clone(), limits));
        if let Some((listener, settings)) = bound.gateway {
            let door = Gateway::new(node.app().clone(), settings).door();
            let limits = Limits { http2: true, ..limits };
            open.tasks.spawn(serve(listener.into(), door, open.shutdown.clone(), limits));
        }
        for (listener, proxy, trusted) in proxies {
            let door = trusted.before(proxy.door());
            open.tasks.spawn(serve(listener.into(), door, open.shutdown.clone(), limits));
        }
        open
    }

    /// Waits for a door that closes without having been told to.
    pub(super) async fn broken(&mut self) {
        match self.tasks.join_next().await {
            Some(Err(error)) => tracing::error!(%error, "a door failed"),
            Some(Ok(())) => tracing::error!("a door closed"),
            None => std::future::pending().await,
        }
    }

    /// Lets nobody in any more and waits for those inside; a second order to end does not wait.
    pub(super) async fn close(mut self, signals: &mut Signals) {
        self.shutdown.cancel();
        tokio::select! {
            () = async { while self.tasks.join_next().await.is_some() {} } => {}
            () = signals.stop() => tracing::warn!("not waiting for requests under way"),
        }
    }
}
