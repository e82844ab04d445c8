//! Requests with somebody else's credentials, or with none: whose they are.

use http::{HeaderMap, HeaderName};
use symbolon_core::Timestamp;
use symbolon_core::credential::{Credentials, Presented};
use symbolon_core::name::ServiceName;

use crate::app::App;
use crate::incoming::folds_to;

/// A caller's credentials, as headers.
const CREDENTIALS: [&str; 3] = ["authorization", "x-api-key", "proxy-authorization"];

/// What becomes of a request that carries no token, key or session of Symbolon's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OtherCredentials {
    /// It is decided about as every other, and so refused where the route is not public.
    #[default]
    Refuse,
    /// It goes to the application, whose own login decides: web pages go on working beside tokens. Through the proxy it
    /// goes on as it came, the target byte by byte up to a `#`, but without what any proxy drops between two connections,
    /// without identity headers and without Symbolon's own cookie, and with `X-Forwarded-*`. A gateway is told to let it
    /// pass, and that Symbolon knows nobody.
    Passthrough,
}

/// Whether an application may look for a credential here.
pub(crate) fn is_credential(name: &HeaderName) -> bool {
    CREDENTIALS.iter().any(|plain| folds_to(name.as_str(), plain))
}

/// Whether a request is left to the application's own login, where that is allowed at all: nothing in it claims to be
/// Symbolon's. What is no path, or has two credentials of a kind, is left to nobody.
pub(crate) fn is_others(
    app: &App,
    service: &ServiceName,
    headers: &HeaderMap,
    credentials: &Credentials<'_>,
    target: &[u8],
    now: Timestamp,
) -> bool {
    if target.first() != Some(&b'/') {
        return false;
    }
    let gate = app.gate();
    let by_cookie = credentials.cookie.is_some()
        && matches!(credentials.presented(), Ok(Some(Presented::Cookie(_))))
        && gate.service(service.as_str()).is_some_and(|service| service.rules.session_cookie);
    // Under every name by which an application may look for one.
    let mut presented = headers.iter().filter(|(name, _)| is_credential(name));
    !by_cookie && !credentials.repeated && !presented.any(|(_, value)| gate.claims(value.as_bytes(), now))
}
