//! What the operator decides about one guarded application. Parsed here; wrong settings go no further.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;
use std::time::Duration;

use http::header::{CONTENT_LENGTH, HOST};
use http::uri::{Scheme, Uri};
use http::{HeaderMap, HeaderName, HeaderValue};
use symbolon_core::name::ServiceName;

use super::names::is_connections;
use super::trust::Trust;
use crate::host_port::{HostPort, HostPortFault};
use crate::identity::is_identity;
use crate::listen::BODY_RATE;
use crate::others::OtherCredentials;
use crate::public_url::PublicUrl;

/// One guarded application.
#[derive(Debug, Clone)]
pub struct ProxySettings {
    /// The service whose catalog decides.
    pub service: ServiceName,
    /// Where the application listens.
    pub upstream: Upstream,
    /// Where callers reach the service, if that was said. It then describes itself there (RFC 9728).
    pub public_url: Option<PublicUrl>,
    /// What becomes of requests with somebody else's credentials, or with none.
    pub other_credentials: OtherCredentials,
    /// A credential of the proxy's own for the application, sent with what Symbolon has let a caller do.
    pub upstream_headers: UpstreamHeaders,
    /// How much goes on to the application.
    pub limits: ProxyLimits,
    /// How long to wait for what.
    pub timeouts: Timeouts,
}

/// How much goes on to an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProxyLimits {
    /// Requests under way at once, tunnels included. More wait for a place as long as for a connection, and are answered
    /// 503 then.
    pub requests: usize,
    /// How many bytes a request's body may have, before any coding of the transfer; `None` for any number. One that says
    /// that it has more is refused with 413 before anything reaches the application; one that turns out to have more is
    /// cut, and the application sees that it is not whole (RFC 9110 section 15.5.14).
    pub body_bytes: Option<u64>,
    /// How many bytes a second of a body a caller has to send on average: the waits for them last no longer than
    /// [`Timeouts::idle`] together, and each byte earns some of that back. `None`, and once the answer has begun: any byte earns all.
    pub body_rate: Option<NonZeroU64>,
}

impl Default for ProxyLimits {
    fn default() -> Self {
        Self { requests: 10_000, body_bytes: None, body_rate: BODY_RATE }
    }
}

/// How long the proxy waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection to the application.
    pub connect: Duration,
    /// For the application's answer to begin, from the moment that it has, or could have, the whole request. The
    /// wait may last up to twice as long.
    pub answer: Duration,
    /// For the next piece of a body, in either direction, and for any piece in a tunnel. An application that
    /// streams events with longer pauses must send comments in between, as is usual.
    pub idle: Duration,
    /// Between two questions whether a caller may still have what is under way: a stream or a tunnel whose token
    /// is revoked ends within this time.
    pub recheck: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let (seconds, minutes) = (Duration::from_secs, Duration::from_mins);
        Self { connect: seconds(5), answer: minutes(1), idle: minutes(5), recheck: seconds(1) }
    }
}

/// Where an application listens: `http://host:port`, or `https://host:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    address: HostPort,
    /// The value of `Host` for callers that sent none, as HTTP/1.0 allows.
    host: HeaderValue,
    /// Where it is reached over TLS.
    trust: Option<Trust>,
    http2: bool,
}

/// A text that is no upstream. It says what is wrong and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamFault {
    /// Not a URL with a host.
    #[error("an upstream is written http://host:port, such as http://127.0.0.1:8000")]
    Form,
    /// Roots that are none, or for nothing.
    #[error(
        "there is no certificate in it that an upstream of https:// could be trusted by: it is PEM text, with \
         -----BEGIN CERTIFICATE-----"
    )]
    Roots,
    /// Some other scheme.
    #[error("an upstream begins with http:// or https://")]
    Scheme,
    /// User and password.
    #[error("an upstream has no user or password; a credential for it belongs into upstream_headers")]
    UserInfo,
    /// A path or a query.
    #[error("an upstream has no path or query: a request keeps the path that was decided about")]
    Path,
}

impl FromStr for Upstream {
    type Err = UpstreamFault;

    fn from_str(text: &str) -> Result<Self, UpstreamFault> {
        let uri: Uri = text.parse().map_err(|_| UpstreamFault::Form)?;
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            Some(_) => return Err(UpstreamFault::Scheme),
            None => return Err(UpstreamFault::Form),
        };
        let address = HostPort::of(&uri, text).map_err(|fault| match fault {
            HostPortFault::Form => UpstreamFault::Form,
            HostPortFault::UserInfo => UpstreamFault::UserInfo,
            HostPortFault::Path => UpstreamFault::Path,
        })?;
        let host = HeaderValue::from_str(address.as_str()).map_err(|_| UpstreamFault::Form)?;
        let mut upstream = Self { address, host, trust: None, http2: false };
        if tls {
            upstream.trust = Some(Trust::public(upstream.address.host()).ok_or(UpstreamFault::Form)?);
        }
        Ok(upstream)
    }
}

impl Upstream {
    /// Parses `http://host:port`; without a port it is 80, and 443 for `https`. Over TLS its certificate has to be for
    /// this host, and signed by whom browsers trust.
    pub fn parse(text: &str) -> Result<Self, UpstreamFault> {
        text.parse()
    }

    /// The same application, whose certificate has to be signed by one of these and nobody else. Refused: a text
    /// without certificates, and an application that is not reached over TLS.
    pub fn trusting(self, pem: &[u8]) -> Result<Self, UpstreamFault> {
        let trust = self.trust.as_ref().and_then(|_| Trust::only(self.address.host(), pem));
        Ok(Self { trust: Some(trust.ok_or(UpstreamFault::Roots)?), ..self })
    }

    /// The same application, spoken to in HTTP/2: over TLS by ALPN, and else without being asked (RFC 9113 section 3.3).
    /// A tunnel, such as a WebSocket, gets a connection of HTTP/1.1.
    #[must_use]
    pub fn in_http2(self) -> Self {
        Self { http2: true, ..self }
    }

    pub(super) fn speaks_http2(&self) -> bool {
        self.http2
    }

    pub(super) fn scheme(&self) -> Scheme {
        if self.is_https() { Scheme::HTTPS } else { Scheme::HTTP }
    }

    /// Whether it is reached over TLS.
    pub fn is_https(&self) -> bool {
        self.trust.is_some()
    }

    pub(super) fn trust(&self) -> Option<&Trust> {
        self.trust.as_ref()
    }

    /// The host and port to connect to.
    pub(super) fn address(&self) -> (&str, u16) {
        self.address.address(if self.is_https() { 443 } else { 80 })
    }

    pub(super) fn host(&self) -> &HeaderValue {
        &self.host
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme(), self.address.as_str())
    }
}

/// Headers that the application is sent with every request of a caller whom Symbolon knows and has let pass, in
/// place of any of these names that the caller sent. Their values are secrets and do not print.
#[derive(Clone, Default)]
pub struct UpstreamHeaders(Vec<(HeaderName, HeaderValue)>);

/// A header that cannot be one of [`UpstreamHeaders`]. The value is not repeated: it is a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamHeaderFault {
    /// Not a header name.
    #[error("{0:?} is not the name of a header")]
    Name(String),
    /// Not a header value.
    #[error("the value of the header {0} has characters that no header may have")]
    Value(HeaderName),
    /// A name that means something between two hops, or that the proxy sets.
    #[error("the header {0} is set by the proxy itself")]
    Ours(HeaderName),
    /// Twice.
    #[error("the header {0} is given twice")]
    Twice(HeaderName),
}

impl UpstreamHeaders {
    /// Parses names and values.
    pub fn parse<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, UpstreamHeaderFault> {
        let mut headers: Vec<(HeaderName, HeaderValue)> = Vec::new();
        for (name, value) in pairs {
            let name: HeaderName = name.parse().map_err(|_| UpstreamHeaderFault::Name(name.to_owned()))?;
            let mut value =
                HeaderValue::from_str(value).map_err(|_| UpstreamHeaderFault::Value(name.clone()))?;
            value.set_sensitive(true);
            if is_connections(&name) || is_identity(&name) || name == HOST || name == CONTENT_LENGTH {
                return Err(UpstreamHeaderFault::Ours(name));
            }
            if headers.iter().any(|(other, _)| *other == name) {
                return Err(UpstreamHeaderFault::Twice(name));
            }
            headers.push((name, value));
        }
        Ok(Self(headers))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &HeaderName> {
        self.0.iter().map(|(name, _)| name)
    }

    pub(super) fn set(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            headers.insert(name.clone(), value.clone());
        }
    }
}

impl fmt::Debug for UpstreamHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstream_is_a_host_and_a_port() {
        for (text, address) in [
            ("http://127.0.0.1:8000", ("127.0.0.1", 8000)),
            ("http://localhost/", ("localhost", 80)),
            ("http://[::1]:81", ("::1", 81)),
            ("https://[::1]", ("::1", 443)),
            ("https://shop.example:80", ("shop.example", 80)),
        ] {
            assert_eq!(Upstream::parse(text).unwrap().address(), address, "{text}");
        }
        for (text, fault) in [
            ("", UpstreamFault::Form),
            ("127.0.0.1:8000", UpstreamFault::Form),
            ("/api", UpstreamFault::Form),
            ("http://", UpstreamFault::Form),
            ("http://:80", UpstreamFault::Form),
            ("http://a:0", UpstreamFault::Form),
            ("http://a:65536", UpstreamFault::Form),
            ("https://-", UpstreamFault::Form),
            ("ftp://a", UpstreamFault::Scheme),
            ("http://u:p@a", UpstreamFault::UserInfo),
            ("http://a/api", UpstreamFault::Path),
            ("http://a/?q", UpstreamFault::Path),
            ("http://a/#f", UpstreamFault::Path),
        ] {
            assert_eq!(Upstream::parse(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn upstream_headers_do_not_print_and_cannot_be_ours() {
        let headers =
            UpstreamHeaders::parse([("X-API-Key", "hush"), ("authorization", "Bearer hush")]).unwrap();
        assert_eq!(format!("{headers:?}"), r#"["x-api-key", "authorization"]"#);
        for (name, value) in
            [("X_Symbolon_Owner", "a"), ("Connection", "a"), ("Host", "a"), ("a b", "a"), ("a", "\n")]
        {
            assert!(UpstreamHeaders::parse([(name, value)]).is_err(), "{name}");
        }
        assert!(UpstreamHeaders::parse([("a", "1"), ("A", "2")]).is_err());
    }
}
