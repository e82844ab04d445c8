//! What the tools of a service say of themselves (RFC 9728): a client that was refused finds it by the challenge.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, HOST};
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderValue, Method, Request, StatusCode};

use super::Mcp;
use crate::incoming::OverTls;
use crate::proxy::description;
use crate::public_url::PublicUrl;

/// Where it is: the well-known path before that of the tools (RFC 9728 section 3.1). After it comes the service.
pub(super) const PATH: &str = "/.well-known/oauth-protected-resource/mcp/";

impl Mcp {
    /// Where callers reach this door: as was said, or as this one did.
    fn origin(&self, headers: &HeaderMap, extensions: &Extensions) -> Option<PublicUrl> {
        self.0.public_url.clone().or_else(|| {
            let scheme = if extensions.get::<OverTls>().is_some() { "https" } else { "http" };
            let host = headers.get(HOST)?.to_str().ok()?;
            format!("{scheme}://{host}").parse().ok()
        })
    }

    /// Where the tools of a service describe themselves.
    pub(super) fn metadata_url(&self, service: &str, parts: &Parts) -> Option<String> {
        self.origin(&parts.headers, &parts.extensions).map(|origin| format!("{origin}{PATH}{service}"))
    }

    /// The description. It is open: what it says, the catalog's readers know, and each challenge names a scope.
    pub(super) fn describe<B>(&self, service: &str, request: &Request<B>) -> Response {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let found =
            self.0.services.contains_key(service).then(|| self.0.app.gate().service(service)).flatten();
        let (Some(found), Some(origin), true) =
            (found, self.origin(request.headers(), request.extensions()), reads)
        else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let mut told = description(&found.catalog, format!("{origin}/mcp/{service}"));
        if self.0.public_url.is_none() {
            // Where it is, this request said.
            told.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        told
    }
}
