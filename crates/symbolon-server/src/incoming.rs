//! From a request's headers to what the rules read. No decision is made here.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderName, Uri};
use symbolon_core::credential::{Credentials, SessionCookie};

pub(crate) const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Headers by which a client asks an application to take a request for one of another method.
const METHOD_OVERRIDES: [&str; 3] = ["x-http-method-override", "x-http-method", "x-method-override"];

/// A caller's credentials, as headers.
const CREDENTIALS: [&str; 3] = ["authorization", "x-api-key", "proxy-authorization"];

/// The session cookie's name. With `__Host-` a browser refuses it from a sibling domain or over plain HTTP
/// (RFC 6265bis section 4.1.3.2); off HTTPS there can be no such cookie.
pub(crate) fn cookie_name(https: bool) -> &'static str {
    if https { "__Host-symbolon_session" } else { "symbolon_session" }
}

/// The name of the cookie by which a device is known on which somebody has signed in.
pub(crate) fn device_cookie_name(https: bool) -> &'static str {
    if https { "__Host-symbolon_device" } else { "symbolon_device" }
}

/// The name of the cookie by which the console knows its own forms.
pub(crate) fn form_cookie_name(https: bool) -> &'static str {
    if https { "__Host-symbolon_form" } else { "symbolon_form" }
}

/// Whether a request is for this machine alone, by the one `Host` that it names. What a browser keeps for such a host
/// crosses no network.
pub(crate) fn is_for_loopback(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let Ok(authority) = Authority::try_from(host.as_bytes()) else { return false };
    let host = authority.host();
    let v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || v6.is_some_and(|host| host.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback()))
}

/// The address of the other end of the connection, put into a request's extensions by the listener.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Marks a request that came over TLS to a listener of ours.
#[derive(Debug, Clone, Copy)]
pub struct OverTls;

/// Marks a request that came through the data directory's socket: whoever can open that file owns the data.
#[derive(Debug, Clone, Copy)]
pub struct AtTheMachine;

/// The credential headers of a request.
pub(crate) fn credentials(headers: &HeaderMap, https: bool) -> Credentials<'_> {
    let mut authorization = headers.get_all(AUTHORIZATION).iter();
    let mut api_key = headers.get_all(API_KEY).iter();
    let (first_authorization, first_key) = (authorization.next(), api_key.next());
    Credentials {
        authorization: first_authorization.map(http::HeaderValue::as_bytes),
        api_key: first_key.map(http::HeaderValue::as_bytes),
        repeated: authorization.next().is_some() || api_key.next().is_some(),
        cookie: cookie(headers, cookie_name(https))
            .map(|value| SessionCookie { value, same_origin: same_origin(headers, https) }),
    }
}

/// Whether a header, or the target's query, asks for another method.
pub(crate) fn method_override(headers: &HeaderMap, target: &[u8]) -> bool {
    headers.keys().any(is_method_override) || query_overrides(target)
}

/// Whether a parameter of the query is `_method`, as frameworks read it: with escapes decoded, in any case, the
/// end of the name where PHP ends it, and what PHP turns into `_` taken for it.
pub(crate) fn query_overrides(target: &[u8]) -> bool {
    let query = target.iter().position(|b| *b == b'?').map_or(&b""[..], |at| &target[at + 1..]);
    query.split(|b| matches!(b, b'&' | b';')).any(|pair| {
        let mut name = Vec::new();
        let mut rest = pair.split(|b| *b == b'=').next().unwrap_or_default();
        while let Some((byte, after)) = decoded(rest) {
            if matches!(byte, 0 | b'[') {
                break;
            }
            if !(name.is_empty() && byte == b' ') {
                name.push(byte.to_ascii_lowercase());
            }
            rest = after;
        }
        matches!(&name[..], [mark, rest @ ..] if !mark.is_ascii_alphanumeric() && rest == b"method")
    })
}

/// The first byte of a part of a query, and what follows it.
fn decoded(text: &[u8]) -> Option<(u8, &[u8])> {
    let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    match text {
        [b'%', high, low, rest @ ..] if hex(*high).is_some() && hex(*low).is_some() => {
            Some((hex(*high)? << 4 | hex(*low)?, rest))
        }
        [b'+', rest @ ..] => Some((b' ', rest)),
        [byte, rest @ ..] => Some((*byte, rest)),
        [] => None,
    }
}

/// Whether a header of this name asks for another method.
pub(crate) fn is_method_override(name: &HeaderName) -> bool {
    METHOD_OVERRIDES.iter().any(|plain| folds_to(name.as_str(), plain))
}

/// Whether an application may look for a credential in a header of this name.
pub(crate) fn is_credential(name: &HeaderName) -> bool {
    CREDENTIALS.iter().any(|plain| folds_to(name.as_str(), plain))
}

/// Whether an application may take a header of this name for `plain`. CGI, WSGI and PHP fold header names into
/// variables, in which `_`, and for some every mark, looks like `-`. The HTTP library has made names lower-case.
pub(crate) fn folds_to(name: &str, plain: &str) -> bool {
    name.len() == plain.len() && folds_to_beginning(name, plain)
}

/// The same for the beginning of a name.
pub(crate) fn folds_to_beginning(name: &str, plain: &str) -> bool {
    let same = |(a, b): (u8, u8)| a == b || (b == b'-' && !a.is_ascii_alphanumeric());
    name.len() >= plain.len() && name.bytes().zip(plain.bytes()).all(same)
}

/// The target as it was sent, as far as the HTTP library keeps it: absolute and authority forms are shown as
/// such, and refused by the rules; a `#` and what follows it is gone, and so neither decided about nor passed on.
pub(crate) fn target(uri: &Uri) -> Cow<'_, [u8]> {
    if uri.scheme().is_none() && uri.authority().is_none() {
        Cow::Borrowed(uri.path_and_query().map_or("", PathAndQuery::as_str).as_bytes())
    } else {
        Cow::Owned(uri.to_string().into_bytes())
    }
}

/// The value of one cookie; `None` too if it is there twice, for then one of the two was put there by somebody
/// else.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let pairs = headers.get_all(COOKIE).iter().flat_map(|value| value.as_bytes().split(|b| *b == b';'));
    let mut found = pairs.filter_map(|pair| {
        pair.trim_ascii().strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"="))
    });
    found.next().filter(|_| found.next().is_none())
}

/// Whether the browser says that the request comes from a page of this very origin.
pub(crate) fn same_origin(headers: &HeaderMap, https: bool) -> bool {
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        return site.as_bytes() == b"same-origin";
    }
    let scheme = if https { "https" } else { "http" };
    let origin = headers.get(ORIGIN).and_then(|value| value.to_str().ok());
    let host = headers.get(HOST).and_then(|value| value.to_str().ok());
    origin.zip(host).is_some_and(|(origin, host)| origin == format!("{scheme}://{host}"))
}
