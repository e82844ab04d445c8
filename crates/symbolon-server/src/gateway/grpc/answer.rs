//! Answers as Envoy takes them over gRPC.

use axum::body::to_bytes;
use axum::response::Response;
use http::header::{CONTENT_LENGTH, COOKIE};
use http::{HeaderMap, HeaderName, StatusCode};
use symbolon_http::token_quota;

use super::messages::{
    APPEND, CheckResponse, DeniedHttpResponse, HeaderValue, HeaderValueOption, HttpResponse, HttpStatus,
    OVERWRITE, OkHttpResponse, Status,
};
use crate::gateway::answer::Pass;

/// The longest body of a refusal, in bytes; ours are a few hundred.
const LONGEST: usize = 64 * 1024;

/// A request may pass, with no more of the client's `headers` than the proxy would let go on.
pub(super) fn allowed(pass: &Pass, headers: &HeaderMap) -> CheckResponse {
    let mut set: Vec<_> =
        pass.identity.iter().map(|(name, value)| overwrite(name.as_str(), value.as_bytes())).collect();
    let mut remove = pass.removed(headers);
    let cookie = pass.cookie(headers);
    // What is not to be changed is not written anew: where headers are shown joined, bytes may have been lost.
    let same = headers.get_all(COOKIE).iter().eq(&cookie);
    match &cookie {
        Some(cookie) if !same => set.push(overwrite(COOKIE.as_str(), cookie.as_bytes())),
        Some(_) => {}
        None => drop(remove.insert(COOKIE.to_string())),
    }
    let ok = OkHttpResponse {
        headers: set,
        headers_to_remove: remove.into_iter().collect(),
        response_headers_to_add: pass.quota.iter().flat_map(token_quota).map(added).collect(),
    };
    CheckResponse { status: Some(Status { code: 0 }), http_response: Some(HttpResponse::Ok(ok)) }
}

/// A refusal, which the client gets as it is.
pub(super) async fn denied(refusal: Response) -> CheckResponse {
    let (parts, body) = refusal.into_parts();
    let body = to_bytes(body, LONGEST).await.unwrap_or_default();
    let headers = parts.headers.iter().filter(|(name, _)| **name != CONTENT_LENGTH);
    let denied = DeniedHttpResponse {
        status: Some(HttpStatus { code: parts.status.as_u16().into() }),
        headers: headers.map(|(name, value)| overwrite(name.as_str(), value.as_bytes())).collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let status = Some(Status { code: code(parts.status) });
    CheckResponse { status, http_response: Some(HttpResponse::Denied(denied)) }
}

/// Adds a header to those that the application's answer has of its name.
fn added((name, value): (HeaderName, http::HeaderValue)) -> HeaderValueOption {
    HeaderValueOption { append_action: APPEND, ..overwrite(name.as_str(), value.as_bytes()) }
}

/// Sets a header in place of every one of its name. What is set here is ASCII but for cookies, which may be anything.
fn overwrite(name: &str, value: &[u8]) -> HeaderValueOption {
    let mut header = HeaderValue { key: name.to_owned(), ..HeaderValue::default() };
    match str::from_utf8(value) {
        Ok(text) => text.clone_into(&mut header.value),
        Err(_) => header.raw_value = value.to_vec(),
    }
    HeaderValueOption { header: Some(header), append_action: OVERWRITE }
}

/// The code of `google.rpc.Code` that is nearest; never 0, which lets a request pass.
fn code(status: StatusCode) -> i32 {
    match status {
        StatusCode::BAD_REQUEST => 3,
        StatusCode::UNAUTHORIZED => 16,
        StatusCode::SERVICE_UNAVAILABLE => 14,
        _ => 7,
    }
}
