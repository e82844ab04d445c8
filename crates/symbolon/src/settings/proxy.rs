//! What is set for one service: its rules, and the proxy in front of its application.

use std::net::SocketAddr;
use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use symbolon_core::decision::ServiceRules;
use symbolon_core::name::ServiceName;
use symbolon_server::proxy::{ProxyLimits, ProxySettings, Timeouts, Upstream, UpstreamHeaders};
use symbolon_server::{OtherCredentials, PublicUrl, TrustedProxies};

use super::header::HeaderSource;
use super::place::{Fault, Place, Said};
use super::resolve::{address, fault, public_url, wait};
use super::source::{ServiceDraft, TimeoutsDraft};
use super::tls::{self, TlsFiles};
use super::trusted;

/// What is set for one service.
#[derive(Debug)]
pub(crate) struct ServiceSettings {
    /// Where the service was named.
    pub(crate) place: Place,
    /// The operator's rules.
    pub(crate) rules: ServiceRules,
    /// What becomes of requests with somebody else's credentials, in proxy mode and behind gateways.
    pub(crate) other_credentials: OtherCredentials,
    /// Proxy mode, where it is on.
    pub(crate) proxy: Option<ProxyDoor>,
}

/// Proxy mode for one service.
#[derive(Debug)]
pub(crate) struct ProxyDoor {
    /// Where `listen` was said.
    pub(crate) place: Place,
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// The application.
    pub(crate) upstream: Upstream,
    /// Who signs the application's certificate.
    upstream_ca: Option<(Place, PathBuf)>,
    /// What it proves itself with, where it speaks TLS.
    pub(crate) tls: Option<TlsFiles>,
    public_url: Option<PublicUrl>,
    other_credentials: OtherCredentials,
    headers: Vec<(String, Said<HeaderSource>)>,
    timeouts: Timeouts,
    /// The proxies in front of it that are believed about who is calling.
    pub(crate) trusted_proxies: TrustedProxies,
}

impl ProxyDoor {
    /// What the proxy is told; `limits` are every proxy's. Reads the files that hold headers, so only who opens the
    /// door needs to be able to.
    pub(crate) fn settings(
        &self,
        service: &ServiceName,
        limits: ProxyLimits,
    ) -> Result<ProxySettings, Fault> {
        let mut values = Vec::new();
        for (name, source) in &self.headers {
            let value = source.read()?;
            UpstreamHeaders::parse([(name.as_str(), value.expose_secret())])
                .map_err(|error| fault(&source.place, error))?;
            values.push((name.as_str(), value));
        }
        let pairs = values.iter().map(|(name, value)| (*name, value.expose_secret()));
        Ok(ProxySettings {
            service: service.clone(),
            upstream: self.upstream()?,
            public_url: self.public_url.clone(),
            other_credentials: self.other_credentials,
            upstream_headers: UpstreamHeaders::parse(pairs).map_err(|error| fault(&self.place, error))?,
            limits,
            timeouts: self.timeouts,
        })
    }

    fn upstream(&self) -> Result<Upstream, Fault> {
        let Some((place, path)) = &self.upstream_ca else { return Ok(self.upstream.clone()) };
        let pem = std::fs::read(path)
            .map_err(|error| fault(place, format!("{} cannot be read: {error}", path.display())))?;
        let trusting = self.upstream.clone().trusting(&pem);
        trusting.map_err(|error| fault(place, format!("{}: {error}", path.display())))
    }

    /// Whether a header's value stands in the settings themselves.
    pub(crate) fn has_secrets(&self) -> bool {
        self.headers.iter().any(|(_, source)| matches!(source.value, HeaderSource::Value(_)))
    }
}

impl Said<HeaderSource> {
    pub(super) fn read(&self) -> Result<SecretString, Fault> {
        let path = match &self.value {
            HeaderSource::Value(value) => return Ok(value.clone()),
            HeaderSource::File(path) => self.place.resolve(path),
        };
        let text = std::fs::read_to_string(&path)
            .map_err(|error| fault(&self.place, format!("{} cannot be read: {error}", path.display())))?;
        // An editor ends the line; no header's value has an end of line.
        Ok(text.trim_end_matches(['\r', '\n']).into())
    }
}

pub(super) fn resolve(draft: ServiceDraft, gateways: bool, faults: &mut Vec<Fault>) -> ServiceSettings {
    let defaults = ServiceRules::default();
    let rules = ServiceRules {
        session_cookie: draft.session_cookie.as_ref().map_or(defaults.session_cookie, |said| said.value),
        system_key_on_human: draft
            .human_system_key
            .as_ref()
            .map_or(defaults.system_key_on_human, |said| said.value),
        enforce: draft.enforce.as_ref().map_or(defaults.enforce, |said| said.value),
    };
    let place = draft.place.clone();
    let said = draft.other_credentials.as_ref();
    let other_credentials =
        said.map_or_else(OtherCredentials::default, |said| other_credentials(said, faults));
    ServiceSettings {
        place,
        rules,
        other_credentials,
        proxy: door(draft, other_credentials, gateways, faults),
    }
}

fn door(
    draft: ServiceDraft,
    other_credentials: OtherCredentials,
    gateways: bool,
    faults: &mut Vec<Fault>,
) -> Option<ProxyDoor> {
    let (listen, upstream) = match (&draft.listen, &draft.upstream) {
        (Some(listen), Some(upstream)) => (listen, upstream),
        (Some(said), None) => {
            let message =
                "listen is where the proxy listens, and without an upstream there is none; name both";
            faults.push(fault(&said.place, message));
            return None;
        }
        (None, Some(said)) => {
            let message = "an upstream is reached through listen, such as 127.0.0.1:7171; name both";
            faults.push(fault(&said.place, message));
            return None;
        }
        (None, None) => {
            proxy_settings_alone(&draft, gateways, faults);
            return None;
        }
    };
    let place = listen.place.clone();
    let upstream =
        Upstream::parse(&upstream.value).map_err(|error| faults.push(fault(&upstream.place, error)));
    let upstream_ca =
        draft.upstream_ca.as_ref().map(|said| (said.place.clone(), said.place.resolve(&said.value)));
    if let (Some((place, _)), Ok(false)) = (&upstream_ca, upstream.as_ref().map(Upstream::is_https)) {
        faults.push(fault(place, "upstream_ca is for an upstream that begins with https://"));
    }
    let http2 = draft.upstream_http2.as_ref().is_some_and(|said| said.value);
    let upstream = upstream.map(|upstream| if http2 { upstream.in_http2() } else { upstream });
    let tls = draft.tls.as_ref().and_then(|draft| tls::resolve(draft, faults));
    let timeouts = timeouts(&draft.timeouts, faults);
    check_header_names(&draft, faults);
    let public_url =
        draft.public_url.as_ref().and_then(|said| public_url(said, "callers find this service", faults));
    Some(ProxyDoor {
        place,
        listen: address(listen, faults)?,
        upstream: upstream.ok()?,
        upstream_ca,
        tls,
        public_url,
        other_credentials,
        headers: draft.upstream_headers.into_iter().collect(),
        timeouts,
        trusted_proxies: trusted::resolve(&draft.trusted_proxies, faults),
    })
}

/// Settings of a proxy that is not there do nothing, and whoever wrote them thinks that they do.
fn proxy_settings_alone(draft: &ServiceDraft, gateways: bool, faults: &mut Vec<Fault>) {
    let timeouts = [&draft.timeouts.connect, &draft.timeouts.answer, &draft.timeouts.idle];
    let others = draft.other_credentials.iter().filter(|_| !gateways);
    let single = others.chain(&draft.public_url).chain(&draft.upstream_ca);
    let places = single.chain(timeouts.into_iter().flatten()).map(|said| &said.place);
    let places = places.chain(draft.upstream_http2.iter().map(|said| &said.place));
    let places = places.chain(draft.trusted_proxies.iter().map(|said| &said.place));
    let places = places.chain(draft.tls.iter().map(|tls| &tls.place));
    let places = places.chain(draft.upstream_headers.values().map(|said| &said.place));
    faults
        .extend(places.map(|place| fault(place, "this is for proxy mode, which needs listen and upstream")));
}

fn other_credentials(said: &Said<String>, faults: &mut Vec<Fault>) -> OtherCredentials {
    match said.value.as_str() {
        "refuse" => OtherCredentials::Refuse,
        "passthrough" => OtherCredentials::Passthrough,
        other => {
            let message = format!("other_credentials is refuse or passthrough, not {other:?}");
            faults.push(fault(&said.place, message));
            OtherCredentials::Refuse
        }
    }
}

/// Finds what is wrong with the names; values are looked at when they are read.
fn check_header_names(draft: &ServiceDraft, faults: &mut Vec<Fault>) {
    let mut known: Vec<&str> = Vec::new();
    for (name, source) in &draft.upstream_headers {
        let pairs = known.iter().filter(|other| other.eq_ignore_ascii_case(name)).map(|other| (*other, "-"));
        match UpstreamHeaders::parse(pairs.chain([(name.as_str(), "-")])) {
            Ok(_) => known.push(name),
            Err(error) => faults.push(fault(&source.place, error)),
        }
    }
}

fn timeouts(draft: &TimeoutsDraft, faults: &mut Vec<Fault>) -> Timeouts {
    let defaults = Timeouts::default();
    Timeouts {
        connect: wait(draft.connect.as_ref(), defaults.connect, faults),
        answer: wait(draft.answer.as_ref(), defaults.answer, faults),
        idle: wait(draft.idle.as_ref(), defaults.idle, faults),
        ..defaults
    }
}
