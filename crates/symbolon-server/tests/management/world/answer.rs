//! An answer, and what is true of all of them.

use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use http_body_util::BodyExt;
use serde_json::Value;

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let answer = Self { status: parts.status.as_u16(), headers: parts.headers, body };
        answer.check();
        answer
    }

    /// What every answer keeps to.
    fn check(&self) {
        assert_eq!(self.header("cache-control"), "no-store", "{self:?}");
        assert_eq!(self.header("x-content-type-options"), "nosniff", "{self:?}");
        let id = self.header("x-request-id");
        assert!(id.starts_with("req_"), "{self:?}");
        assert!(self.status < 500 || self.status == 503, "{self:?}");
        let later = [429, 503].contains(&self.status);
        assert_eq!(later, self.headers.contains_key("retry-after"), "{self:?}");
        assert_eq!(self.status == 401, self.headers.contains_key("www-authenticate"), "{self:?}");
        assert_eq!(self.status == 405, self.headers.contains_key("allow"), "{self:?}");
        if self.header("content-type") == "application/json" && self.status >= 400 {
            self.check_oauth();
        } else if self.status >= 400 {
            assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
            let problem = self.json();
            assert_eq!(problem["request_id"], id, "{problem}");
            assert_eq!(problem["status"], self.status, "{problem}");
            let code = problem["code"].as_str().unwrap();
            assert_eq!(problem["type"], format!("urn:symbolon:error:{code}"), "{problem}");
            for text in [&problem["title"], &problem["detail"]] {
                let length = text.as_str().unwrap().len();
                assert!((1..2_000).contains(&length), "{problem}");
            }
        }
    }

    /// RFC 6749 section 5.2.
    fn check_oauth(&self) {
        let error = self.json();
        let known = ["invalid_request", "invalid_client", "unauthorized_client", "unsupported_token_type"];
        let word = error["error"].as_str().unwrap();
        assert!(known.contains(&word), "{error}");
        assert_eq!(self.status, if word == "invalid_client" { 401 } else { 400 }, "{error}");
        let detail = error["error_description"].as_str().unwrap();
        let allowed = |byte: u8| matches!(byte, b' '..=b'!' | b'#'..=b'[' | b']'..=b'~');
        assert!(!detail.is_empty() && detail.bytes().all(allowed), "{error}");
        assert_eq!(error.as_object().unwrap().len(), 2, "{error}");
    }

    /// The error that it must be, as OAuth says it.
    #[track_caller]
    pub(crate) fn oauth_error(&self, status: u16, error: &str) {
        assert_eq!(self.expect(status)["error"], error, "{self:?}");
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The cookies that it sets, as they are written.
    pub(crate) fn cookies(&self) -> Vec<&str> {
        self.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body of an answer that must have this status; `null` where it has none.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// The problem that it must be.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> Value {
        let problem = self.expect(status);
        assert_eq!(problem["code"], code, "{problem}");
        problem
    }

    /// The same, about one field.
    #[track_caller]
    pub(crate) fn refused_at(&self, status: u16, code: &str, field: &str) {
        let problem = self.refused(status, code);
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
}
