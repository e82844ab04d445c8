//! HTTP/1.1 as plain as it gets: no library decides here what may be sent, or mends it on the way.

use std::fmt;
use std::io;
use std::time::Duration;

use http::Uri;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::failure::Failure;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most of an answer that is read, in bytes.
const MOST: usize = 128 * 1024;
/// The most headers of an answer.
const HEADERS: usize = 100;

/// Where to connect.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    host: String,
    port: u16,
    /// For the header `Host`.
    pub(super) authority: String,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The value of `Server`.
    pub(super) server: String,
    pub(super) body: Vec<u8>,
}

/// Why nothing came back.
#[derive(Debug)]
pub(super) enum Silence {
    /// No connection.
    Unreachable(io::Error),
    /// The connection ended, or what came is no HTTP.
    Closed,
    /// Nothing in time.
    Slow,
}

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(error) => write!(f, "no connection: {error}"),
            Self::Closed => f.write_str("the connection was closed without an answer"),
            Self::Slow => write!(f, "no answer within {} seconds", PATIENCE.as_secs()),
        }
    }
}

impl Origin {
    /// From a URL as somebody typed it.
    pub(super) fn parse(url: &str) -> Result<Self, Failure> {
        let wrong = |why: &str| Failure::usage(format!("{url}: {why}; such as http://127.0.0.1:8080"));
        let uri: Uri = url.parse().map_err(|_| wrong("this is no URL"))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => {
                return Err(wrong(
                    "the doctor speaks plain HTTP alone, so name an address where the gateway takes that",
                ));
            }
            _ => return Err(wrong("a URL begins with http://")),
        }
        if uri.path_and_query().is_some_and(|path| path.as_str() != "/") {
            return Err(wrong("no path belongs here, for the paths are in --open and --canary"));
        }
        let authority = uri.authority().ok_or_else(|| wrong("there is no host in it"))?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = authority.port_u16().unwrap_or(80);
        Ok(Self { host, port, authority: authority.as_str().to_owned() })
    }

    /// Sends these bytes over a connection of their own, and reads one answer.
    pub(super) async fn send(&self, request: &[u8]) -> Result<Answer, Silence> {
        timeout(PATIENCE, self.exchange(request)).await.unwrap_or(Err(Silence::Slow))
    }

    async fn exchange(&self, request: &[u8]) -> Result<Answer, Silence> {
        let mut stream =
            TcpStream::connect((self.host.as_str(), self.port)).await.map_err(Silence::Unreachable)?;
        // Who refuses a request by its first line may have closed already; what was said before that is to be read.
        let _ = stream.write_all(request).await;
        let mut read = Vec::new();
        loop {
            if let Some(answer) = parsed(&read, false) {
                return Ok(answer);
            }
            let ended = match stream.read_buf(&mut read).await {
                Ok(count) => count == 0,
                Err(_) => true,
            };
            if ended || read.len() > MOST {
                return parsed(&read, true).ok_or(Silence::Closed);
            }
        }
    }
}

/// The answer in these bytes, as soon as it is whole; at the end of the connection whatever there is of it.
fn parsed(read: &[u8], ended: bool) -> Option<Answer> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let Ok(httparse::Status::Complete(head)) = response.parse(read) else { return None };
    let status = response.code?;
    if (100..200).contains(&status) && status != 101 {
        // A word in between; the answer follows.
        return parsed(&read[head..], ended);
    }
    let value = |name: &str| {
        let found = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.map(|header| String::from_utf8_lossy(header.value).trim().to_ascii_lowercase())
    };
    let rest = &read[head..];
    let chunked = value("transfer-encoding").is_some_and(|coding| coding.ends_with("chunked"));
    let length = value("content-length").and_then(|length| length.parse::<usize>().ok());
    let body = if chunked {
        chunks(rest, ended)?
    } else if let Some(length) = length {
        if rest.len() < length && !ended {
            return None;
        }
        rest[..rest.len().min(length)].to_vec()
    } else if ended || matches!(status, 101 | 204 | 304) {
        rest.to_vec()
    } else {
        return None;
    };
    Some(Answer { status, server: value("server").unwrap_or_default(), body })
}

/// A body in chunks (RFC 9112 section 7.1), when it is whole or the connection has ended.
fn chunks(mut rest: &[u8], ended: bool) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        match httparse::parse_chunk_size(rest) {
            Ok(httparse::Status::Complete((_, 0))) => return Some(body),
            Ok(httparse::Status::Complete((start, size))) => {
                let end = start.saturating_add(usize::try_from(size).unwrap_or(usize::MAX));
                let Some(after) = end.checked_add(2).filter(|after| *after <= rest.len()) else {
                    return ended.then_some(body);
                };
                body.extend(&rest[start..end]);
                rest = &rest[after..];
            }
            _ => return ended.then_some(body),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_when_it_is_whole() {
        let plain = b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 3\r\n\r\nabc";
        assert!(parsed(&plain[..plain.len() - 1], false).is_none());
        assert_eq!(parsed(plain, false).unwrap().body, b"abc");
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
        assert_eq!(parsed(chunked, false).unwrap().body, b"abc");
        let between = [b"HTTP/1.1 100 Continue\r\n\r\n".as_slice(), plain].concat();
        assert_eq!(parsed(&between, false).unwrap().status, 200);
        let open = b"HTTP/1.0 400 Bad\r\n\r\nno";
        assert!(parsed(open, false).is_none());
        assert_eq!(parsed(open, true).unwrap().body, b"no");
        assert!(parsed(b"<html>", true).is_none());
    }

    #[test]
    fn a_url_without_a_path_is_taken() {
        assert_eq!(Origin::parse("http://[::1]:8080").unwrap().host, "::1");
        for url in ["", "localhost", "https://localhost", "http://localhost/x", "ftp://localhost"] {
            assert!(Origin::parse(url).is_err(), "{url}");
        }
    }
}
