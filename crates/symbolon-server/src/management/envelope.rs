//! What surrounds every answer: the request's id, the headers that all share, and the rendering of errors.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue, StatusCode};
use symbolon_core::Code;
use symbolon_core::id::RequestId;

use crate::answer::ApiError;
use crate::app::App;
use crate::metrics::Stopwatch;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of the request under way, in its extensions.
#[derive(Debug, Clone, Copy)]
pub(super) struct CurrentRequest(pub(super) RequestId);

/// An error on its way out: rendered by `envelope`, which knows the request's id. Rendering has no side
/// effects; what is to be logged is logged here, once.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

pub(super) async fn not_found() -> ApiError {
    ApiError::new(Code::NotFound, "there is no such call; GET /openapi.json lists them all")
}

pub(super) async fn envelope(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let watch = Stopwatch::start();
    let id = app.request_id(app.now());
    request.extensions_mut().insert(CurrentRequest(id));
    let method = request.method().clone();
    // The pattern and not the path: people paste secrets where an id belongs.
    let path = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if response.status() == StatusCode::METHOD_NOT_ALLOWED && !response.headers().contains_key(CONTENT_TYPE) {
        // Which methods there are, the router adds on the way out.
        let code = Code::MethodNotAllowed;
        response = ApiError::new(code, code.title()).into_response();
    }
    let error = response.extensions_mut().remove::<ApiError>();
    let code = error.as_ref().map_or(Code::Allowed, ApiError::code).as_str();
    if let Some(error) = error {
        // Headers that the handler had set, such as a cookie to be cleared, belong to its own answer.
        response = error.into_answer(id);
    }
    let path = path.as_ref().map_or("-", MatchedPath::as_str);
    tracing::debug!(%id, %method, path, status = response.status().as_u16(), code, "management call");
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::try_from(id.to_string()) {
        headers.insert(X_REQUEST_ID, value);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    app.metrics().management.observe(watch.read());
    response
}
