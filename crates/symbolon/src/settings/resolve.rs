//! From what was said to what it means. Everything wrong is collected before anything is refused.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use symbolon_core::name::ServiceName;
use symbolon_server::{AccessTarget, PublicUrl};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;

use super::gateway::{self, GatewayDoor};
use super::place::{Fault, Place, Said};
use super::proxy::{self, ServiceSettings};
use super::source::{Draft, ServiceDraft};
use super::telemetry;
use super::tls;
use super::trusted;
use super::webhooks;
use super::{LogFormat, Settings, audit, database, leaks, limits};
use crate::catalogs::CatalogSource;

/// Where the management API listens unless something else is said.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 7070);
const DATA_DIR: &str = "symbolon-data";
/// The longest wait that can be set.
const MAX_WAIT: SignedDuration = SignedDuration::from_hours(24);

pub(super) fn resolve(draft: Draft, file: Option<PathBuf>, faults: &mut Vec<Fault>) -> Settings {
    let data_dir = match &draft.data_dir {
        Some(said) => said.place.resolve(&said.value),
        None => file.as_deref().and_then(|path| path.parent()).unwrap_or("".as_ref()).join(DATA_DIR),
    };
    let listen = draft.listen.as_ref().and_then(|said| address(said, faults)).unwrap_or(LISTEN);
    let catalogs = match draft.catalogs {
        Some(entries) => entries.iter().filter_map(|entry| catalog(entry, faults)).collect(),
        None => CatalogSource::all_built_in(),
    };
    let log = draft.log.as_ref().and_then(|said| log(said, faults));
    let gateways = draft.gateway.is_some();
    let gateway = draft.gateway.and_then(|draft| gateway::resolve(&draft, faults));
    let (limits, proxy_limits) = limits::resolve(&draft.limits, faults);
    let traces = draft.telemetry.and_then(|draft| telemetry::resolve(draft, faults));
    let tls = draft.tls.as_ref().and_then(|draft| tls::resolve(draft, faults));
    let audit = audit::resolve(&draft.audit, faults);
    let database = database::resolve(draft.database, faults);
    let services = services(draft.services, gateways, faults);
    let github = leaks::resolve(draft.leaks, faults);
    let webhooks = webhooks::resolve(draft.webhooks, faults);
    one_door_an_address(listen, gateway.as_ref(), &services, faults);
    Settings {
        file,
        data_dir,
        database,
        listen,
        public_url: draft
            .public_url
            .as_ref()
            .and_then(|said| public_url(said, "browsers find the management API", faults)),
        open_documents: draft.open_documents.is_some_and(|said| said.value),
        open_metrics: draft.open_metrics.is_some_and(|said| said.value),
        access_log: draft.access_log.as_ref().and_then(|said| access_log(said, faults)),
        traces,
        catalogs,
        log: log.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO)),
        log_format: draft.log_format.as_ref().map_or(LogFormat::Human, |said| log_format(said, faults)),
        limits,
        proxy_limits,
        gateway,
        tls,
        services,
        github,
        trusted_proxies: trusted::resolve(&draft.trusted_proxies, faults),
        audit,
        webhooks,
    }
}

pub(super) fn fault(place: &Place, message: impl Display) -> Fault {
    Fault { place: place.clone(), message: message.to_string() }
}

pub(super) fn address(said: &Said<String>, faults: &mut Vec<Fault>) -> Option<SocketAddr> {
    let address = SocketAddr::from_str(&said.value).ok();
    if address.is_none() {
        let message = format!(
            "listen is an address and a port, such as 127.0.0.1:7070 or [::1]:7070, not {:?}",
            said.value
        );
        faults.push(fault(&said.place, message));
    }
    address
}

/// For how long something is waited for; `default` where nothing was said, or nothing that is a wait.
pub(super) fn wait(said: Option<&Said<String>>, default: Duration, faults: &mut Vec<Fault>) -> Duration {
    let Some(said) = said else { return default };
    let wait = said.value.parse::<SignedDuration>().ok();
    let wait = wait.filter(|wait| wait.is_positive() && *wait <= MAX_WAIT);
    wait.and_then(|wait| Duration::try_from(wait).ok()).unwrap_or_else(|| {
        let message = format!("a wait is written such as 5s, 2m or 500ms, up to 24h, not {:?}", said.value);
        faults.push(fault(&said.place, message));
        default
    })
}

fn catalog(said: &Said<String>, faults: &mut Vec<Fault>) -> Option<CatalogSource> {
    let source = match said.value.strip_prefix("builtin:") {
        Some(name) => CatalogSource::built_in(name),
        None if said.value.is_empty() => Err("a catalog is a file, or builtin:odin".to_owned()),
        None => Ok(CatalogSource::File(said.place.resolve(&said.value))),
    };
    source.map_err(|message| faults.push(fault(&said.place, message))).ok()
}

/// Where others find `what`.
pub(super) fn public_url(said: &Said<String>, what: &str, faults: &mut Vec<Fault>) -> Option<PublicUrl> {
    let url = said.value.parse().ok();
    if url.is_none() {
        let message =
            format!("public_url is where {what}, such as https://tokens.example.com, without a path");
        faults.push(fault(&said.place, message));
    }
    url
}

fn log(said: &Said<String>, faults: &mut Vec<Fault>) -> Option<Targets> {
    // To the library a lone word that is no level is the name of a module, and everything else would be silent.
    let meant = |part: &str| part.contains('=') || part.parse::<LevelFilter>().is_ok();
    let targets =
        said.value.parse::<Targets>().ok().filter(|_| said.value.split(',').map(str::trim).all(meant));
    if targets.is_none() {
        let message = format!(
            "log is off, error, warn, info, debug or trace, or a list such as info,symbolon_gate=debug, not {:?}",
            said.value
        );
        faults.push(fault(&said.place, message));
    }
    targets
}

fn access_log(said: &Said<String>, faults: &mut Vec<Fault>) -> Option<AccessTarget> {
    match said.value.as_str() {
        "" => {
            faults.push(fault(&said.place, "access_log is stdout or a file, or left out"));
            None
        }
        "stdout" => Some(AccessTarget::Stdout),
        path => Some(AccessTarget::File(said.place.resolve(path))),
    }
}

fn log_format(said: &Said<String>, faults: &mut Vec<Fault>) -> LogFormat {
    match said.value.as_str() {
        "human" => LogFormat::Human,
        "json" => LogFormat::Json,
        other => {
            faults.push(fault(&said.place, format!("log_format is human or json, not {other:?}")));
            LogFormat::Human
        }
    }
}

fn services(
    drafts: BTreeMap<String, ServiceDraft>,
    gateways: bool,
    faults: &mut Vec<Fault>,
) -> BTreeMap<ServiceName, ServiceSettings> {
    let mut services = BTreeMap::new();
    for (name, draft) in drafts {
        match name.parse::<ServiceName>() {
            Ok(name) => drop(services.insert(name, proxy::resolve(draft, gateways, faults))),
            Err(error) => faults.push(fault(&draft.place, format!("{name:?}: {error}"))),
        }
    }
    services
}

/// Two doors at one address: the second could not open, and the system's message would not say why. Port 0 is any
/// free port, and so never the same twice.
fn one_door_an_address(
    listen: SocketAddr,
    gateway: Option<&GatewayDoor>,
    services: &BTreeMap<ServiceName, ServiceSettings>,
    faults: &mut Vec<Fault>,
) {
    let proxies = services.iter().filter_map(|(name, service)| Some((name, service.proxy.as_ref()?)));
    let doors = gateway.map(|door| (door.listen, &door.place, "the gateways' door".to_owned())).into_iter();
    let doors =
        doors.chain(proxies.map(|(name, door)| (door.listen, &door.place, format!("the proxy of {name}"))));
    let mut taken = vec![(listen, "the management API".to_owned())];
    for (address, place, name) in doors {
        let fixed = address.port() != 0;
        if let Some((_, other)) = taken.iter().find(|(other, _)| fixed && *other == address) {
            let message = format!("{address} is where {other} listens already; name another port");
            faults.push(fault(place, message));
        }
        taken.push((address, name));
    }
}
