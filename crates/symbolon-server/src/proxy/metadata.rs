//! What a guarded service says of itself (RFC 9728): where it is, which scopes it knows and how a token is presented. A
//! caller who was refused finds it by the challenge.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Method};
use symbolon_api::ResourceMetadata;
use symbolon_core::catalog::Catalog;

use super::{Proxy, message};

/// Where it is, below an origin (section 3.1).
const PATH: &str = "/.well-known/oauth-protected-resource";

impl Proxy {
    /// Where the service describes itself, if it does.
    pub(super) fn metadata_url(&self) -> Option<String> {
        self.settings.public_url.as_ref().map(|origin| format!("{origin}{PATH}"))
    }

    /// The answer to who asks for the description. It is open: what it says, the catalog's readers know, and each
    /// challenge names a scope. `None` for any other request.
    ///
    /// No `authorization_servers`: there is none that would give out a token of Symbolon's (section 2 leaves them out then).
    pub(super) fn metadata(&self, parts: &Parts) -> Option<Response> {
        let origin = self.settings.public_url.as_ref()?;
        let asked = parts.uri.path() == PATH && matches!(parts.method, Method::GET | Method::HEAD);
        if !asked || message::ambiguity(parts).is_some() {
            return None;
        }
        let catalog = self.app.gate().service(self.settings.service.as_str())?.catalog;
        Some(description(&catalog, origin.to_string()))
    }
}

/// What a service says of itself where it is reached as `resource`.
pub(crate) fn description(catalog: &Catalog, resource: String) -> Response {
    let metadata = ResourceMetadata {
        resource,
        resource_name: catalog.title.clone(),
        scopes_supported: catalog.scopes().iter().map(|scope| scope.name.to_string()).collect(),
        bearer_methods_supported: vec!["header".to_owned()],
    };
    let mut response = Body::from(serde_json::to_vec(&metadata).unwrap_or_default()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=60"));
    response
}
