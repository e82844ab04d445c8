//! What each family of gateways shows of the request that it asks about, and where.

use std::net::IpAddr;
use std::str;

use http::request::Parts;
use http::{HeaderMap, HeaderName};

use crate::incoming::single;

/// A family of gateways, by the headers that it shows a request in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// `auth_request`: whatever the configuration sets, by our deploy/nginx `X-Original-*`.
    Nginx,
    /// `forward_auth`: `X-Forwarded-*`.
    Caddy,
    /// `ForwardAuth`: `X-Forwarded-*`, the path normalised already.
    Traefik,
    /// Our Lua in deploy/haproxy: `X-Haproxy-*`.
    Haproxy,
    /// `ext_authz` over HTTP: the request line itself, behind the endpoint's path.
    Envoy,
}

/// One request as a gateway showed it.
#[derive(Debug)]
pub(super) struct Shown<'a> {
    pub(super) method: &'a str,
    pub(super) target: &'a [u8],
    pub(super) client: Option<IpAddr>,
}

/// A family's headers for target, method and client's address.
struct Names {
    target: HeaderName,
    method: HeaderName,
    client: HeaderName,
    /// Whether the client's address is the last of a list, before which stands what the client itself sent.
    list: bool,
}

static ORIGINAL: Names = Names {
    target: HeaderName::from_static("x-original-uri"),
    method: HeaderName::from_static("x-original-method"),
    client: HeaderName::from_static("x-original-address"),
    list: false,
};
static FORWARDED: Names = Names {
    target: HeaderName::from_static("x-forwarded-uri"),
    method: HeaderName::from_static("x-forwarded-method"),
    client: HeaderName::from_static("x-forwarded-for"),
    list: true,
};
static HAPROXY: Names = Names {
    target: HeaderName::from_static("x-haproxy-uri"),
    method: HeaderName::from_static("x-haproxy-method"),
    client: HeaderName::from_static("x-haproxy-address"),
    list: false,
};

/// What a gateway asks, read once.
pub(super) struct Question<'a> {
    pub(super) family: Family,
    /// As the path has it; there need not be such a service.
    pub(super) service: &'a str,
    /// The request, or what is missing of it.
    pub(super) shown: Result<Shown<'a>, &'static str>,
}

impl<'a> Question<'a> {
    /// The question at an endpoint; `path` is the target of `parts`. `None`: there is no such endpoint.
    pub(super) fn read(parts: &'a Parts, path: &'a [u8]) -> Option<Self> {
        let (family, service, rest) = endpoint(path)?;
        Some(Self { family, service, shown: family.shown(parts, rest) })
    }
}

/// Family, service and what follows, of an endpoint's path. What follows is a request target where the family shows it
/// so, and else must be nothing but a query of the gateway's own.
fn endpoint(path: &[u8]) -> Option<(Family, &str, &[u8])> {
    let rest = path.strip_prefix(b"/gateway/")?;
    let slash = rest.iter().position(|b| *b == b'/')?;
    let family = match &rest[..slash] {
        b"nginx" => Family::Nginx,
        b"caddy" => Family::Caddy,
        b"traefik" => Family::Traefik,
        b"haproxy" => Family::Haproxy,
        b"envoy" => Family::Envoy,
        _ => return None,
    };
    let rest = &rest[slash + 1..];
    let end = rest.iter().position(|b| matches!(b, b'/' | b'?')).unwrap_or(rest.len());
    Some((family, str::from_utf8(&rest[..end]).ok()?, &rest[end..]))
}

impl Family {
    /// The headers that are read; none where the request line itself is.
    fn names(self) -> Option<&'static Names> {
        match self {
            Self::Nginx => Some(&ORIGINAL),
            Self::Caddy | Self::Traefik => Some(&FORWARDED),
            Self::Haproxy => Some(&HAPROXY),
            Self::Envoy => None,
        }
    }

    /// What was shown. The error says what is missing; nothing is ever guessed, least of all from the question's own
    /// request line.
    fn shown<'a>(self, parts: &'a Parts, rest: &'a [u8]) -> Result<Shown<'a>, &'static str> {
        let Some(names) = self.names() else { return of_envoy(parts, rest) };
        if rest.first().is_some_and(|b| *b != b'?') {
            return Err("a path follows the service's name, and this family shows the path in a header");
        }
        let target = single(&parts.headers, &names.target)
            .ok_or("the header with the target is missing, empty or there twice")?;
        let method = single(&parts.headers, &names.method).and_then(|value| value.to_str().ok());
        let method = method.ok_or("the header with the method is missing, empty or there twice")?;
        let client = client(&parts.headers, names)?;
        Ok(Shown { method, target: target.as_bytes(), client })
    }
}

/// Envoy sends the client's own method, and the client's own target behind the endpoint's path.
fn of_envoy<'a>(parts: &'a Parts, rest: &'a [u8]) -> Result<Shown<'a>, &'static str> {
    if rest.first() != Some(&b'/') {
        return Err("the request's own path does not follow the service's name");
    }
    let client = client(&parts.headers, &FORWARDED)?;
    Ok(Shown { method: parts.method.as_str(), target: rest, client })
}

/// The client's address, in the one value that there may be. Of a list it is the last entry, which the gateway added:
/// before it stands what others said.
fn client(headers: &HeaderMap, names: &Names) -> Result<Option<IpAddr>, &'static str> {
    let mut values = headers.get_all(&names.client).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err("the header with the client's address is there twice");
    }
    let value = value.as_bytes();
    let last = || value.rsplit(|b| *b == b',').next().unwrap_or_default().trim_ascii();
    parsed(if names.list { last() } else { value }).map(Some)
}

/// The address that this is, a v4 address in v6 dress as the v4 address.
pub(super) fn parsed(text: &[u8]) -> Result<IpAddr, &'static str> {
    let address = str::from_utf8(text).ok().and_then(|text| text.parse::<IpAddr>().ok());
    address.map(|address| address.to_canonical()).ok_or("the client's address is none")
}

/// Notes headers by which other families show a request. They are never read; where they come through, a client could
/// deceive a server that looks at whichever is there.
pub(super) fn note_strangers(family: Family, headers: &HeaderMap) {
    if !tracing::enabled!(tracing::Level::DEBUG) {
        return;
    }
    let read = family.names();
    let strangers = [&ORIGINAL, &FORWARDED, &HAPROXY].into_iter().filter(|names| {
        read.is_none_or(|read| read.target != names.target)
            && (headers.contains_key(&names.target) || headers.contains_key(&names.method))
    });
    for names in strangers {
        tracing::debug!(?family, header = %names.target, "another family's header came along and is ignored");
    }
}
