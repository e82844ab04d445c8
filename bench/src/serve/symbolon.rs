//! Symbolon as `symbolon serve` runs it: a durable record with its audit, uses noted and written, refusals logged.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use symbolon_core::store::Store;
use symbolon_gate::Gate;
use symbolon_server::OtherCredentials;
use symbolon_server::gateway::{Gateway, GatewaySettings, Peers};
use symbolon_server::listen::{Limits, serve};
use symbolon_server::mcp::Mcp;
use symbolon_server::proxy::{Proxy, ProxyLimits, ProxySettings, Timeouts, Upstream, UpstreamHeaders};
use symbolon_server::{App, Parts};
use symbolon_store::SqliteStore;
use tokio_util::sync::CancellationToken;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use super::{io_fault, listen};
use crate::clock::{OsEntropy, SystemClock};
use crate::{Outcome, world};

/// Serves the record at `record`: the management API, a proxy in front of `upstream`, and what gateways ask.
pub(super) async fn start(record: &Path, upstream: SocketAddr) -> Outcome<Vec<SocketAddr>> {
    log();
    let store: Arc<dyn Store> =
        Arc::new(SqliteStore::open(record, &world::keys()).await.map_err(|why| why.to_string())?);
    let service = world::service()?;
    let name = service.catalog.service.clone();
    let gate = Arc::new(Gate::new(world::keys()));
    gate.set_services(vec![service]).map_err(|why| why.to_string())?;
    store.attach(gate.clone()).await.map_err(|why| why.to_string())?;
    let app = App::new(Parts {
        gate,
        store,
        keeper: None,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
        https: false,
        issuer: None,
        open_documents: false,
        open_metrics: false,
        access_log: None,
        traces: None,
        github_alerts: None,
        audit_keys: world::audit_keys(),
        webhooks: Vec::new(),
    });
    let settings = ProxySettings {
        limits: ProxyLimits::default(),
        service: name,
        upstream: Upstream::parse(&format!("http://{upstream}")).map_err(|why| why.to_string())?,
        public_url: None,
        other_credentials: OtherCredentials::default(),
        upstream_headers: UpstreamHeaders::default(),
        timeouts: Timeouts::default(),
    };
    let asking = GatewaySettings {
        peers: Peers::parse(["127.0.0.1"], false).map_err(|why| why.to_string())?,
        ..GatewaySettings::default()
    };
    let (management, proxy, gateway) = (
        listen().await.map_err(io_fault)?,
        listen().await.map_err(io_fault)?,
        listen().await.map_err(io_fault)?,
    );
    let end = CancellationToken::new();
    let application = Arc::new(Proxy::new(app.clone(), settings));
    let tools = Mcp::new(app.clone(), [application.clone()], None, &[]);
    let door = tools.before(symbolon_server::router(app.clone()));
    tokio::spawn(serve(management.0.into(), door, end.clone(), Limits::default()));
    tokio::spawn(serve(proxy.0.into(), application.door(), end.clone(), Limits::default()));
    let door = Gateway::new(app.clone(), asking).door();
    tokio::spawn(serve(gateway.0.into(), door, end, Limits::default()));
    tokio::spawn(async move { app.keep_used().await });
    Ok(vec![management.1, proxy.1, gateway.1])
}

/// The log of `symbolon serve` where nothing else is set.
fn log() {
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(false);
    let targets = Targets::new().with_default(LevelFilter::INFO).with_target("rmcp", LevelFilter::OFF);
    tracing_subscriber::registry().with(layer.with_filter(targets)).init();
}
