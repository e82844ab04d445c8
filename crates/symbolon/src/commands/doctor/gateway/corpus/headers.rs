//! Headers that say what only a gateway should say, or what only one program hears.

use super::{Aim, COOKIES, FORGED, HeaderTrick};

const fn to_closed(name: &'static str, headers: &'static [(&'static str, &'static str)]) -> HeaderTrick {
    HeaderTrick { name, method: "GET", aim: Aim::Closed, headers, refused: false }
}

const fn to_open(name: &'static str, headers: &'static [(&'static str, &'static str)]) -> HeaderTrick {
    HeaderTrick { name, method: "GET", aim: Aim::Open, headers, refused: false }
}

/// A request with an invented method and a header that calls it GET.
const fn as_get(name: &'static str, headers: &'static [(&'static str, &'static str)]) -> HeaderTrick {
    HeaderTrick { name, method: "SYMBOLON", aim: Aim::Open, headers, refused: false }
}

const fn refused(name: &'static str, headers: &'static [(&'static str, &'static str)]) -> HeaderTrick {
    HeaderTrick { name, method: "GET", aim: Aim::Open, headers, refused: true }
}

/// The headers.
pub(crate) const HEADER_TRICKS: &[HeaderTrick] = &[
    // Another family's word for the target, and our own: CVE-2026-40575.
    to_closed("X-Original-URI", &[("X-Original-URI", "/{open}"), ("X-Original-Method", "GET")]),
    to_closed("X-Forwarded-Uri", &[("X-Forwarded-Uri", "/{open}"), ("X-Forwarded-Method", "GET")]),
    to_closed("X-Haproxy-Uri", &[("X-Haproxy-Uri", "/{open}"), ("X-Haproxy-Method", "GET")]),
    to_closed("X_Original_URI, with underscores", &[("X_Original_URI", "/{open}")]),
    to_closed("X_Forwarded_Uri, with underscores", &[("X_Forwarded_Uri", "/{open}")]),
    to_closed("X-Original-URL", &[("X-Original-URL", "/{open}")]),
    to_closed("X-Rewrite-URL", &[("X-Rewrite-URL", "/{open}")]),
    to_closed("X-Envoy-Original-Path", &[("X-Envoy-Original-Path", "/{open}")]),
    to_closed("X-Auth-Request-Redirect", &[("X-Auth-Request-Redirect", "/{open}")]),
    to_closed("X-Forwarded-Prefix", &[("X-Forwarded-Prefix", "/{open}")]),
    to_closed("the preflight's method in X-Original-Method", &[("X-Original-Method", "OPTIONS")]),
    to_closed("the preflight's method in X-Forwarded-Method", &[("X-Forwarded-Method", "OPTIONS")]),
    // The client's own address: CVE of every application with a list of trusted networks.
    to_closed(
        "the machine's own address",
        &[
            ("X-Forwarded-For", "127.0.0.1"),
            ("X-Real-IP", "127.0.0.1"),
            ("X-Original-Address", "127.0.0.1"),
            ("X-Haproxy-Address", "127.0.0.1"),
        ],
    ),
    // Headers of this connection alone (RFC 9110 section 7.6.1): CVE-2024-45410, CVE-2025-48865.
    to_closed("Connection names X-Original-URI", &[("Connection", "X-Original-URI, X-Original-Method")]),
    to_closed("Connection names X-Forwarded-Uri", &[("Connection", "X-Forwarded-Uri, X-Forwarded-Method")]),
    to_closed("Connection names X-Haproxy-Uri", &[("Connection", "X-Haproxy-Uri, X-Haproxy-Method")]),
    to_closed(
        "an upgrade to HTTP/2",
        &[("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABk")],
    ),
    to_closed("a forged identity", &[("X-Symbolon-Principal", FORGED), ("X-Symbolon-Scopes", FORGED)]),
    as_get("the method in X-Original-Method", &[("X-Original-Method", "GET")]),
    as_get("the method in X-Forwarded-Method", &[("X-Forwarded-Method", "GET")]),
    as_get("the method in X-Haproxy-Method", &[("X-Haproxy-Method", "GET")]),
    // Identity: CVE-2026-30851, CVE-2026-52845, CVE-2025-64484.
    to_open(
        "forged identity",
        &[
            ("X-Symbolon-Principal", FORGED),
            ("X-Symbolon-Token-Id", FORGED),
            ("X-Symbolon-Owner", FORGED),
            ("X-Symbolon-Role", FORGED),
            ("X-Symbolon-Scopes", FORGED),
            ("X-Symbolon-Identity", FORGED),
        ],
    ),
    to_open(
        "forged identity with underscores",
        &[
            ("X_Symbolon_Principal", FORGED),
            ("X_Symbolon_Owner", FORGED),
            ("X_Symbolon_Scopes", FORGED),
            ("X-Symbolon_Role", FORGED),
            ("X_Symbolon_Identity", FORGED),
        ],
    ),
    to_open(
        "forged identity with dots",
        &[("X.Symbolon.Owner", FORGED), ("X-Symbolon.Scopes", FORGED), ("X~Symbolon~Role", FORGED)],
    ),
    to_open("forged identity of a later version", &[("X-Symbolon-Tenant", FORGED)]),
    to_open(
        "Connection names the identity",
        &[("Connection", "X-Symbolon-Principal, X-Symbolon-Owner, X-Symbolon-Role, X-Symbolon-Scopes")],
    ),
    to_open("Connection names the credential", &[("Connection", "Authorization")]),
    // With which the application could sign in as its caller.
    to_open("Symbolon's session cookie", &[("Cookie", COOKIES), ("X-Symbolon-Cookie", COOKIES)]),
    to_open("the closed path in X-Original-URL", &[("X-Original-URL", "/{closed}")]),
    to_open("the closed path in X-Rewrite-URL", &[("X-Rewrite-URL", "/{closed}")]),
    // Two credentials: which one counts?
    refused("a second Authorization", &[("Authorization", "Bearer another")]),
    refused("a second credential in X-API-Key", &[("X-API-Key", "another")]),
    // Another method, by the application's own reading.
    refused("X-HTTP-Method-Override", &[("X-HTTP-Method-Override", "DELETE")]),
    refused("X-Method-Override", &[("X-Method-Override", "DELETE")]),
    refused("X-HTTP-Method", &[("X-HTTP-Method", "DELETE")]),
    refused("X_HTTP_Method_Override, with underscores", &[("X_HTTP_Method_Override", "DELETE")]),
];
