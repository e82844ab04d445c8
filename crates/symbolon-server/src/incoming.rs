//! From a request's headers to what the rules read. No decision is made here.

use std::net::IpAddr;

use http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, HeaderName};
use symbolon_core::credential::{Credentials, SessionCookie};

pub(crate) const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Headers by which a client asks an application to take a request for one of another method.
const METHOD_OVERRIDES: [HeaderName; 3] = [
    HeaderName::from_static("x-http-method-override"),
    HeaderName::from_static("x-http-method"),
    HeaderName::from_static("x-method-override"),
];

/// The session cookie's name. With `__Host-` a browser refuses it from a sibling domain or over plain HTTP
/// (RFC 6265bis section 4.1.3.2); off HTTPS there can be no such cookie.
pub(crate) fn cookie_name(https: bool) -> &'static str {
    if https { "__Host-symbolon_session" } else { "symbolon_session" }
}

/// The address of the other end of the connection, put into a request's extensions by the listener.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

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

/// Whether a header asks for another method.
pub(crate) fn method_override(headers: &HeaderMap) -> bool {
    METHOD_OVERRIDES.iter().any(|name| headers.contains_key(name))
}

/// The target as it was sent, as far as the HTTP library keeps it: absolute and authority forms are shown as
/// such, and refused by the rules.
pub(crate) fn target(parts: &Parts) -> std::borrow::Cow<'_, [u8]> {
    if parts.uri.scheme().is_none() && parts.uri.authority().is_none() {
        let target = parts.uri.path_and_query().map_or("", http::uri::PathAndQuery::as_str);
        std::borrow::Cow::Borrowed(target.as_bytes())
    } else {
        std::borrow::Cow::Owned(parts.uri.to_string().into_bytes())
    }
}

/// The value of one cookie; `None` too if it is there twice, for then one of the two was put there by somebody
/// else.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let pairs = headers.get_all(COOKIE).iter().flat_map(|value| value.as_bytes().split(|b| *b == b';'));
    let mut found = pairs.filter_map(|pair| {
        pair.trim_ascii().strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"="))
    });
    found.next().filter(|_| found.next().is_none())
}

/// Whether the browser says that the request comes from a page of this very origin.
fn same_origin(headers: &HeaderMap, https: bool) -> bool {
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        return site.as_bytes() == b"same-origin";
    }
    let scheme = if https { "https" } else { "http" };
    let origin = headers.get(ORIGIN).and_then(|value| value.to_str().ok());
    let host = headers.get(HOST).and_then(|value| value.to_str().ok());
    origin.zip(host).is_some_and(|(origin, host)| origin == format!("{scheme}://{host}"))
}
