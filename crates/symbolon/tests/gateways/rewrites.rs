//! What each gateway rewrites, as docs/gateways.md sums it up.

use crate::gateway::Kind;

/// The confusions that a gateway passes on as another target than it was sent, of a caller who may go everywhere. Each
/// asks about what it passes on, or nothing would come through. What others do not pass on as they got it is refused.
pub(crate) fn rewrites(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Nginx => &["absolute form"],
        Kind::Caddy => &["absolute form", "absolute form without a host"],
        Kind::Haproxy => &[],
        Kind::Traefik => TRAEFIK,
        Kind::EnvoyHttp | Kind::EnvoyGrpc => ENVOY,
        // hyper drops a fragment before anybody sees it.
        Kind::Proxy => &[
            "a fragment",
            "an escaped letter",
            "the closed path behind a fragment",
            "the open path in a fragment",
        ],
    }
}

const TRAEFIK: &[&str] = &[
    "a dot segment at the end",
    "a dot segment before the path",
    "absolute form",
    "absolute form with dots",
    "absolute form without a host",
    "an escaped dot segment before the path",
    "an escaped letter",
    "dot segments",
    "dot segments to the open path",
    "dots above the root",
    "dots behind an empty segment",
    "escaped dots to the open path",
    "escaped dots, lower case",
    "escaped dots, upper case",
    "one dot escaped, the first",
    "one dot escaped, the second",
    "three slashes at the beginning",
    "two slashes at the beginning",
];

const ENVOY: &[&str] = &[
    "a backslash at the beginning",
    "a dot segment before the path",
    "absolute form",
    "absolute form with dots",
    "an empty parameter before each slash",
    "an escaped dot segment before the path",
    "an escaped letter",
    "backslashes",
    "dot segments",
    "dot segments to the open path",
    "dots above the root",
    "dots with a parameter",
    "dots with a parameter and value",
    "dots with a parameter below /.well-known",
    "dots with a parameter below /assets",
    "dots with a parameter below /health",
    "dots with a parameter below /public",
    "dots with a parameter below /static",
    "escaped dots to the open path",
    "escaped dots, lower case",
    "escaped dots, upper case",
    "one dot escaped, the first",
    "one dot escaped, the second",
    "three slashes at the beginning",
    "two slashes at the beginning",
];
