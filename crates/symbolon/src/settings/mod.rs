//! The settings: `symbolon.toml`, with the environment's over it, read once and turned into types (DESIGN part 8).

mod audit;
mod database;
mod env;
mod gateway;
mod header;
mod leaks;
mod limits;
mod place;
mod proxy;
mod resolve;
mod source;
mod telemetry;
#[cfg(test)]
mod tests;
mod tls;
mod trusted;
mod webhooks;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use symbolon_core::name::ServiceName;
use symbolon_server::listen::Limits;
use symbolon_server::proxy::ProxyLimits;
use symbolon_server::{AccessTarget, PublicUrl, TraceSettings, TrustedProxies, Webhook};
use tracing_subscriber::filter::Targets;

use crate::catalogs::CatalogSource;
use crate::failure::Failure;

pub(crate) use audit::AuditSettings;
pub(crate) use database::DatabaseSettings;
#[cfg(feature = "postgres")]
pub(crate) use database::password;
pub(crate) use env::{Environment, ManagerWords};
pub(crate) use gateway::GatewayDoor;
pub(crate) use leaks::GitHubSettings;
pub(crate) use place::Fault;
pub(crate) use proxy::{ProxyDoor, ServiceSettings};
pub(crate) use tls::TlsFiles;
pub(crate) use webhooks::WebhookSettings;

/// The configuration file that is read if it is there and no other is named.
pub(crate) const DEFAULT_FILE: &str = "symbolon.toml";

/// The settings.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The file they were read from, if one was.
    pub(crate) file: Option<PathBuf>,
    /// Keys, lock and socket, and the record where it is a file.
    pub(crate) data_dir: PathBuf,
    /// Where the record is, if it is not in the data directory.
    pub(crate) database: Option<DatabaseSettings>,
    /// Where the management API listens.
    pub(crate) listen: SocketAddr,
    /// Where browsers reach the management API, if that was said.
    pub(crate) public_url: Option<PublicUrl>,
    /// Whether the OpenAPI document and the catalogs may be read without a credential.
    pub(crate) open_documents: bool,
    /// Whether the metrics may be read without a credential.
    pub(crate) open_metrics: bool,
    /// Where requests to the services are written down, if they are.
    pub(crate) access_log: Option<AccessTarget>,
    /// Whom spans are told to, and of which requests, if they are.
    #[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "it is refused where there are no traces"))]
    pub(crate) traces: Option<TraceSettings>,
    /// The catalogs, in order.
    pub(crate) catalogs: Vec<CatalogSource>,
    /// What is logged.
    pub(crate) log: Targets,
    /// How it is logged.
    pub(crate) log_format: LogFormat,
    /// What each door takes, and for how long it waits.
    pub(crate) limits: Limits,
    /// How much goes on to each application.
    pub(crate) proxy_limits: ProxyLimits,
    /// The endpoints that gateways ask, where there are any.
    pub(crate) gateway: Option<GatewayDoor>,
    /// What the management API proves itself with, where it speaks TLS.
    pub(crate) tls: Option<TlsFiles>,
    /// What is set for single services.
    pub(crate) services: BTreeMap<ServiceName, ServiceSettings>,
    /// How GitHub's alerts of leaks are taken, if they are.
    pub(crate) github: Option<GitHubSettings>,
    /// The proxies in front of the management API that are believed about who is calling.
    pub(crate) trusted_proxies: TrustedProxies,
    /// Checkpoints of the audit.
    pub(crate) audit: AuditSettings,
    /// Who is told what happens to tokens.
    pub(crate) webhooks: Vec<WebhookSettings>,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

impl Settings {
    /// Reads the settings: from `config`, or from `symbolon.toml` if there is one, or none; and the environment's.
    pub(crate) fn load(config: Option<&Path>, environment: &Environment) -> Result<Self, Failure> {
        let file = match config {
            Some(path) => Some(path.to_owned()),
            None => Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.exists()),
        };
        let text = match &file {
            Some(path) => std::fs::read_to_string(path).map_err(|error| {
                Failure::new(format!("the configuration {} cannot be read: {error}", path.display()))
            })?,
            None => String::new(),
        };
        Self::from_text(file, &text, environment).map_err(|faults| Failure::faults(&faults))
    }

    /// Whether browsers reach the management API over HTTPS.
    pub(crate) fn https(&self) -> bool {
        self.public_url.as_ref().map_or(self.tls.is_some(), PublicUrl::is_https)
    }

    /// The webhooks, with what their files hold.
    pub(crate) fn open_webhooks(&self) -> Result<Vec<Webhook>, Failure> {
        let opened: Vec<_> = self.webhooks.iter().map(WebhookSettings::open).collect();
        let faults: Vec<_> = opened.iter().filter_map(|opened| opened.as_ref().err()).collect();
        if !faults.is_empty() {
            return Err(Failure::faults(&faults));
        }
        Ok(opened.into_iter().flatten().collect())
    }

    /// The files of each door that speaks TLS, and what the door is called.
    pub(crate) fn certificates(&self) -> impl Iterator<Item = (String, &TlsFiles)> {
        let gateway = self.gateway.as_ref().and_then(|door| door.tls.as_ref());
        let doors = [("management", self.tls.as_ref()), ("gateway", gateway)];
        let proxies = self.services.iter().filter_map(|(name, service)| {
            let files = service.proxy.as_ref()?.tls.as_ref()?;
            Some((format!("proxy of {name}"), files))
        });
        doors.into_iter().filter_map(|(name, files)| Some((name.to_owned(), files?))).chain(proxies)
    }

    fn from_text(file: Option<PathBuf>, text: &str, environment: &Environment) -> Result<Self, Vec<Fault>> {
        let path = file.clone().unwrap_or_default();
        let mut draft = source::read(&path, text).map_err(|fault| vec![fault])?;
        let mut faults = environment.overlay(&mut draft);
        let settings = resolve::resolve(draft, file, &mut faults);
        if faults.is_empty() { Ok(settings) } else { Err(faults) }
    }
}
