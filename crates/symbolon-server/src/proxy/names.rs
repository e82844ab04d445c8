//! What the names of headers mean to applications. All are compared as an application does that folds names into
//! variables.

use http::HeaderName;
use http::header::{CONNECTION, CONTENT_LENGTH, COOKIE, HOST, TE, TRANSFER_ENCODING, UPGRADE};

use super::settings::UpstreamHeaders;
use crate::identity::is_identity;
use crate::incoming::{folds_to, folds_to_beginning, is_credential, is_method_override};

pub(super) const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
pub(super) const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
pub(super) const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Headers about one connection and not about the message (RFC 9110 section 7.6.1). `Trailer` is not among
/// them: it goes with the trailers, which go on.
pub(super) const OF_CONNECTION: [HeaderName; 6] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    TE,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Headers by which frameworks behind a proxy are told of another URL, or another method, than the request's.
/// What was decided about is the request's own.
const REWRITES: [&str; 8] = [
    "x-original-url",
    "x-original-uri",
    "x-original-method",
    "x-original-host",
    "x-original-proto",
    "x-original-prefix",
    "x-rewrite-url",
    "x-script-name",
];

/// Headers by which applications are told where a request comes from, apart from `X-Forwarded-*`. One that
/// believes them takes a caller's word for an address.
const ORIGINS: [&str; 11] = [
    "forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-for",
    "x-original-forwarded-for",
    "true-client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
    "front-end-https",
    "x-url-scheme",
];

/// Beginnings of the headers by which other proxies say who is calling, or how they were reached. An application
/// that once stood behind one of them may believe them still, and here nobody but the caller would have set them.
const OTHER_PROXIES: [&str; 21] = [
    "x-forwarded-", // the three that are ours, oauth2-proxy, Envoy's and Traefik's client certificates
    "remote-user",  // Authelia, and CGI
    "remote-name",
    "remote-email",
    "remote-group",
    "x-remote-user", // Kubernetes, and applications of old
    "x-remote-group",
    "x-remote-extra-",
    "x-auth-request-", // oauth2-proxy
    "x-authenticated-",
    "x-authentik-",
    "x-webauth-",                 // Grafana's habit
    "x-consumer-",                // Kong
    "x-vouch-",                   // Vouch
    "x-pomerium-",                // Pomerium
    "x-amzn-oidc-",               // AWS
    "x-goog-authenticated-user-", // Google
    "x-goog-iap-",
    "x-ms-client-principal", // Azure
    "cf-access-",            // Cloudflare
    "tailscale-user-",       // Tailscale
];

fn is_one_of(name: &HeaderName, plain: &[&str]) -> bool {
    plain.iter().any(|plain| folds_to(name.as_str(), plain))
}

/// Whether this is about one connection.
pub(super) fn is_connections(name: &HeaderName) -> bool {
    OF_CONNECTION.contains(name)
}

/// Whether a caller may not say this to the application once Symbolon has decided: a credential, another URL or
/// method, who or where somebody is, and what `upstream` would say.
pub(crate) fn is_not_the_callers(name: &HeaderName, upstream: &UpstreamHeaders) -> bool {
    is_identity(name)
        || is_credential(name)
        || is_method_override(name)
        || is_one_of(name, &REWRITES)
        || is_one_of(name, &ORIGINS)
        || OTHER_PROXIES.iter().any(|beginning| folds_to_beginning(name.as_str(), beginning))
        || upstream.names().any(|ours| folds_to(name.as_str(), ours.as_str()))
}

/// Whether a caller may not say this in a trailer, whoever decides: nothing that a header may not say, and no
/// more than RFC 9110 section 6.5.1 lets a trailer say. Some servers merge trailers into the headers.
pub(super) fn is_no_trailer(name: &HeaderName, upstream: &UpstreamHeaders) -> bool {
    is_not_the_callers(name, upstream)
        || is_connections(name)
        || [COOKIE, HOST, CONTENT_LENGTH].contains(name)
}
