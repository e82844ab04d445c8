//! Networks that addresses lie in: a token's, a gateway's peers, the proxies that a listener believes.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// A network in CIDR form (RFC 4632, RFC 4291 section 2.3), or a single address. An IPv4 address in IPv6 dress
/// (`::ffff:192.0.2.7`) is the IPv4 address wherever it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Network(IpNet);

/// A text that is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkFault {
    /// Neither an address nor a network.
    #[error("a network is an address or a prefix, such as 192.0.2.7, 10.0.0.0/8 or fd00::/8, not {0:?}")]
    Form(String),
    /// Bits beyond the prefix are set, or it is IPv4 in IPv6 dress: somebody means something else than they wrote.
    #[error("the network {given} is written {meant}")]
    Spelling {
        /// As it was written.
        given: String,
        /// What it says.
        meant: Network,
    },
}

impl Network {
    /// Whether the address lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }

    /// Whether every address of its family lies in it.
    pub fn is_everything(&self) -> bool {
        self.0.prefix_len() == 0
    }
}

impl FromStr for Network {
    type Err = NetworkFault;

    fn from_str(text: &str) -> Result<Self, NetworkFault> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self(address.to_canonical().into()));
        }
        let network: IpNet = text.parse().map_err(|_| NetworkFault::Form(text.to_owned()))?;
        let meant = canonical(network.trunc());
        if meant == network {
            return Ok(Self(network));
        }
        Err(NetworkFault::Spelling { given: text.to_owned(), meant: Self(meant) })
    }
}

/// A network that has nothing but IPv4 in IPv6 dress, as a network of IPv4; no caller's address would lie in it.
fn canonical(network: IpNet) -> IpNet {
    let v4 = |length: u8| {
        let IpAddr::V4(address) = network.addr().to_canonical() else { return None };
        ipnet::Ipv4Net::new(address, length).ok()
    };
    let dressed =
        network.prefix_len().checked_sub(96).filter(|_| matches!(network, IpNet::V6(_))).and_then(v4);
    dressed.map_or(network, IpNet::V4)
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() {
            write!(f, "{}", self.0.addr())
        } else {
            write!(f, "{}", self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        text.parse().unwrap_or_else(|fault| panic!("{text}: {fault}"))
    }

    #[test]
    fn addresses_of_both_families_lie_in_their_networks() {
        for (text, inside, outside) in [
            ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("10.0.0.0/8", "10.1.2.3", "11.0.0.1"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::10.1.2.3"),
            ("fd00::/8", "fd12::1", "fe80::1"),
            ("::1", "::1", "::2"),
            ("::ffff:127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("0.0.0.0/0", "::ffff:192.0.2.1", "2001:db8::1"),
            ("::/0", "2001:db8::1", "192.0.2.1"),
            ("::/0", "2001:db8::1", "::ffff:192.0.2.1"),
        ] {
            let network = network(text);
            assert!(network.contains(inside.parse().unwrap()), "{text} {inside}");
            assert!(!network.contains(outside.parse().unwrap()), "{text} {outside}");
            assert_eq!(network.is_everything(), text.ends_with("/0"));
        }
    }

    #[test]
    fn what_is_written_another_way_is_told_as_it_is_meant() {
        for (given, meant) in [
            ("10.0.0.1/8", "10.0.0.0/8"),
            ("fd00::1/8", "fd00::/8"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:10.0.0.1/104", "10.0.0.0/8"),
            ("::ffff:10.0.0.1/128", "10.0.0.1"),
        ] {
            let fault = given.parse::<Network>().unwrap_err();
            assert_eq!(fault.to_string(), format!("the network {given} is written {meant}"));
            assert_eq!(network(meant).to_string(), meant);
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "localhost",
            "10.0.0.0/33",
            "10.0.0",
            "10.0.0.1:80",
            "unix",
            "fe80::1%eth0",
            " 10.0.0.1",
            "10.0.0.0/08/1",
        ] {
            assert!(matches!(text.parse::<Network>(), Err(NetworkFault::Form(_))), "{text}");
        }
    }
}
