//! The configuration file as written: shapes and positions, no meaning yet.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::audit::{AuditDraft, AuditSource};
use super::database::{DatabaseDraft, DatabaseSource};
use super::header::HeaderSource;
use super::leaks::{LeaksDraft, LeaksSource};
use super::limits::{LimitsDraft, LimitsSource};
use super::place::{Fault, Place, Said};
use super::telemetry::{TelemetryDraft, TelemetrySource};
use super::webhooks::{WebhookDraft, WebhookSource};

/// Everything that can be said, each with where it was said. Environment variables write into the same.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) data_dir: Option<Said<String>>,
    pub(super) listen: Option<Said<String>>,
    pub(super) public_url: Option<Said<String>>,
    pub(super) open_documents: Option<Said<bool>>,
    pub(super) open_metrics: Option<Said<bool>>,
    pub(super) access_log: Option<Said<String>>,
    pub(super) catalogs: Option<Vec<Said<String>>>,
    pub(super) log: Option<Said<String>>,
    pub(super) log_format: Option<Said<String>>,
    pub(super) gateway: Option<GatewayDraft>,
    pub(super) limits: LimitsDraft,
    pub(super) telemetry: Option<TelemetryDraft>,
    pub(super) tls: Option<TlsDraft>,
    pub(super) services: BTreeMap<String, ServiceDraft>,
    pub(super) leaks: LeaksDraft,
    pub(super) trusted_proxies: Vec<Said<String>>,
    pub(super) audit: AuditDraft,
    pub(super) database: DatabaseDraft,
    pub(super) webhooks: Vec<WebhookDraft>,
}

/// What is said of the endpoints that gateways ask.
pub(super) struct GatewayDraft {
    /// Where they were first named.
    pub(super) place: Place,
    pub(super) listen: Option<Said<String>>,
    pub(super) peers: Vec<Said<String>>,
    pub(super) any_peer: Option<Said<bool>>,
    pub(super) tls: Option<TlsDraft>,
}

/// What is said of TLS at one door.
pub(super) struct TlsDraft {
    /// Where it was first named.
    pub(super) place: Place,
    pub(super) certificate: Option<Said<String>>,
    pub(super) key: Option<Said<String>>,
}

impl TlsDraft {
    pub(super) fn new(place: Place) -> Self {
        Self { place, certificate: None, key: None }
    }
}

impl GatewayDraft {
    pub(super) fn new(place: Place) -> Self {
        Self { place, listen: None, peers: Vec::new(), any_peer: None, tls: None }
    }
}

/// What is said of one service.
pub(super) struct ServiceDraft {
    /// Where the service was first named.
    pub(super) place: Place,
    pub(super) listen: Option<Said<String>>,
    pub(super) public_url: Option<Said<String>>,
    pub(super) upstream: Option<Said<String>>,
    pub(super) upstream_ca: Option<Said<String>>,
    pub(super) upstream_http2: Option<Said<bool>>,
    pub(super) other_credentials: Option<Said<String>>,
    pub(super) upstream_headers: BTreeMap<String, Said<HeaderSource>>,
    pub(super) session_cookie: Option<Said<bool>>,
    pub(super) human_system_key: Option<Said<bool>>,
    pub(super) enforce: Option<Said<bool>>,
    pub(super) timeouts: TimeoutsDraft,
    pub(super) tls: Option<TlsDraft>,
    pub(super) trusted_proxies: Vec<Said<String>>,
}

/// How long the proxy waits for what.
#[derive(Default)]
pub(super) struct TimeoutsDraft {
    pub(super) connect: Option<Said<String>>,
    pub(super) answer: Option<Said<String>>,
    pub(super) idle: Option<Said<String>>,
}

impl ServiceDraft {
    pub(super) fn new(place: Place) -> Self {
        Self {
            place,
            listen: None,
            public_url: None,
            upstream: None,
            upstream_ca: None,
            upstream_http2: None,
            other_credentials: None,
            upstream_headers: BTreeMap::new(),
            session_cookie: None,
            human_system_key: None,
            enforce: None,
            timeouts: TimeoutsDraft::default(),
            tls: None,
            trusted_proxies: Vec::new(),
        }
    }
}

/// Reads the text of a configuration file.
pub(super) fn read(path: &Path, text: &str) -> Result<Draft, Fault> {
    let source: FileSource = toml::from_str(text).map_err(|error| {
        let place = Place::line_of(path, text, error.span().map_or(0, |span| span.start));
        Fault { place, message: error.message().to_owned() }
    })?;
    Ok(source.draft(&At { path, text }))
}

/// A configuration file. Every key that is not here is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSource {
    data_dir: Option<Spanned<String>>,
    listen: Option<Spanned<String>>,
    public_url: Option<Spanned<String>>,
    open_documents: Option<Spanned<bool>>,
    open_metrics: Option<Spanned<bool>>,
    access_log: Option<Spanned<String>>,
    catalogs: Option<Vec<Spanned<String>>>,
    log: Option<Spanned<String>>,
    log_format: Option<Spanned<String>>,
    gateway: Option<Spanned<GatewaySource>>,
    #[serde(default)]
    limits: LimitsSource,
    telemetry: Option<Spanned<TelemetrySource>>,
    tls: Option<Spanned<TlsSource>>,
    #[serde(default)]
    services: BTreeMap<Spanned<String>, ServiceSource>,
    #[serde(default)]
    leaks: LeaksSource,
    #[serde(default)]
    trusted_proxies: Vec<Spanned<String>>,
    #[serde(default)]
    audit: AuditSource,
    #[serde(default)]
    database: DatabaseSource,
    #[serde(default)]
    webhooks: Vec<Spanned<WebhookSource>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GatewaySource {
    listen: Option<Spanned<String>>,
    #[serde(default)]
    peers: Vec<Spanned<String>>,
    any_peer: Option<Spanned<bool>>,
    tls: Option<Spanned<TlsSource>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TlsSource {
    certificate: Option<Spanned<String>>,
    key: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceSource {
    listen: Option<Spanned<String>>,
    public_url: Option<Spanned<String>>,
    upstream: Option<Spanned<String>>,
    upstream_ca: Option<Spanned<String>>,
    upstream_http2: Option<Spanned<bool>>,
    other_credentials: Option<Spanned<String>>,
    #[serde(default)]
    upstream_headers: BTreeMap<Spanned<String>, HeaderSource>,
    session_cookie: Option<Spanned<bool>>,
    human_system_key: Option<Spanned<bool>>,
    enforce: Option<Spanned<bool>>,
    #[serde(default)]
    timeouts: TimeoutsSource,
    tls: Option<Spanned<TlsSource>>,
    #[serde(default)]
    trusted_proxies: Vec<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct TimeoutsSource {
    connect: Option<Spanned<String>>,
    answer: Option<Spanned<String>>,
    idle: Option<Spanned<String>>,
}

pub(super) struct At<'a> {
    path: &'a Path,
    text: &'a str,
}

impl At<'_> {
    pub(super) fn place(&self, at: usize) -> Place {
        Place::line_of(self.path, self.text, at)
    }

    pub(super) fn said<T>(&self, spanned: Spanned<T>) -> Said<T> {
        let place = self.place(spanned.span().start);
        Said { value: spanned.into_inner(), place }
    }

    fn list<T>(&self, entries: Vec<Spanned<T>>) -> Vec<Said<T>> {
        entries.into_iter().map(|entry| self.said(entry)).collect()
    }

    pub(super) fn maybe<T>(&self, spanned: Option<Spanned<T>>) -> Option<Said<T>> {
        spanned.map(|spanned| self.said(spanned))
    }
}

impl FileSource {
    fn draft(self, at: &At<'_>) -> Draft {
        let services = self.services.into_iter().map(|(name, service)| {
            let place = at.place(name.span().start);
            (name.into_inner(), service.draft(place, at))
        });
        Draft {
            data_dir: at.maybe(self.data_dir),
            listen: at.maybe(self.listen),
            public_url: at.maybe(self.public_url),
            open_documents: at.maybe(self.open_documents),
            open_metrics: at.maybe(self.open_metrics),
            access_log: at.maybe(self.access_log),
            catalogs: self.catalogs.map(|entries| at.list(entries)),
            log: at.maybe(self.log),
            log_format: at.maybe(self.log_format),
            gateway: self.gateway.map(|gateway| {
                let place = at.place(gateway.span().start);
                gateway.into_inner().draft(place, at)
            }),
            limits: self.limits.draft(at),
            telemetry: self.telemetry.map(|source| TelemetrySource::draft(source, at)),
            tls: tls(self.tls, at),
            services: services.collect(),
            leaks: self.leaks.draft(at),
            trusted_proxies: at.list(self.trusted_proxies),
            audit: self.audit.draft(at),
            database: self.database.draft(at),
            webhooks: self.webhooks.into_iter().map(|source| WebhookSource::draft(source, at)).collect(),
        }
    }
}

fn tls(source: Option<Spanned<TlsSource>>, at: &At<'_>) -> Option<TlsDraft> {
    let source = source?;
    let place = at.place(source.span().start);
    let TlsSource { certificate, key } = source.into_inner();
    Some(TlsDraft { place, certificate: at.maybe(certificate), key: at.maybe(key) })
}

impl GatewaySource {
    fn draft(self, place: Place, at: &At<'_>) -> GatewayDraft {
        GatewayDraft {
            place,
            listen: at.maybe(self.listen),
            peers: at.list(self.peers),
            any_peer: at.maybe(self.any_peer),
            tls: tls(self.tls, at),
        }
    }
}

impl ServiceSource {
    fn draft(self, place: Place, at: &At<'_>) -> ServiceDraft {
        let headers = self.upstream_headers.into_iter().map(|(name, value)| {
            let place = at.place(name.span().start);
            (name.into_inner(), Said { value, place })
        });
        ServiceDraft {
            place,
            listen: at.maybe(self.listen),
            public_url: at.maybe(self.public_url),
            upstream: at.maybe(self.upstream),
            upstream_ca: at.maybe(self.upstream_ca),
            upstream_http2: at.maybe(self.upstream_http2),
            other_credentials: at.maybe(self.other_credentials),
            upstream_headers: headers.collect(),
            session_cookie: at.maybe(self.session_cookie),
            human_system_key: at.maybe(self.human_system_key),
            enforce: at.maybe(self.enforce),
            timeouts: TimeoutsDraft {
                connect: at.maybe(self.timeouts.connect),
                answer: at.maybe(self.timeouts.answer),
                idle: at.maybe(self.timeouts.idle),
            },
            tls: tls(self.tls, at),
            trusted_proxies: at.list(self.trusted_proxies),
        }
    }
}
