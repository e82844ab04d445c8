//! Answers in the form that each family of gateways can carry.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::response::Response;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use symbolon_core::decision::DecidedRoute;
use symbolon_core::rate::Quota;
use symbolon_http::token_quota;

use super::family::Family;
use crate::identity::{self, is_identity};
use crate::incoming::{API_KEY, is_credential};
use crate::proxy::{UpstreamHeaders, is_not_the_callers, remove_own_cookie};
use crate::refusals::Refusal;
use crate::verdict::Verdict;

/// The code of a refusal, for a gateway that cannot hand its body on.
const ERROR: HeaderName = HeaderName::from_static("x-symbolon-error");
/// The id of a refusal, for whoever wants it explained.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-symbolon-request-id");

/// The cookies that the application is to see, for a gateway that puts them in the place of the client's.
const LEFT_COOKIE: HeaderName = HeaderName::from_static("x-symbolon-cookie");

/// What Envoy is to remove from the request that it passes on, beside what it replaces.
const TO_REMOVE: HeaderName = HeaderName::from_static("x-envoy-auth-headers-to-remove");

/// What Envoy says itself, before it asks, in place of what the client says; and so does whatever begins with `x-envoy-`.
const ENVOYS: [&str; 4] = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-client-cert", "x-request-id"];

/// Which of a request's own headers the application is not to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stay {
    /// None: its own login decides.
    Nothing,
    /// Credentials.
    Credentials,
    /// Those and cookies: where a header was the credential, an application that also reads cookies would judge by them.
    CredentialsAndCookies,
}

/// Who was let through.
#[derive(Debug, Clone)]
pub(super) struct Pass {
    pub(super) identity: identity::Headers,
    pub(super) stay: Stay,
    /// Whether it was decided, and not left to the application's own login, what the caller may do.
    pub(super) decided: bool,
    /// What is told of it beside the answer.
    pub(super) verdict: Verdict,
    /// How the token stands with its limit, for a gateway that can add that to the application's answer.
    pub(super) quota: Option<Quota>,
}

impl Pass {
    /// Somebody whom the application's own login knows, or does not.
    pub(super) fn of_others(route: Option<DecidedRoute>) -> Self {
        let verdict = Verdict { principal: Some(identity::OTHERS), route, ..Verdict::ALLOWED };
        Self { identity: identity::of_others(), stay: Stay::Nothing, decided: false, verdict, quota: None }
    }

    /// The cookies that the application is to see, in one header: those of the question `asked` without Symbolon's own,
    /// which signs in to its API; `None` where nothing is left.
    pub(super) fn cookie(&self, asked: &HeaderMap) -> Option<HeaderValue> {
        if self.stay == Stay::CredentialsAndCookies {
            return None;
        }
        let mut left: HeaderMap = asked.get_all(COOKIE).iter().map(|value| (COOKIE, value.clone())).collect();
        remove_own_cookie(&mut left);
        let values: Vec<&[u8]> = left.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
        HeaderValue::from_bytes(&values.join(&b"; "[..])).ok().filter(|value| !value.is_empty())
    }

    /// The names of the headers that Envoy is to take from the request, but for cookies: credentials, and as the proxy does,
    /// what the caller has no say in. What is set in place of the caller's is not among them.
    pub(super) fn removed(&self, asked: &HeaderMap) -> BTreeSet<String> {
        let names = || self.identity.iter().map(|(name, _)| name);
        // Where Envoy does not show every header, these may be there unseen.
        let mut removed: BTreeSet<String> = names().map(|name| name.as_str().replace('-', "_")).collect();
        if self.stay != Stay::Nothing {
            removed.extend([AUTHORIZATION, API_KEY, PROXY_AUTHORIZATION].map(|name| name.to_string()));
        }
        let upstream = UpstreamHeaders::default();
        let stays = |name: &HeaderName| {
            is_identity(name)
                || self.stay != Stay::Nothing && is_credential(name)
                || self.decided && is_not_the_callers(name, &upstream) && !is_envoys(name)
        };
        let stay = asked.keys().filter(|name| stays(name) && names().all(|own| own != *name));
        removed.extend(stay.map(ToString::to_string));
        removed
    }
}

fn is_envoys(name: &HeaderName) -> bool {
    ENVOYS.contains(&name.as_str()) || name.as_str().starts_with("x-envoy-")
}

impl Family {
    /// It may pass: exactly 200, for Envoy takes no other status so, and nothing after the headers. `asked` is what the
    /// question's headers were.
    pub(super) fn allowed(self, pass: Pass, asked: &HeaderMap) -> Response {
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        let cookie = pass.cookie(asked);
        headers.insert(CONTENT_LENGTH, HeaderValue::from(0));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self {
            Self::Envoy => {
                let mut removed = pass.removed(asked);
                if cookie.is_none() {
                    removed.insert(COOKIE.to_string());
                }
                let names = removed.into_iter().collect::<Vec<_>>().join(",");
                headers.extend(HeaderValue::try_from(names).ok().map(|names| (TO_REMOVE, names)));
                headers.extend(cookie.map(|cookie| (COOKIE, cookie)));
            }
            // Traefik puts what it is handed back in the place of what came, and removes what it is not.
            Self::Traefik => {
                headers.extend(cookie.map(|cookie| (COOKIE, cookie)));
                if pass.stay == Stay::Nothing {
                    for name in [AUTHORIZATION, API_KEY] {
                        headers.extend(asked.get(&name).map(|value| (name, value.clone())));
                    }
                }
            }
            Self::Nginx | Self::Caddy | Self::Haproxy => {
                headers.extend(cookie.map(|cookie| (LEFT_COOKIE, cookie)));
            }
        }
        headers.extend(pass.identity);
        headers.extend(pass.quota.iter().flat_map(token_quota));
        response
    }

    /// It may not pass, or that cannot be known.
    pub(super) fn refused(self, (error, id): Refusal) -> Response {
        let code = error.code();
        let mut response = error.into_answer(id);
        let headers = response.headers_mut();
        headers.insert(ERROR, HeaderValue::from_static(code.as_str()));
        headers.extend(HeaderValue::try_from(id.to_string()).ok().map(|id| (REQUEST_ID, id)));
        match self {
            Self::Nginx => for_nginx(response),
            Self::Caddy | Self::Traefik | Self::Haproxy | Self::Envoy => response,
        }
    }
}

/// nginx passes 401 and 403 on and makes a 500 of everything else, so that a refusal must be one of the two and an
/// outage neither. It reads no body.
fn for_nginx(mut response: Response) -> Response {
    let status = match response.status() {
        StatusCode::UNAUTHORIZED => StatusCode::UNAUTHORIZED,
        status if status.is_client_error() => StatusCode::FORBIDDEN,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    *response.status_mut() = status;
    response.headers_mut().remove(CONTENT_TYPE);
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(0));
    *response.body_mut() = Body::empty();
    response
}
