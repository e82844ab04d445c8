//! One connection that is kept alive, and made anew where it broke. It reads answers with a `Content-Length`, which
//! Symbolon sends, and nothing else.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What is asked.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: &'static str,
    path: String,
    bearer: String,
    body: Option<Value>,
}

impl Request {
    /// A request in the name of whoever holds the secret; of nobody, where there is none.
    pub(crate) fn new(method: &'static str, path: impl Into<String>, bearer: &str) -> Self {
        Self { method, path: path.into(), bearer: bearer.to_owned(), body: None }
    }

    /// The same with a body.
    pub(crate) fn with(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let body = self.body.as_ref().map(Value::to_string).unwrap_or_default();
        let who = match self.bearer.as_str() {
            "" => String::new(),
            bearer => format!("Authorization: Bearer {bearer}\r\n"),
        };
        let kind = if self.body.is_some() { "Content-Type: application/json\r\n" } else { "" };
        format!(
            "{} {} HTTP/1.1\r\nHost: soak\r\n{who}{kind}Content-Length: {}\r\n\r\n{body}",
            self.method,
            self.path,
            body.len()
        )
        .into_bytes()
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// The body, where it is JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// What it says, for people; at most so much of it.
    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&self.body).chars().take(300).collect()
    }
}

/// A connection to one address.
#[derive(Debug)]
pub(crate) struct Wire {
    address: SocketAddr,
    stream: Option<TcpStream>,
}

impl Wire {
    /// One that is made when it is needed.
    pub(crate) fn to(address: SocketAddr) -> Self {
        Self { address, stream: None }
    }

    /// Asks once.
    pub(crate) async fn ask(&mut self, request: &Request, patience: Duration) -> Result<Reply, Lost> {
        let stream = if let Some(stream) = self.stream.take() {
            stream
        } else {
            let connected = timeout(patience, TcpStream::connect(self.address)).await;
            connected.ok().and_then(Result::ok).ok_or(Lost::Unsent)?
        };
        // A piece that waits for more would be late by 40 ms.
        let _ = stream.set_nodelay(true);
        let answered = timeout(patience, exchange(stream, request)).await.ok().flatten();
        let (stream, reply) = answered.ok_or(Lost::Unanswered)?;
        self.stream = Some(stream);
        Ok(reply)
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// Nothing was sent: nobody listens there.
    Unsent,
    /// There was no whole answer in time: nobody knows what has become of the request.
    Unanswered,
}

async fn exchange(mut stream: TcpStream, request: &Request) -> Option<(TcpStream, Reply)> {
    stream.write_all(&request.bytes()).await.ok()?;
    let mut buffer = Vec::with_capacity(4 * 1024);
    let (status, body) = loop {
        if stream.read_buf(&mut buffer).await.ok()? == 0 {
            return None;
        }
        if let Some(head) = buffer.windows(4).position(|end| end == b"\r\n\r\n") {
            let (status, length) = parse(&buffer[..head])?;
            break (status, head + 4..head + 4 + length);
        }
    };
    while buffer.len() < body.end {
        if stream.read_buf(&mut buffer).await.ok()? == 0 {
            return None;
        }
    }
    Some((stream, Reply { status, body: buffer[body].to_vec() }))
}

/// Status and length of the body, from a head without its end.
fn parse(head: &[u8]) -> Option<(u16, usize)> {
    let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    // Nothing follows a 204 (RFC 9110, section 8.6).
    if status == 204 { Some((status, 0)) } else { Some((status, length?)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_a_status_and_a_length() {
        let head = b"HTTP/1.1 403 Forbidden\r\nx: content-length: 1\r\nContent-Length: 12";
        assert_eq!(parse(head), Some((403, 12)));
        assert_eq!(parse(b"HTTP/1.1 204 No Content\r\ndate: x"), Some((204, 0)));
        assert_eq!(parse(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked"), None);
    }

    #[test]
    fn a_request_says_who_asks_and_how_long_it_is() {
        let request = Request::new("POST", "/v1/x", "key").with(serde_json::json!({"a": 1}));
        let text = String::from_utf8(request.bytes()).unwrap();
        assert!(
            text.starts_with("POST /v1/x HTTP/1.1\r\nHost: soak\r\nAuthorization: Bearer key\r\n"),
            "{text}"
        );
        assert!(text.ends_with("Content-Length: 7\r\n\r\n{\"a\":1}"), "{text}");
    }
}
