//! From a request's headers to what the rules read. What every door of HTTP reads alike is in `symbolon_http`; here is
//! what a browser's cookies and the server's own listeners add.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::header::HOST;
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue};

pub(crate) use symbolon_http::incoming::{
    API_KEY, cookie, cookie_name, credentials, credentials_of_request, folds_to, folds_to_beginning,
    is_credential, is_identity, is_method_override, method_override, query_overrides, remove_all,
    same_origin, target,
};

/// The value of a header that is there once and is not empty.
pub(crate) fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|value| values.next().is_none() && !value.is_empty())
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
