//! Messages that two servers could read in two ways. They are refused before anything is decided: what is
//! decided about must be what the application reads (RFC 9112 sections 3.2, 6.1 and 11.2).

use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Version};

use super::headers::words;

/// Why a request cannot be understood in exactly one way; `None` if it can. The HTTP library refuses or repairs
/// some of these by itself, and its next version may do so with more or fewer.
pub(super) fn ambiguity(parts: &Parts) -> Option<&'static str> {
    let headers = &parts.headers;
    let hosts = headers.get_all(HOST).iter().count();
    let mut codings = words(headers, TRANSFER_ENCODING);
    let only_chunked = codings.next().is_none_or(|coding| coding.eq_ignore_ascii_case(b"chunked"));
    let checks = [
        (hosts > 1, "there is more than one Host header"),
        (hosts == 0 && parts.version != Version::HTTP_10, "there is no Host header"),
        (!headers.get(HOST).is_none_or(is_host), "Host is not a host and a port"),
        (
            headers.contains_key(CONTENT_LENGTH) && headers.contains_key(TRANSFER_ENCODING),
            "there is a Content-Length beside a Transfer-Encoding",
        ),
        (!only_chunked || codings.next().is_some(), "the only Transfer-Encoding taken is chunked"),
        (connection_names_essentials(headers), "Connection names Host or Content-Length"),
        (parts.method == Method::CONNECT, "this is no tunnel: CONNECT is not taken"),
    ];
    checks.into_iter().find_map(|(ambiguous, why)| ambiguous.then_some(why))
}

/// Whether this is one host, and perhaps a port (RFC 9110 section 7.2): neither a list, nor with a user, nor with bytes
/// that one server would take for the end of the name and the next one not. Empty it may be, where the target has no
/// authority (RFC 9112 section 3.2).
fn is_host(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
    let (name, port) = match bytes {
        [b'[', rest @ ..] => match rest.iter().position(|byte| *byte == b']') {
            Some(end) => (&rest[..end], &rest[end + 1..]),
            None => return false,
        },
        _ => bytes.split_at(bytes.iter().position(|byte| *byte == b':').unwrap_or(bytes.len())),
    };
    let literal = bytes.first() == Some(&b'[');
    let named = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    let in_literal = |byte: &u8| byte.is_ascii_hexdigit() || b":.".contains(byte);
    let good = if literal { !name.is_empty() && name.iter().all(in_literal) } else { name.iter().all(named) };
    good && match port {
        [] => true,
        [b':', digits @ ..] => {
            (1..=5).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) && !name.is_empty()
        }
        _ => false,
    }
}

/// Headers without which the message would become another one on its way.
fn connection_names_essentials(headers: &HeaderMap) -> bool {
    words(headers, CONNECTION).any(|word| {
        [HOST, CONTENT_LENGTH].iter().any(|name| word.eq_ignore_ascii_case(name.as_str().as_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn of(version: Version, headers: &[(&'static str, &'static str)]) -> Option<&'static str> {
        let mut request = Request::builder().version(version);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        ambiguity(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn plain_messages_are_taken() {
        assert_eq!(of(Version::HTTP_10, &[]), None);
        assert_eq!(of(Version::HTTP_11, &[("host", "a"), ("connection", "close")]), None);
        assert_eq!(of(Version::HTTP_11, &[("host", "a"), ("transfer-encoding", "Chunked")]), None);
        for host in ["a", "A_b.example.:8080", "127.0.0.1:1", "[::1]", "[::1]:80", ""] {
            assert_eq!(of(Version::HTTP_11, &[("host", host)]), None, "{host}");
        }
    }

    #[test]
    fn ambiguous_messages_are_refused() {
        let host = ("host", "a");
        assert!(of(Version::HTTP_11, &[]).is_some());
        assert!(of(Version::HTTP_2, &[]).is_some());
        for headers in [
            &[host, host][..],
            &[host, ("content-length", "1"), ("transfer-encoding", "chunked")],
            &[host, ("transfer-encoding", "gzip, chunked")],
            &[host, ("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")],
            &[host, ("connection", "close, HOST")],
            &[host, ("connection", "content-length")],
            &[("host", "a, b")],
            &[("host", "a b")],
            &[("host", "u@a")],
            &[("host", "a/b")],
            &[("host", "a:80:81")],
            &[("host", "a:")],
            &[("host", "a:x")],
            &[("host", ":80")],
            &[("host", "[::1")],
            &[("host", "[::1]x")],
            &[("host", "a%2eb")],
        ] {
            assert!(of(Version::HTTP_11, headers).is_some(), "{headers:?}");
        }
    }
}
