//! Real gateways in front of an application, each asking Symbolon as its file in `deploy/` has it. Every test is played
//! through each of them, and through proxy mode, which must say the same.
#![allow(clippy::unwrap_used, reason = "a test says by a panic what went wrong")]

#[path = "../support/mod.rs"]
mod support;

mod application;
mod claims;
mod cookies;
#[path = "../../src/commands/doctor/gateway/corpus/mod.rs"]
mod corpus;
mod doctor;
mod documents;
mod forged;
mod gateway;
mod limits;
mod outages;
mod passthrough;
mod refusals;
mod revoked;
mod rewrites;
mod stage;
mod streams;
mod verdicts;
mod wire;

/// A test for each gateway, which is called as the gateway is: `every_gateway!(refusals_are_carried)` makes
/// `nginx::refusals_are_carried` and its like.
macro_rules! every_gateway {
    ($($test:ident),+ $(,)?) => {
        $crate::every_gateway!(@ nginx Nginx [$($test)+]);
        $crate::every_gateway!(@ caddy Caddy [$($test)+]);
        $crate::every_gateway!(@ traefik Traefik [$($test)+]);
        $crate::every_gateway!(@ haproxy Haproxy [$($test)+]);
        $crate::every_gateway!(@ envoy_http EnvoyHttp [$($test)+]);
        #[cfg(feature = "envoy-grpc")]
        $crate::every_gateway!(@ envoy_grpc EnvoyGrpc [$($test)+]);
        $crate::every_gateway!(@ proxy Proxy [$($test)+]);
    };
    (@ $module:ident $kind:ident [$($test:ident)+]) => {
        mod $module {
            $(#[test]
            fn $test() {
                super::$test(crate::gateway::Kind::$kind);
            })+
        }
    };
}
pub(crate) use every_gateway;
