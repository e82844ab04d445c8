//! Answers in the form that each family of gateways can carry.

use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};
use symbolon_core::id::RequestId;

use super::family::Family;
use crate::answer::ApiError;
use crate::identity;

/// The code of a refusal, for a gateway that cannot hand its body on.
const ERROR: HeaderName = HeaderName::from_static("x-symbolon-error");
/// The id of a refusal, for whoever wants it explained.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-symbolon-request-id");

/// It may pass: exactly 200, for Envoy takes no other status so, and nothing after the headers.
pub(super) fn allowed(identity: identity::Headers) -> Response {
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.extend(identity);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(0));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

impl Family {
    /// It may not pass, or that cannot be known.
    pub(super) fn refused(self, (error, id): (ApiError, RequestId)) -> Response {
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
