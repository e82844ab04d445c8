//! An application on a fresh file, and requests to it as Symbolon would send them.

use std::{path::PathBuf, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode},
    response::Response,
};
use serde_json::Value;
use symbolon_backends::{odin, odysseus};
use tempfile::TempDir;
use tower::ServiceExt as _;

/// What Symbolon says of an operator's token.
const OPERATOR: [(&str, &str); 5] = [
    ("X-Symbolon-Principal", "token"),
    ("X-Symbolon-Token-Id", "tok_1"),
    ("X-Symbolon-Owner", "harriet"),
    ("X-Symbolon-Role", "operator"),
    ("X-Symbolon-Scopes", "agent:read agent:write"),
];

pub(crate) struct App {
    router: Router,
    headers: HeaderMap,
    /// Kept for its destructor, and for opening the file again.
    directory: Arc<TempDir>,
}

impl App {
    pub(crate) async fn odin() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let router = odin::app(&directory.path().join("odin.db")).await.expect("O.D.I.N. starts");
        Self::new(directory, router)
    }

    /// Where this O.D.I.N. has its rows.
    pub(crate) fn odin_file(&self) -> PathBuf {
        self.directory.path().join("odin.db")
    }

    /// O.D.I.N. once more on the same file, as after a restart.
    pub(crate) async fn odin_again(&self) -> Self {
        let router = odin::app(&self.odin_file()).await.expect("O.D.I.N. starts again");
        Self { router, headers: self.headers(), directory: Arc::clone(&self.directory) }
    }

    pub(crate) async fn odysseus() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let router = odysseus::app(&directory.path().join("odysseus.db")).await.expect("Odysseus starts");
        Self::new(directory, router)
    }

    fn new(directory: TempDir, router: Router) -> Self {
        let mut app = Self { router, headers: HeaderMap::new(), directory: Arc::new(directory) };
        for (name, value) in OPERATOR {
            app = app.header(name, value);
        }
        app
    }

    /// The same application, with another value of one header from here on.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.parse().expect("a header value"));
        self
    }

    pub(crate) fn headers(&self) -> HeaderMap {
        self.headers.clone()
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.call("GET", path, "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> (StatusCode, Value) {
        self.call("POST", path, body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &str) -> (StatusCode, Value) {
        self.call("PATCH", path, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> StatusCode {
        self.call("DELETE", path, "").await.0
    }

    /// The answer's status and its JSON; `null` for an empty answer.
    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        body: impl Into<Vec<u8>>,
    ) -> (StatusCode, Value) {
        let response = self.send(method, path, self.headers(), body).await;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("the body arrives");
        if bytes.is_empty() {
            return (status, Value::Null);
        }
        let json = serde_json::from_slice(&bytes)
            .unwrap_or_else(|error| panic!("{method} {path} answered no JSON ({error}): {bytes:?}"));
        (status, json)
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: HeaderMap,
        body: impl Into<Vec<u8>>,
    ) -> Response {
        let mut request = Request::new(Body::from(body.into()));
        *request.method_mut() = Method::from_bytes(method.as_bytes()).expect("a method");
        *request.uri_mut() = path.parse().expect("a path");
        *request.headers_mut() = headers;
        self.router.clone().oneshot(request).await.expect("the router never fails")
    }
}

/// The `field` of each item of an array.
pub(crate) fn pluck(list: &Value, field: &str) -> Vec<Value> {
    list.as_array()
        .unwrap_or_else(|| panic!("no array: {list}"))
        .iter()
        .map(|item| item[field].clone())
        .collect()
}

/// Asserts that an answer is 422 and that its detail names `field`.
#[track_caller]
pub(crate) fn assert_invalid(answer: &(StatusCode, Value), field: &str) {
    assert_eq!(answer.0, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.1);
    let detail = answer.1["detail"].as_str().expect("a detail");
    assert!(detail.contains(field), "`{field}` is not named by: {detail}");
}
