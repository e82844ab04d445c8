//! Who is calling, behind reverse proxies that say so.

use std::net::IpAddr;
use std::str;
use std::sync::Arc;

use http::{Extensions, HeaderMap, Request};
use hyper::body::Incoming;
use symbolon_core::network::Network;
use tower::ServiceExt;

use crate::incoming::{OverTls, Peer};
use crate::listen::Door;

/// The reverse proxies in front of a listener that are believed about who is calling, by `X-Forwarded-For`. None, unless
/// some are named: anybody can send that header.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Arc<[Network]>);

/// Where a request comes from, by the word of trusted proxies; `None` where they do not say.
#[derive(Debug, Clone, Copy)]
struct Client(Option<IpAddr>);

/// Where a request comes from, as far as that is known: the other end of the connection, or whom a trusted proxy that is
/// there names.
pub(crate) fn client(extensions: &Extensions) -> Option<IpAddr> {
    let peer = || extensions.get::<Peer>().map(|Peer(address)| *address);
    extensions.get::<Client>().map_or_else(peer, |Client(address)| *address)
}

/// Tells another request, made for the same caller, where that one came from and how.
pub(crate) fn carry(from: &Extensions, to: &mut Extensions) {
    if let Some(peer) = from.get::<Peer>() {
        to.insert(*peer);
    }
    if let Some(client) = from.get::<Client>() {
        to.insert(*client);
    }
    if let Some(over) = from.get::<OverTls>() {
        to.insert(*over);
    }
}

impl TrustedProxies {
    /// These. Whoever lies in one of the networks is believed.
    pub fn new(networks: impl IntoIterator<Item = Network>) -> Self {
        Self(networks.into_iter().collect())
    }

    /// The door behind them.
    pub fn before(self, door: impl Door) -> impl Door {
        tower::service_fn(move |mut request: Request<Incoming>| {
            if let Some(Peer(peer)) = request.extensions().get().copied()
                && self.trust(peer)
            {
                let client = Client(self.named(request.headers()));
                request.extensions_mut().insert(client);
            }
            // A clone of a service that was ready need not be ready: `oneshot` waits.
            door.clone().oneshot(request)
        })
    }

    fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// The last address that is no trusted proxy's: each of them added the one that it saw, and before that stands what
    /// others said. `None` where there is none, or where an entry after it is no address: then nobody knows who it was.
    fn named(&self, headers: &HeaderMap) -> Option<IpAddr> {
        let values: Vec<&[u8]> =
            headers.get_all("x-forwarded-for").iter().map(http::HeaderValue::as_bytes).collect();
        for entry in values.iter().rev().flat_map(|value| value.rsplit(|byte| *byte == b',')) {
            let address: IpAddr = str::from_utf8(entry.trim_ascii()).ok()?.parse().ok()?;
            let address = address.to_canonical();
            if !self.trust(address) {
                return Some(address);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_last_address_that_is_no_proxys_is_who_calls() {
        let proxies = TrustedProxies::new(["10.0.0.0/8", "::1"].map(|text| text.parse().unwrap()));
        for (chain, named) in [
            (&["192.0.2.1"][..], Some("192.0.2.1")),
            (&["192.0.2.1, 10.0.0.2"], Some("192.0.2.1")),
            (&["192.0.2.1", "10.0.0.2,::1"], Some("192.0.2.1")),
            (&["192.0.2.1, 192.0.2.2"], Some("192.0.2.2")),
            (&["::ffff:192.0.2.1, ::ffff:10.0.0.2"], Some("192.0.2.1")),
            (&["2001:db8::1"], Some("2001:db8::1")),
            // What the caller wrote before is nobody's word.
            (&["unknown, 192.0.2.2"], Some("192.0.2.2")),
            (&["192.0.2.1, unknown"], None),
            (&["192.0.2.1, unknown, 10.0.0.2"], None),
            (&["192.0.2.1, "], None),
            (&["192.0.2.1:4711"], None),
            (&["192.0.2.1", ""], None),
            (&["10.0.0.1, 10.0.0.2"], None),
            (&[""], None),
            (&[], None),
        ] {
            let mut headers = HeaderMap::new();
            for value in chain {
                headers.append("x-forwarded-for", HeaderValue::from_static(value));
            }
            assert_eq!(proxies.named(&headers), named.map(|named| named.parse().unwrap()), "{chain:?}");
        }
    }
}
