//! Requests as bytes, so that no client repairs a target on its way.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// A connection to an application, made anew where it was closed.
pub(crate) struct Wire {
    address: SocketAddr,
    open: Option<BufReader<TcpStream>>,
}

impl Wire {
    pub(crate) fn to(address: SocketAddr) -> Self {
        Self { address, open: None }
    }

    /// The route that the application picked, and its parameters; `None` if it has no route for this, or reads it as no
    /// request.
    pub(crate) fn pick(&mut self, method: &str, target: &[u8]) -> Option<Value> {
        let mut stream = self.open.take().unwrap_or_else(|| {
            let stream = TcpStream::connect(self.address).unwrap();
            stream.set_nodelay(true).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            BufReader::new(stream)
        });
        let request = [method.as_bytes(), b" ", target, b" HTTP/1.1\r\nHost: a.example\r\n\r\n"].concat();
        stream.get_mut().write_all(&request).unwrap();
        let status = line(&mut stream);
        assert!(status.starts_with("HTTP/1.1 "), "{status:?} to {:?}", String::from_utf8_lossy(&request));
        let (mut picked, mut length, mut closed) = (None, Some(0), false);
        loop {
            let header = line(&mut stream).to_ascii_lowercase();
            match header.split_once(": ") {
                Some(("x-picked", hex)) => picked = Some(unhex(hex)),
                Some(("content-length", text)) => length = text.parse().ok(),
                Some(("transfer-encoding", _)) => length = None,
                Some(("connection", "close")) => closed = true,
                Some(_) => {}
                None => break,
            }
        }
        // A body without a length is a page of the application's own; what follows it is another connection's.
        let empty = method == "HEAD" || status.contains(" 204") || status.contains(" 304");
        if let Some(length) = if empty { Some(0) } else { length } {
            std::io::copy(&mut stream.by_ref().take(length), &mut std::io::sink()).unwrap();
            self.open = (!closed).then_some(stream);
        }
        picked
    }
}

fn line(stream: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

fn unhex(hex: &str) -> Value {
    let bytes = hex.as_bytes().chunks(2);
    let bytes: Vec<u8> =
        bytes.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect();
    serde_json::from_slice(&bytes).unwrap()
}
