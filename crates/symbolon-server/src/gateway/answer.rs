//! Answers in the form that each family of gateways can carry.

use axum::body::Body;
use axum::response::Response;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use symbolon_core::decision::DecidedRoute;

use super::family::Family;
use crate::identity;
use crate::incoming::API_KEY;
use crate::refusals::Refusal;
use crate::verdict::Verdict;

/// The code of a refusal, for a gateway that cannot hand its body on.
const ERROR: HeaderName = HeaderName::from_static("x-symbolon-error");
/// The id of a refusal, for whoever wants it explained.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-symbolon-request-id");

/// What Envoy is to remove from the request that it passes on, beside what it replaces.
const TO_REMOVE: HeaderName = HeaderName::from_static("x-envoy-auth-headers-to-remove");

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
    /// What is told of it beside the answer.
    pub(super) verdict: Verdict,
}

impl Pass {
    /// Somebody whom the application's own login knows, or does not.
    pub(super) fn of_others(route: Option<DecidedRoute>) -> Self {
        let verdict = Verdict { principal: Some(identity::OTHERS), route, ..Verdict::ALLOWED };
        Self { identity: identity::of_others(), stay: Stay::Nothing, verdict }
    }
}

impl Stay {
    /// The headers that stay, as a list.
    fn named(self) -> Option<HeaderValue> {
        match self {
            Self::Nothing => None,
            Self::Credentials => Some("authorization,x-api-key,proxy-authorization"),
            Self::CredentialsAndCookies => Some("authorization,x-api-key,proxy-authorization,cookie"),
        }
        .map(HeaderValue::from_static)
    }

    /// The headers that go on.
    fn others(self) -> &'static [HeaderName] {
        static ALL: [HeaderName; 3] = [COOKIE, AUTHORIZATION, API_KEY];
        match self {
            Self::Nothing => &ALL,
            Self::Credentials => &ALL[..1],
            Self::CredentialsAndCookies => &[],
        }
    }
}

impl Family {
    /// It may pass: exactly 200, for Envoy takes no other status so, and nothing after the headers. `asked` is what the
    /// question's headers were.
    pub(super) fn allowed(self, pass: Pass, asked: &HeaderMap) -> Response {
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        headers.extend(pass.identity);
        headers.insert(CONTENT_LENGTH, HeaderValue::from(0));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self {
            Self::Envoy => headers.extend(pass.stay.named().map(|names| (TO_REMOVE, names))),
            // Traefik puts what it is handed back in the place of what came, and removes what it is not.
            Self::Traefik => {
                for name in pass.stay.others() {
                    headers.extend(asked.get(name).map(|value| (name.clone(), value.clone())));
                }
            }
            Self::Nginx | Self::Caddy | Self::Haproxy => {}
        }
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
