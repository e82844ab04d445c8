//! HTTP/2: its limits, and its requests in the shape that every door reads.

use axum::body::Body;
use axum::response::Response;
use http::header::{COOKIE, HOST};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri};
use hyper::server::conn::http2::Builder;
use hyper_util::rt::TokioTimer;

use super::Limits;
use super::streams::Streams;

/// Of one request, as the HTTP/1.1 side has it.
const HEADERS: usize = 100;
/// Streams that a caller may have reset before they were looked at. More, and the connection ends (Rapid Reset,
/// CVE-2023-44487).
const RESETS: usize = 20;
/// Streams that a caller may have made us reset. More, and the connection ends (CVE-2025-8671, RUSTSEC-2024-0003).
const PROVOKED_RESETS: usize = 100;
/// Bytes of one answer that wait for the caller.
const SEND_BUFFER: usize = 64 * 1024;

/// A connection's settings. A header that goes on in frame after frame counts against the header list as it comes
/// (CVE-2024-27316); extended CONNECT (RFC 8441) is not offered, so a WebSocket comes by HTTP/1.1.
pub(super) fn builder(limits: &Limits, streams: Streams) -> Builder<Streams> {
    let mut builder = Builder::new(streams);
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(RESETS)
        .max_local_error_reset_streams(PROVOKED_RESETS)
        .max_send_buf_size(SEND_BUFFER)
        // A caller that is gone without a word is found by asking, for there need not be a next request.
        .keep_alive_interval(limits.headers)
        .keep_alive_timeout(limits.headers);
    builder
}

/// A request as HTTP/1.1 would have said it: the authority in `Host`, the cookies in one line (RFC 9113 sections 8.3.1
/// and 8.2.3), nothing but path and query in the target. Doors would otherwise have to know two shapes, and one that
/// forgot the second would read another host than the next server does. The error is the status of one that has no
/// such form.
pub(super) fn as_http1<B>(mut request: Request<B>) -> Result<Request<B>, StatusCode> {
    let authority = request.uri().authority().cloned();
    let headers = request.headers_mut();
    if headers.len() > HEADERS {
        return Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    if let Some(authority) = authority {
        let mut hosts = headers.get_all(HOST).iter();
        if hosts.any(|host| !host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes())) {
            return Err(StatusCode::BAD_REQUEST);
        }
        let host = HeaderValue::from_str(authority.as_str()).map_err(|_| StatusCode::BAD_REQUEST)?;
        headers.insert(HOST, host);
    }
    join_cookies(headers)?;
    // A CONNECT has no path; it stays as it is, to be refused as what it is.
    if let Some(path) = request.uri().path_and_query().filter(|path| !path.as_str().is_empty()) {
        let path: PathAndQuery = path.clone();
        *request.uri_mut() = Uri::from(path);
    }
    Ok(request)
}

fn join_cookies(headers: &mut HeaderMap) -> Result<(), StatusCode> {
    let crumbs: Vec<&[u8]> = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if crumbs.len() > 1 {
        let whole = HeaderValue::from_bytes(&crumbs.join(&b"; "[..])).map_err(|_| StatusCode::BAD_REQUEST)?;
        headers.insert(COOKIE, whole);
    }
    Ok(())
}

/// The answer to what [`as_http1`] refuses: as bare as the HTTP library's own to what is no HTTP.
pub(super) fn malformed(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(uri: &str, headers: &[(&'static str, &'static str)]) -> Result<Request<()>, StatusCode> {
        let mut request = Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        as_http1(request.body(()).unwrap())
    }

    #[test]
    fn a_request_looks_as_one_of_http_1_1() {
        let request = of("https://a.example:81/x?y=1", &[("cookie", "a=1"), ("cookie", "b=2")]).unwrap();
        assert_eq!(request.uri(), "/x?y=1");
        assert!(request.uri().authority().is_none());
        assert_eq!(request.headers()[HOST], "a.example:81");
        assert_eq!(request.headers().get_all(COOKIE).iter().collect::<Vec<_>>(), ["a=1; b=2"]);
        assert_eq!(of("https://a/x", &[("host", "A")]).unwrap().headers()[HOST], "a");
    }

    #[test]
    fn two_hosts_are_refused() {
        for headers in [&[("host", "b")][..], &[("host", "a"), ("host", "b")], &[("host", "a:80")]] {
            assert_eq!(of("https://a/x", headers).unwrap_err(), StatusCode::BAD_REQUEST, "{headers:?}");
        }
    }
}
