//! Answers as Envoy takes them over gRPC.

use std::collections::BTreeSet;

use axum::body::to_bytes;
use axum::response::Response;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, COOKIE, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderName, StatusCode};

use super::messages::{
    CheckResponse, DeniedHttpResponse, HeaderValue, HeaderValueOption, HttpResponse, HttpStatus, OVERWRITE,
    OkHttpResponse, Status,
};
use crate::gateway::answer::{Pass, Stay};
use crate::identity::is_identity;
use crate::incoming::{API_KEY, is_credential};
use crate::proxy::remove_own_cookie;

/// The longest body of a refusal, in bytes; ours are a few hundred.
const LONGEST: usize = 64 * 1024;

/// A request may pass, changed as the proxy would change it. `headers` are the client's.
pub(super) fn allowed(pass: &Pass, headers: &HeaderMap) -> CheckResponse {
    let identity = &pass.identity;
    let mut set: Vec<_> =
        identity.iter().map(|(name, value)| overwrite(name.as_str(), value.as_bytes())).collect();
    // Where Envoy does not show every header, these may be there unseen.
    let mut remove: BTreeSet<String> =
        identity.iter().map(|(name, _)| name.as_str().replace('-', "_")).collect();
    let not_ours = |name: &&HeaderName| is_identity(name) && identity.iter().all(|(own, _)| own != *name);
    remove.extend(headers.keys().filter(not_ours).map(ToString::to_string));
    if pass.stay != Stay::Nothing {
        remove.extend([AUTHORIZATION, API_KEY, PROXY_AUTHORIZATION].map(|name| name.to_string()));
        remove.extend(headers.keys().filter(|name| is_credential(name)).map(ToString::to_string));
    }
    if pass.stay == Stay::CredentialsAndCookies {
        remove.insert(COOKIE.to_string());
    } else {
        let mut left = headers.clone();
        remove_own_cookie(&mut left);
        if !left.get_all(COOKIE).iter().eq(headers.get_all(COOKIE)) {
            // All that is left of several is one.
            match left.get(COOKIE) {
                Some(value) => set.push(overwrite(COOKIE.as_str(), value.as_bytes())),
                None => drop(remove.insert(COOKIE.to_string())),
            }
        }
    }
    let ok = OkHttpResponse { headers: set, headers_to_remove: remove.into_iter().collect() };
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
