//! Who may ask: a question's headers say what a request is and who makes it, so whoever may ask is believed.

use std::net::IpAddr;

use symbolon_core::network::{Network, NetworkFault};

/// Addresses and networks of gateways. The default is nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peers(Vec<Network>);

/// A text that names no peer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeerFault {
    /// Not a network.
    #[error(transparent)]
    Network(#[from] NetworkFault),
    /// Everybody.
    #[error(
        "{0} is everybody, and whoever may ask is believed about every request; name the gateway's address, or say \
         any_peer = true where something else keeps strangers out"
    )]
    Everybody(Network),
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
        let network: Network = text.parse()?;
        if network.is_everything() && !any {
            return Err(PeerFault::Everybody(network));
        }
        self.0.push(network);
        Ok(())
    }

    /// Whether this address may ask.
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// Whether nobody may ask.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Peers, PeerFault> {
        Peers::parse([text], false)
    }

    #[test]
    fn addresses_and_networks_are_taken() {
        for (text, inside, outside) in
            [("127.0.0.1", "127.0.0.1", "127.0.0.2"), ("10.0.0.0/8", "::ffff:10.1.2.3", "11.0.0.1")]
        {
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
        for (text, told) in
            [("localhost", "a network is an address"), ("10.0.0.1/8", "is written 10.0.0.0/8")]
        {
            assert!(parse(text).unwrap_err().to_string().contains(told), "{text}");
        }
    }

    #[test]
    fn everybody_is_allowed_only_outright() {
        for text in ["0.0.0.0/0", "::/0"] {
            assert!(matches!(parse(text), Err(PeerFault::Everybody(_))), "{text}");
        }
        let everybody = Peers::parse(["0.0.0.0/0"], true).unwrap();
        assert!(everybody.contain("192.0.2.1".parse().unwrap()));
    }
}
