//! From a request's headers to what the rules read. No decision is made here.

use std::borrow::Cow;

use http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN, UPGRADE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, Uri};
use symbolon_core::credential::{Credentials, SessionCookie};

/// The other header of a credential.
pub const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// A WebSocket's handshake over HTTP/1.1 always has it, also where a proxy takes away `Upgrade` (RFC 6455 section 4.1).
const SEC_WEBSOCKET_KEY: HeaderName = HeaderName::from_static("sec-websocket-key");

/// Headers by which a client asks an application to take a request for one of another method.
const METHOD_OVERRIDES: [&str; 3] = ["x-http-method-override", "x-http-method", "x-method-override"];

/// A caller's credentials, as headers.
const CREDENTIALS: [&str; 3] = ["authorization", "x-api-key", "proxy-authorization"];

/// The session cookie's name. With `__Host-` a browser refuses it from a sibling domain or over plain HTTP
/// (RFC 6265bis section 4.1.3.2); off HTTPS there can be no such cookie.
pub fn cookie_name(https: bool) -> &'static str {
    if https { "__Host-symbolon_session" } else { "symbolon_session" }
}

/// The credential headers of a request.
pub fn credentials(headers: &HeaderMap, https: bool) -> Credentials<'_> {
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

/// The same for a request that may be the beginning of a WebSocket. Its handshake is a GET, but what follows is not just
/// reading; and a browser sends it, cookies and all, for any page that asks.
pub fn credentials_of_request(headers: &HeaderMap, https: bool) -> Credentials<'_> {
    let mut credentials = credentials(headers, https);
    if headers.contains_key(UPGRADE) || headers.contains_key(SEC_WEBSOCKET_KEY) {
        credentials.cookie = credentials.cookie.filter(|cookie| cookie.same_origin);
    }
    credentials
}

/// Whether a header, or the target's query, asks for another method.
pub fn method_override(headers: &HeaderMap, target: &[u8]) -> bool {
    headers.keys().any(is_method_override) || query_overrides(target)
}

/// Whether a parameter of the query is `_method`, as frameworks read it: with escapes decoded, in any case, the
/// end of the name where PHP ends it, and what PHP turns into `_` taken for it.
pub fn query_overrides(target: &[u8]) -> bool {
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
pub fn is_method_override(name: &HeaderName) -> bool {
    METHOD_OVERRIDES.iter().any(|plain| folds_to(name.as_str(), plain))
}

/// Whether an application may look for a credential in a header of this name.
pub fn is_credential(name: &HeaderName) -> bool {
    CREDENTIALS.iter().any(|plain| folds_to(name.as_str(), plain))
}

/// Takes out the headers of these names.
pub fn remove_all(headers: &mut HeaderMap, which: impl Fn(&HeaderName) -> bool) {
    let names: Vec<HeaderName> = headers.keys().filter(|name| which(name)).cloned().collect();
    for name in names {
        headers.remove(name);
    }
}

/// Whether an application may take a header of this name for `plain`. CGI, WSGI and PHP fold header names into
/// variables, in which `_`, and for some every mark, looks like `-`. The HTTP library has made names lower-case.
pub fn folds_to(name: &str, plain: &str) -> bool {
    name.len() == plain.len() && folds_to_beginning(name, plain)
}

/// The same for the beginning of a name.
pub fn folds_to_beginning(name: &str, plain: &str) -> bool {
    let same = |(a, b): (u8, u8)| a == b || (b == b'-' && !a.is_ascii_alphanumeric());
    name.len() >= plain.len() && name.bytes().zip(plain.bytes()).all(same)
}

/// The target as it was sent, as far as the HTTP library keeps it: absolute and authority forms are shown as
/// such, and refused by the rules; a `#` and what follows it is gone, and so neither decided about nor passed on.
pub fn target(uri: &Uri) -> Cow<'_, [u8]> {
    if uri.scheme().is_none() && uri.authority().is_none() {
        Cow::Borrowed(uri.path_and_query().map_or("", PathAndQuery::as_str).as_bytes())
    } else {
        Cow::Owned(uri.to_string().into_bytes())
    }
}

/// The value of one cookie; `None` too if it is there twice, for then one of the two was put there by somebody
/// else.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let pairs = headers.get_all(COOKIE).iter().flat_map(|value| value.as_bytes().split(|b| *b == b';'));
    let mut found = pairs.filter_map(|pair| {
        pair.trim_ascii().strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"="))
    });
    found.next().filter(|_| found.next().is_none())
}

/// Whether the browser says that the request comes from a page of this very origin.
pub fn same_origin(headers: &HeaderMap, https: bool) -> bool {
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        return site.as_bytes() == b"same-origin";
    }
    let scheme = if https { "https" } else { "http" };
    let origin = headers.get(ORIGIN).and_then(|value| value.to_str().ok());
    let host = headers.get(HOST).and_then(|value| value.to_str().ok());
    origin.zip(host).is_some_and(|(origin, host)| origin == format!("{scheme}://{host}"))
}

/// Whether an application could take a header of this name for what Symbolon says of the caller, today or tomorrow.
pub fn is_identity(name: &HeaderName) -> bool {
    folds_to_beginning(name.as_str(), "x-symbolon-")
}
