//! [`Grant`] as an argument of axum's handlers.

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::response::Response;
use http::request::Parts;
use symbolon_http::Answer;

use crate::{Grant, edge};

impl<S: Sync> FromRequestParts<S> for Grant {
    type Rejection = Response;

    /// Where no layer stands, nothing was decided: 503, for every other answer would say that something was.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            let id = edge::request_id(edge::now());
            tracing::error!(%id, path = parts.uri.path(), "a handler asks for a Grant, and no Symbolon layer is in front of it");
            Answer::unavailable().into_response(&id).map(Body::from)
        })
    }
}
