//! HTTP/1.1 byte by byte, over a connection that is kept: no library stands between a test and what a gateway is sent.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// A connection.
pub(crate) struct Wire(pub(crate) BufReader<TcpStream>);

/// An answer, or the head of a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Message {
    /// The first line.
    pub(crate) start: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Wire {
    pub(crate) fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        // Longer than anything that is waited for; a test that hangs is to say where.
        stream.set_read_timeout(Some(Duration::from_secs(45)))?;
        Ok(Self(BufReader::new(stream)))
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.0.get_mut().write_all(bytes.as_ref())
    }

    /// The next message up to its body.
    pub(crate) fn head(&mut self) -> io::Result<Message> {
        let start = self.line()?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return Ok(Message { start, headers, body: Vec::new() });
            }
            let (name, value) = line.split_once(':').ok_or_else(|| io::Error::other(line.clone()))?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        if self.0.read_until(b'\n', &mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.iter().map(|byte| char::from(*byte)).collect::<String>().trim_end().to_owned())
    }

    /// The next chunk of a body; `None` after the last.
    pub(crate) fn chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        let size = self.line()?;
        let size = usize::from_str_radix(size.split(';').next().unwrap_or_default(), 16)
            .map_err(io::Error::other)?;
        let mut chunk = vec![0; size];
        self.0.read_exact(&mut chunk)?;
        self.line()?;
        Ok(Some(chunk).filter(|chunk| !chunk.is_empty()))
    }

    /// The body of an answer, whose head has been read.
    fn body(&mut self, head: &Message) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        if head.header("transfer-encoding") == Some("chunked") {
            while let Some(chunk) = self.chunk()? {
                body.extend(chunk);
            }
        } else if let Some(length) = head.header("content-length") {
            body = vec![0; length.parse().map_err(io::Error::other)?];
            self.0.read_exact(&mut body)?;
        } else if !matches!(head.status(), 204 | 304) {
            self.0.read_to_end(&mut body)?;
        }
        Ok(body)
    }

    /// Sends a request without a body and reads the answer.
    pub(crate) fn ask(&mut self, line: &str, headers: &[(&str, &str)]) -> io::Result<Message> {
        self.send(request(line, headers))?;
        let mut answer = self.head()?;
        if !line.starts_with("HEAD ") {
            answer.body = self.body(&answer)?;
        }
        Ok(answer)
    }

    /// Reads an answer to the end.
    pub(crate) fn answer(&mut self) -> io::Result<Message> {
        let mut answer = self.head()?;
        answer.body = self.body(&answer)?;
        Ok(answer)
    }
}

impl Message {
    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// All values of a header.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn status(&self) -> u16 {
        self.start.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    /// The body as JSON; `null` for none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The method and target of a request.
    pub(crate) fn asks(&self) -> &str {
        self.start.rsplit_once(' ').map_or("", |(line, _)| line)
    }
}

/// A request's bytes. `line` is a method and a target.
pub(crate) fn request(line: &str, headers: &[(&str, &str)]) -> String {
    let mut text = format!("{line} HTTP/1.1\r\nHost: farm.example\r\n");
    for (name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    text + "\r\n"
}
