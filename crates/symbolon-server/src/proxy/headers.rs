//! Which headers go on, and which do not. What the application is told of the caller is added last, so that
//! nothing a caller sends can take it away.

use std::net::IpAddr;

use http::header::{CONNECTION, COOKIE, HOST, SET_COOKIE, TE, TRANSFER_ENCODING};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri, Version};
use symbolon_core::credential::holds_session;
use symbolon_core::rate::Quota;
use symbolon_http::token_quota;

use super::names::{
    FORWARDED_FOR, FORWARDED_HOST, FORWARDED_PROTO, OF_CONNECTION, is_no_trailer, is_not_the_callers,
};
use super::settings::UpstreamHeaders;
use crate::identity::is_identity;
use crate::incoming::{cookie_name, device_cookie_name, folds_to, form_cookie_name, remove_all};

/// Where a request comes from, which the proxy says itself.
const FORWARDED: [HeaderName; 3] = [FORWARDED_FOR, FORWARDED_HOST, FORWARDED_PROTO];

/// The words of a header that is a list, from all its lines.
pub(super) fn words(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &[u8]> {
    let values = headers.get_all(name).iter();
    values.flat_map(|value| value.as_bytes().split(|b| *b == b',')).map(<[u8]>::trim_ascii)
}

/// Removes what is about this connection, and what `Connection` says is.
pub(super) fn remove_connections(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> =
        words(headers, CONNECTION).filter_map(|word| HeaderName::from_bytes(word).ok()).collect();
    for name in named.iter().chain(&OF_CONNECTION) {
        headers.remove(name);
    }
}

/// As [`remove_connections`], for a request: that the sender takes trailers, and that the body comes in chunks,
/// is as true of the next connection.
pub(super) fn next_hop(headers: &mut HeaderMap) {
    let trailers = words(headers, TE).any(|word| word.eq_ignore_ascii_case(b"trailers"));
    let chunked = headers.contains_key(TRANSFER_ENCODING);
    remove_connections(headers);
    if trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
        headers.insert(CONNECTION, HeaderValue::from_static("TE"));
    }
    if chunked {
        // Said outright, for the client library takes a GET to have no body otherwise.
        headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
}

/// The same request for a connection of HTTP/2, which says by itself what is about it: `Host` is a part of the target (RFC
/// 9113 section 8.3.1), and of the connection's headers only that trailers are taken is left (section 8.2.2). `None`: its
/// `Host` cannot be said so.
pub(super) fn in_http2<B>(request: Request<B>, scheme: Scheme) -> Option<Request<B>> {
    let (mut parts, body) = request.into_parts();
    remove_connections(&mut parts.headers);
    parts.headers.insert(TE, HeaderValue::from_static("trailers"));
    let host = parts.headers.remove(HOST)?;
    let mut uri = parts.uri.into_parts();
    uri.scheme = Some(scheme);
    uri.authority = Some(Authority::try_from(host.as_bytes()).ok()?);
    parts.uri = Uri::from_parts(uri).ok()?;
    parts.version = Version::HTTP_2;
    Some(Request::from_parts(parts, body))
}

/// Removes what could be taken for an identity header. Everything that goes on is cleaned of them.
pub(super) fn remove_identity(headers: &mut HeaderMap) {
    remove_all(headers, is_identity);
}

/// Removes what the caller of a request that was decided about has no say in. What [`set_forwarded`] makes
/// true afterwards stays.
pub(super) fn remove_decided(headers: &mut HeaderMap, upstream: &UpstreamHeaders) {
    remove_all(headers, |name| is_not_the_callers(name, upstream) && !FORWARDED.contains(name));
}

/// Removes from trailers what may not be in one.
pub(super) fn clean_trailers(trailers: &mut HeaderMap, upstream: &UpstreamHeaders) {
    remove_all(trailers, |name| is_no_trailer(name, upstream));
}

/// Says where the request comes from. The sender's address is added to `X-Forwarded-For`, of which only the
/// last is known to be true; `X-Forwarded-Host` is the request's own `Host`. `X-Forwarded-Proto` is `https` where the
/// request came so, and otherwise what a TLS-speaking proxy in front says, if it says one of two words.
pub(super) fn set_forwarded(headers: &mut HeaderMap, peer: Option<IpAddr>, tls: bool) {
    remove_all(headers, |name| {
        FORWARDED.iter().any(|one| name != one && folds_to(name.as_str(), one.as_str()))
    });
    if let Some(peer) = peer {
        let peer = peer.to_string();
        let before = headers.get_all(FORWARDED_FOR).iter().map(HeaderValue::as_bytes);
        let chain = before.chain([peer.as_bytes()]).collect::<Vec<_>>().join(&b", "[..]);
        replace(headers, FORWARDED_FOR, &chain);
    }
    match headers.get(HOST).cloned() {
        Some(host) => headers.insert(FORWARDED_HOST, host),
        None => headers.remove(FORWARDED_HOST),
    };
    let https = tls || words(headers, FORWARDED_PROTO).eq([&b"https"[..]]);
    let proto = if https { "https" } else { "http" };
    headers.insert(FORWARDED_PROTO, HeaderValue::from_static(proto));
}

/// Sets a header to a value made of pieces of header values; to nothing, if that should not be one.
fn replace(headers: &mut HeaderMap, name: HeaderName, value: &[u8]) {
    match HeaderValue::from_bytes(value) {
        Ok(value) if !value.is_empty() => headers.insert(name, value),
        _ => headers.remove(name),
    };
}

/// Removes Symbolon's own from the cookies, under either of their names: the session, the device and the form. The
/// application has no business with them, and a browser sends them to every port of the host. Where one is left in
/// what others may read as cookies and we do not, such as pairs with a comma between, no cookie goes on.
pub(crate) fn remove_own_cookie(headers: &mut HeaderMap) {
    if !headers.contains_key(COOKIE) {
        return;
    }
    let own = |pair: &[u8]| {
        let name = pair.split(|b| *b == b'=').next().unwrap_or_default().trim_ascii();
        [true, false].iter().any(|https| own_names(*https).iter().any(|own| name == own.as_bytes()))
    };
    let values: Vec<HeaderValue> = headers.get_all(COOKIE).iter().cloned().collect();
    let pairs = || values.iter().flat_map(|value| value.as_bytes().split(|b| *b == b';'));
    if pairs().any(own) {
        let kept: Vec<&[u8]> = pairs()
            .filter(|pair| !own(pair))
            .map(<[u8]>::trim_ascii)
            .filter(|pair| !pair.is_empty())
            .collect();
        replace(headers, COOKIE, &kept.join(&b"; "[..]));
    }
    // The longer names end with the shorter.
    let assigned = own_names(false).map(|name| format!("{name}="));
    let left = |value: &HeaderValue| {
        let bytes = value.as_bytes();
        let holds = |text: &String| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        holds_session(bytes) || assigned.iter().any(holds)
    };
    if headers.get_all(COOKIE).iter().any(left) {
        headers.remove(COOKIE);
    }
}

/// Removes Symbolon's own cookies from what the application sets: a browser keeps them for every port of the host, and
/// would be signed in to the console as whoever the application likes.
pub(super) fn remove_own_set_cookie(headers: &mut HeaderMap) {
    let own = |value: &HeaderValue| {
        let name =
            value.as_bytes().split(|b| matches!(b, b'=' | b';')).next().unwrap_or_default().trim_ascii();
        [true, false].iter().any(|https| own_names(*https).iter().any(|own| name == own.as_bytes()))
    };
    if headers.get_all(SET_COOKIE).iter().any(own) {
        let kept: Vec<HeaderValue> =
            headers.get_all(SET_COOKIE).iter().filter(|value| !own(value)).cloned().collect();
        headers.remove(SET_COOKIE);
        for value in kept {
            headers.append(SET_COOKIE, value);
        }
    }
}

/// Says how the token stands with its limit. Both headers are lists, and what the application says of limits of its own is
/// as true: it stays.
pub(super) fn add_quota(headers: &mut HeaderMap, quota: &Quota) {
    for (name, value) in token_quota(quota) {
        headers.append(name, value);
    }
}

/// The names of Symbolon's own cookies.
fn own_names(https: bool) -> [&'static str; 3] {
    [cookie_name(https), device_cookie_name(https), form_cookie_name(https)]
}
