//! How a caller stands with a limit, as headers (draft-ietf-httpapi-ratelimit-headers-11).

use http::{HeaderName, HeaderValue};
use symbolon_core::decision::Reason;
use symbolon_core::rate::Quota;

/// What the limit is: `"token";q=100;w=60`.
pub const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// What is left of it: `"token";r=19;t=1`.
pub const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Both headers for the limit of a token.
pub fn token_quota(quota: &Quota) -> [(HeaderName, HeaderValue); 2] {
    headers("token", quota)
}

/// Both headers for the limit that a request was refused for.
pub(crate) fn of_refused(reason: Reason, quota: &Quota) -> [(HeaderName, HeaderValue); 2] {
    headers(if reason == Reason::ServiceLimit { "service" } else { "token" }, quota)
}

/// `t` is the time after which there is one more, and not after which all are there again: whoever waits for it may go on.
fn headers(policy: &str, Quota { rate, remaining, more_in }: &Quota) -> [(HeaderName, HeaderValue); 2] {
    let value = |text: String| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
    [
        (RATE_LIMIT_POLICY, value(format!("\"{policy}\";q={};w={}", rate.count(), rate.seconds()))),
        (RATE_LIMIT, value(format!("\"{policy}\";r={remaining};t={more_in}"))),
    ]
}
