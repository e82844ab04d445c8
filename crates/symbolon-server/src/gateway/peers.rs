//! Who may ask: a question's headers say what a request is and who makes it, so whoever may ask is believed.

use std::net::IpAddr;

use ipnet::IpNet;

/// Addresses and networks of gateways. The default is nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peers(Vec<IpNet>);

/// A text that names no peer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeerFault {
    /// Not an address.
    #[error("a peer is an address or a network, such as 127.0.0.1, 10.0.0.0/8 or fd00::/8, not {0:?}")]
    Form(String),
    /// Bits of the host are set.
    #[error("the network {given} is written {network}")]
    Host {
        /// As it was written.
        given: String,
        /// The network that it lies in.
        network: IpNet,
    },
    /// Everybody.
    #[error(
        "{0} is everybody, and whoever may ask is believed about every request; name the gateway's address, or say \
         any_peer = true where something else keeps strangers out"
    )]
    Everybody(String),
}

impl Peers {
    /// Parses addresses and networks. `any` allows a network of everybody.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>, any: bool) -> Result<Self, PeerFault> {
        let mut peers = Self::default();
        texts.into_iter().try_for_each(|text| peers.add(text, any))?;
        Ok(peers)
    }

    /// Takes one more address or network.
    pub fn add(&mut self, text: &str, any: bool) -> Result<(), PeerFault> {
        self.0.push(peer(text, any)?);
        Ok(())
    }

    /// Whether this address may ask. A v4 address in v6 dress is the v4 address.
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whether nobody may ask.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn peer(text: &str, any: bool) -> Result<IpNet, PeerFault> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.to_canonical().into());
    }
    let network: IpNet = text.parse().map_err(|_| PeerFault::Form(text.to_owned()))?;
    if network.prefix_len() == 0 && !any {
        return Err(PeerFault::Everybody(text.to_owned()));
    }
    if network.trunc() != network {
        return Err(PeerFault::Host { given: text.to_owned(), network: network.trunc() });
    }
    Ok(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Peers, PeerFault> {
        Peers::parse([text], false)
    }

    #[test]
    fn addresses_and_networks_are_taken() {
        for (text, inside, outside) in [
            ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("10.0.0.0/8", "10.1.2.3", "11.0.0.1"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::10.1.2.3"),
            ("fd00::/8", "fd12::1", "fe80::1"),
            ("::1", "::1", "::2"),
            ("::ffff:127.0.0.1", "127.0.0.1", "127.0.0.2"),
        ] {
            let peers = parse(text).unwrap();
            assert!(peers.contain(inside.parse().unwrap()), "{text} {inside}");
            assert!(!peers.contain(outside.parse().unwrap()), "{text} {outside}");
        }
    }

    #[test]
    fn by_default_nobody_may_ask() {
        assert!(Peers::default().is_empty() && !Peers::default().contain("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "localhost", "10.0.0.0/33", "10.0.0", "10.0.0.1:80", "unix"] {
            assert!(matches!(parse(text), Err(PeerFault::Form(_))), "{text}");
        }
        assert!(parse("10.0.0.1/8").unwrap_err().to_string().ends_with("is written 10.0.0.0/8"));
    }

    #[test]
    fn everybody_is_allowed_only_outright() {
        for text in ["0.0.0.0/0", "::/0", "10.0.0.0/0"] {
            assert!(matches!(parse(text), Err(PeerFault::Everybody(_))), "{text}");
        }
        let everybody = Peers::parse(["0.0.0.0/0"], true).unwrap();
        assert!(everybody.contain("192.0.2.1".parse().unwrap()));
    }
}
