//! What is asked about, and what becomes of the request that is allowed.

use std::net::IpAddr;

use bytes::Bytes;
use http::header::{AUTHORIZATION, COOKIE};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Response, Uri, Version};
use symbolon_http::incoming;

use crate::Grant;

/// Where a request comes from, for applications that know it and do not use axum's `ConnectInfo`. To be put into the
/// request's extensions before the layer; never from a header that a client could have sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// What the deciders are asked about, beside the headers.
pub(crate) struct Asked {
    /// As it was sent.
    pub(crate) target: Vec<u8>,
    pub(crate) client: Option<IpAddr>,
    /// Whether a router has read the path already.
    routed: bool,
}

/// The answer to a request that may not go on.
pub(crate) type Refused = Box<Response<Bytes>>;

/// A request that may go on: with whose right, and as what.
pub(crate) struct Allowed {
    pub(crate) grant: Grant,
    /// Canonical.
    pub(crate) target: String,
    /// What to add to the application's answer.
    pub(crate) headers: HeaderMap,
}

impl Asked {
    /// What `parts` ask for.
    pub(crate) fn of(parts: &Parts) -> Self {
        let original = original(parts);
        let uri = original.unwrap_or(&parts.uri);
        // Over HTTP/2 the scheme and the authority are fields of their own, which the library puts into the URI.
        let target = if parts.version >= Version::HTTP_2 {
            uri.path_and_query().map_or("", PathAndQuery::as_str).as_bytes().to_vec()
        } else {
            incoming::target(uri).into_owned()
        };
        Self { target, client: client(parts), routed: original.is_some() }
    }

    /// Makes the request one for the target that was decided about. The error says why it cannot be.
    pub(crate) fn place(&self, parts: &mut Parts, target: &str) -> Result<(), &'static str> {
        if target.as_bytes() == self.target {
            return Ok(());
        }
        if self.routed {
            return Err("the path is not in its canonical form, and the application has read it already");
        }
        let mut uri = std::mem::take(&mut parts.uri).into_parts();
        uri.path_and_query = target.parse().ok();
        parts.uri = Uri::from_parts(uri).unwrap_or_default();
        if parts.uri.path_and_query().map(PathAndQuery::as_str) == Some(target) {
            Ok(())
        } else {
            Err("the canonical path cannot be handed on")
        }
    }
}

/// The URI as it came, where a router has cut a prefix off it or has read it.
#[cfg(feature = "axum")]
fn original(parts: &Parts) -> Option<&Uri> {
    parts.extensions.get::<axum::extract::OriginalUri>().map(|original| &original.0)
}

#[cfg(not(feature = "axum"))]
fn original(_: &Parts) -> Option<&Uri> {
    None
}

fn client(parts: &Parts) -> Option<IpAddr> {
    let told = parts.extensions.get::<ClientAddress>().map(|told| told.0);
    #[cfg(feature = "axum")]
    let told = told.or_else(|| {
        use axum::extract::ConnectInfo;
        parts.extensions.get::<ConnectInfo<std::net::SocketAddr>>().map(|ConnectInfo(peer)| peer.ip())
    });
    told.map(|address| address.to_canonical())
}

/// Takes out what the caller may not say to the application.
pub(crate) fn clean(headers: &mut HeaderMap) {
    incoming::remove_all(headers, incoming::is_identity);
}

/// The same, and the credential with it. Where a header was the credential of somebody who is `known`, no cookie goes on:
/// an application that also reads cookies would judge by those.
pub(crate) fn clean_of_credentials(headers: &mut HeaderMap, known: bool) {
    let by_header = headers.contains_key(AUTHORIZATION) || headers.contains_key(incoming::API_KEY);
    incoming::remove_all(headers, |name| {
        incoming::is_identity(name) || incoming::is_credential(name) || (name == COOKIE && known && by_header)
    });
    remove_own_cookies(headers);
}

/// Takes out the cookies of Symbolon's own: all of those whose names begin as theirs do.
fn remove_own_cookies(headers: &mut HeaderMap) {
    let own = |pair: &[u8]| {
        let name = pair.trim_ascii();
        let name = name.strip_prefix(b"__Host-").unwrap_or(name);
        name.starts_with(b"symbolon_")
    };
    let values: Vec<HeaderValue> = headers.get_all(COOKIE).iter().cloned().collect();
    let pairs = || values.iter().flat_map(|value| value.as_bytes().split(|b| *b == b';'));
    if pairs().any(own) {
        let kept: Vec<&[u8]> = pairs().filter(|pair| !own(pair)).map(<[u8]>::trim_ascii).collect();
        headers.remove(COOKIE);
        let kept = HeaderValue::from_bytes(&kept.join(&b"; "[..])).ok().filter(|value| !value.is_empty());
        headers.extend(kept.map(|value| (COOKIE, value)));
    }
}
