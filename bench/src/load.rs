//! The load: some connections that are kept alive, each with one request under way. A closed loop: whoever is slow is
//! asked less, so nothing piles up, and the answer is how much gets done.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::{Outcome, clock};

/// How long an answer may be waited for after the end.
const PATIENCE: Duration = Duration::from_secs(30);

/// Requests to ask again and again.
#[derive(Clone)]
pub(crate) struct Load {
    pub(crate) address: SocketAddr,
    pub(crate) connections: usize,
    /// As bytes. They are asked in turn: what has been asked just now is not asked next.
    pub(crate) requests: Arc<[Vec<u8>]>,
    /// The statuses that an answer may have. Another one ends the measurement: it would be of something else.
    pub(crate) statuses: &'static [u16],
}

/// What got done.
pub(crate) struct Done {
    pub(crate) requests: u32,
    pub(crate) took: Duration,
}

impl Load {
    /// Asks for as long as `period`; the requests that are then under way are waited for, but not for ever.
    pub(crate) async fn run(&self, period: Duration) -> Outcome<Done> {
        let late = |_| format!("{} does not answer", self.address);
        tokio::time::timeout(period + PATIENCE, self.ask_all(period)).await.map_err(late)?
    }

    async fn ask_all(&self, period: Duration) -> Outcome<Done> {
        let mut wires = Vec::new();
        for _ in 0..self.connections {
            wires.push(Wire::connect(self.address).await?);
        }
        let start = clock::instant();
        let mut tasks = JoinSet::new();
        for (index, wire) in wires.into_iter().enumerate() {
            tasks.spawn(self.clone().ask(wire, index, start + period));
        }
        let mut requests = 0;
        for done in tasks.join_all().await {
            requests += done?;
        }
        Ok(Done { requests, took: clock::instant().duration_since(start) })
    }

    async fn ask(self, mut wire: Wire, first: usize, end: Instant) -> Outcome<u32> {
        let turn = self.requests.iter().cycle().skip(first).step_by(self.connections);
        let mut done = 0;
        for request in turn {
            let answer = wire.exchange(request).await?;
            if !self.statuses.contains(&answer.status) {
                let (status, wanted, text) =
                    (answer.status, self.statuses, String::from_utf8_lossy(answer.body));
                return Err(format!("answered {status} in place of {wanted:?}: {text}"));
            }
            done += 1;
            if clock::instant() >= end {
                break;
            }
        }
        Ok(done)
    }
}

/// One connection. It reads answers with a `Content-Length`, which our servers send, and nothing else.
pub(crate) struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, until the next request.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

impl Wire {
    pub(crate) async fn connect(address: SocketAddr) -> Outcome<Self> {
        let fault = |why| format!("no connection to {address}: {why}");
        let stream = TcpStream::connect(address).await.map_err(fault)?;
        stream.set_nodelay(true).map_err(fault)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// An exchange that is waited for, but not for ever.
    pub(crate) async fn exchange_soon(&mut self, request: &[u8]) -> Outcome<Answer<'_>> {
        let late = |_| "a request is not answered".to_owned();
        tokio::time::timeout(PATIENCE, self.exchange(request)).await.map_err(late)?
    }

    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Outcome<Answer<'_>> {
        self.stream.write_all(request).await.map_err(|why| format!("a request was not taken: {why}"))?;
        self.buffer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await;
            if read.map_err(|why| format!("an answer was cut off: {why}"))? == 0 {
                return Err("the connection was closed in place of an answer".to_owned());
            }
            let Some(head) = self.buffer.windows(4).position(|end| end == b"\r\n\r\n") else { continue };
            let (status, length) = parse(&self.buffer[..head])
                .ok_or_else(|| format!("not understood: {}", String::from_utf8_lossy(&self.buffer)))?;
            let body = head + 4..head + 4 + length;
            while self.buffer.len() < body.end {
                let read = self.stream.read_buf(&mut self.buffer).await;
                if read.map_err(|why| format!("an answer was cut off: {why}"))? == 0 {
                    return Err("the connection was closed inside an answer".to_owned());
                }
            }
            return Ok(Answer { status, body: &self.buffer[body] });
        }
    }
}

/// Status and length of the body, from a head without its end.
fn parse(head: &[u8]) -> Option<(u16, usize)> {
    let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    Some((status, length?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_a_status_and_a_length() {
        let head = b"HTTP/1.1 403 Forbidden\r\nx: content-length: 1\r\nContent-Length: 12";
        assert_eq!(parse(head), Some((403, 12)));
        assert_eq!(parse(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked"), None);
        assert_eq!(parse(b"HTTP/1.0 200 OK\r\ncontent-length: 1"), None);
    }
}
