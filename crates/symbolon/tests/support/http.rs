//! HTTP/1.1 as plain as it gets: one kept-alive connection, one request at a time. No client library decides here
//! what is sent, retried or pooled.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// A kept-alive connection.
pub struct Http {
    stream: BufReader<TcpStream>,
    credential: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; `null` for none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

impl Http {
    pub fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address).unwrap()
    }

    pub fn try_connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_mins(1)))?;
        Ok(Self { stream: BufReader::new(stream), credential: None })
    }

    /// Presents this credential from now on.
    pub fn bearer(mut self, credential: &str) -> Self {
        self.credential = Some(credential.to_owned());
        self
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, None).unwrap()
    }

    pub fn get_as(&mut self, path: &str, credential: &str) -> Answer {
        self.credential = Some(credential.to_owned());
        self.get(path)
    }

    pub fn send(&mut self, method: &str, path: &str, body: &Value) -> Answer {
        self.ask(method, path, Some(body)).unwrap()
    }

    /// One request. An error is a connection that broke off, as it does when the server is killed.
    pub fn ask(&mut self, method: &str, path: &str, body: Option<&Value>) -> io::Result<Answer> {
        self.ask_with(method, path, "application/json", &body.map(Value::to_string).unwrap_or_default())
    }

    /// Posts a form, written as such.
    pub fn form(&mut self, path: &str, form: &str) -> Answer {
        self.ask_with("POST", path, "application/x-www-form-urlencoded", form).unwrap()
    }

    fn ask_with(&mut self, method: &str, path: &str, kind: &str, body: &str) -> io::Result<Answer> {
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n", body.len());
        if !body.is_empty() {
            let _ = write!(head, "content-type: {kind}\r\n");
        }
        if let Some(credential) = &self.credential {
            let _ = write!(head, "authorization: Bearer {credential}\r\n");
        }
        head.push_str("\r\n");
        head.push_str(body);
        self.stream.get_mut().write_all(head.as_bytes())?;
        self.read(method)
    }

    fn read(&mut self, method: &str) -> io::Result<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::other(format!("no status in {head:?}")))?;
        let header = |name: &str| {
            let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(name));
            line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_ascii_lowercase())
        };
        let mut body = Vec::new();
        if header("transfer-encoding:").is_some_and(|value| value == "chunked") {
            loop {
                let mut size = String::new();
                self.stream.read_line(&mut size)?;
                let size = usize::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
                let mut chunk = vec![0; size + 2];
                self.stream.read_exact(&mut chunk)?;
                if size == 0 {
                    break;
                }
                body.extend_from_slice(&chunk[..size]);
            }
        } else if method != "HEAD" {
            let length = header("content-length:").and_then(|value| value.parse().ok()).unwrap_or(0);
            body = vec![0; length];
            self.stream.read_exact(&mut body)?;
        }
        Ok(Answer { status, head, body })
    }
}
