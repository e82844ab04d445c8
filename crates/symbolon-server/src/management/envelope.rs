//! What surrounds every answer: the request's id, the headers that all share, and the rendering of errors.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue, StatusCode};
use symbolon_core::Code;
use symbolon_core::id::RequestId;
use symbolon_core::name::ServiceName;

use super::refused::Call;
use crate::answer::ApiError;
use crate::app::App;
use crate::metrics::Stopwatch;
use crate::refusals::Refusal;
use crate::traces::Seen;
use crate::verdict::Verdict;

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

/// What was decided about somebody's request, in the extensions of the answer that tells it.
#[derive(Debug, Clone)]
pub(super) struct Decided(pub(super) ServiceName, pub(super) Verdict);

pub(super) async fn not_found() -> ApiError {
    ApiError::new(Code::NotFound, "there is no such call; GET /openapi.json lists them all")
}

pub(super) async fn envelope(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let watch = Stopwatch::start();
    let now = app.now();
    let (id, mut span) = (app.request_id(now), app.span(request.headers(), now));
    request.extensions_mut().insert(CurrentRequest(id));
    let call = Call::begin(&mut request);
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
    let code = error.as_ref().map_or(Code::Allowed, ApiError::code);
    if let Some(error) = error {
        // Headers that the handler had set, such as a cookie to be cleared, belong to its own answer.
        response = error.clone().into_answer(id);
        // For who calls from within the process and says it in another form.
        response.extensions_mut().insert::<Refusal>((error, id));
    }
    call.end(&app, path.as_ref(), code, id);
    let (pattern, status) = (path.as_ref().map(MatchedPath::as_str), response.status());
    let path = pattern.unwrap_or("-");
    tracing::debug!(%id, %method, path, status = status.as_u16(), code = code.as_str(), "management call");
    let decided = response.extensions_mut().remove::<Decided>();
    let (service, verdict) = match &decided {
        Some(Decided(service, verdict)) => (Some(service), verdict),
        None => (None, &Verdict { code, ..Verdict::ALLOWED }),
    };
    let (door, method) = ("management", method.as_str());
    span.end(&Seen { door, service, method, pattern, status: Some(status), verdict });
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::try_from(id.to_string()) {
        headers.insert(X_REQUEST_ID, value);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    app.metrics().management.observe(watch.read());
    response
}
