//! Whom a listener believes about who is calling.

use symbolon_core::network::Network;
use symbolon_server::TrustedProxies;

use super::place::{Fault, Said};
use super::resolve::fault;

/// The proxies in front of a listener.
pub(super) fn resolve(list: &[Said<String>], faults: &mut Vec<Fault>) -> TrustedProxies {
    let mut networks = Vec::new();
    for said in list {
        match said.value.parse::<Network>() {
            Ok(network) if network.is_everything() => {
                let message = format!(
                    "{network} is everybody, and whoever is trusted says where a request comes from; name the proxies' \
                     own addresses"
                );
                faults.push(fault(&said.place, message));
            }
            Ok(network) => networks.push(network),
            Err(error) => faults.push(fault(&said.place, error)),
        }
    }
    TrustedProxies::new(networks)
}

#[cfg(test)]
mod tests {
    use super::super::tests::settings;

    const PROXY: &str = "listen = \"127.0.0.1:1\"\nupstream = \"http://a\"\n";

    #[test]
    fn trusted_proxies_are_named_for_each_listener_by_itself() {
        let text = format!("trusted_proxies = [\"10.0.0.1\"]\n[services.odin]\n{PROXY}");
        let said = settings(&text, &[]).unwrap();
        let trusted =
            |network: &str| format!("{:?}", symbolon_server::TrustedProxies::new([network.parse().unwrap()]));
        let of_proxy = |said: &super::super::Settings| {
            format!("{:?}", said.services["odin"].proxy.as_ref().unwrap().trusted_proxies)
        };
        let nobody = format!("{:?}", symbolon_server::TrustedProxies::default());
        assert_eq!((format!("{:?}", said.trusted_proxies), of_proxy(&said)), (trusted("10.0.0.1"), nobody));
        let variables = [
            ("SYMBOLON_CONFIG_TRUSTED_PROXIES", "10.0.0.2"),
            ("SYMBOLON_CONFIG_SERVICES__ODIN__TRUSTED_PROXIES", "fd00::/8"),
        ];
        let said = settings(&text, &variables).unwrap();
        assert_eq!(format!("{:?}", said.trusted_proxies), trusted("10.0.0.2"));
        assert_eq!(of_proxy(&said), trusted("fd00::/8"));
    }

    #[test]
    fn what_is_no_network_or_everybody_is_refused_with_its_line() {
        for (text, told) in [
            ("trusted_proxies = [\"localhost\"]", "1: a network is an address or a prefix"),
            ("trusted_proxies = [\n\"10.0.0.1/8\"]", "2: the network 10.0.0.1/8 is written 10.0.0.0/8"),
            ("trusted_proxies = [\"0.0.0.0/0\"]", "1: 0.0.0.0/0 is everybody"),
            ("[services.odin]\ntrusted_proxies = [\"10.0.0.1\"]", "2: this is for proxy mode"),
            (
                "[gateway]\nlisten = \"127.0.0.1:1\"\npeers = [\"::1\"]\ntrusted_proxies = []",
                "4: unknown field",
            ),
        ] {
            let fault = settings(text, &[]).unwrap_err();
            assert!(fault.starts_with(&format!("conf/symbolon.toml:{told}")), "{text}: {fault}");
        }
    }
}
