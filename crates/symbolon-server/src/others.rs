//! Requests that carry nothing of Symbolon's, beside an application with a login of its own.

use http::{HeaderMap, HeaderName};
use symbolon_core::Timestamp;
use symbolon_core::credential::{Credentials, Presented};
use symbolon_core::decision::{Grant, Principal};
use symbolon_core::name::ServiceName;
use symbolon_gate::Gate;

use crate::app::App;
use crate::incoming::is_credential;

/// What becomes of a request that carries no token, key or session of Symbolon's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OtherCredentials {
    /// It is decided about as every other, and so refused where the route is not public.
    #[default]
    Refuse,
    /// It goes to the application, whose own login decides: web pages go on working beside tokens. It goes on as
    /// it came, the target byte by byte up to a `#`, but without what any proxy drops between two connections, without
    /// identity headers and without Symbolon's own cookie, and with `X-Forwarded-*`.
    Passthrough,
}

/// Whether a request is left to the application's own login: nothing in it claims to be Symbolon's. What is no path, or
/// has two credentials of a kind, is left to nobody.
pub(crate) fn is_others(
    app: &App,
    service: &ServiceName,
    setting: OtherCredentials,
    headers: &HeaderMap,
    credentials: &Credentials<'_>,
    target: &[u8],
    now: Timestamp,
) -> bool {
    if setting == OtherCredentials::Refuse || target.first() != Some(&b'/') {
        return false;
    }
    let gate = app.gate();
    let by_cookie = credentials.cookie.is_some()
        && matches!(credentials.presented(), Ok(Some(Presented::Cookie(_))))
        && gate.service(service.as_str()).is_some_and(|service| service.rules.session_cookie);
    !by_cookie && !credentials.repeated && ours(gate, headers, now).next().is_none()
}

/// The names of credential headers in which there is something of Symbolon's, under every name by which an application may
/// look for one.
pub(crate) fn ours<'a>(
    gate: &Gate,
    headers: &'a HeaderMap,
    now: Timestamp,
) -> impl Iterator<Item = &'a HeaderName> {
    let ours =
        headers.iter().filter(move |(name, value)| is_credential(name) && gate.claims(value.as_bytes(), now));
    ours.map(|(name, _)| name)
}

/// Whether somebody who is known was let through by a header. Their cookies then stay here: an application that also reads
/// cookies would judge by those.
pub(crate) fn by_header(grant: &Grant<'_>, credentials: &Credentials<'_>) -> bool {
    !matches!(grant.principal(), Principal::Anonymous)
        && matches!(credentials.presented(), Ok(Some(Presented::Secret(_))))
}
