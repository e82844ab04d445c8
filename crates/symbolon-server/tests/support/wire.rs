//! HTTP/1.1 as it is on the wire: the library under test must not be what tests it.

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// One end of a connection.
pub(crate) struct Wire<S = TcpStream>(pub(crate) BufReader<S>);

/// A request or an answer, read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Message {
    /// The request line or status line.
    pub(crate) start: String,
    /// Names in lower case, in the order in which they came.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Vec<(String, String)>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self(BufReader::new(stream))
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).await.unwrap();
    }

    /// A line without its end; `None` where the connection has ended.
    pub(crate) async fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        let count = self.0.read_until(b'\n', &mut line).await.unwrap_or(0);
        (count > 0).then(|| line.iter().map(|b| char::from(*b)).collect::<String>().trim_end().to_owned())
    }

    async fn headers(&mut self) -> Vec<(String, String)> {
        let mut headers = Vec::new();
        while let Some(line) = self.line().await.filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("no header: {line:?}"));
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        headers
    }

    /// The next message up to its body; `None` where the connection has ended.
    pub(crate) async fn head(&mut self) -> Option<Message> {
        let start = self.line().await?;
        Some(Message { start, headers: self.headers().await, ..Message::default() })
    }

    /// The next message, whole.
    pub(crate) async fn message(&mut self) -> Option<Message> {
        let mut message = self.head().await?;
        if message.header("transfer-encoding") == Some("chunked") {
            while let Some(chunk) = self.chunk().await {
                message.body.extend(chunk);
            }
            message.trailers = self.headers().await;
        } else if let Some(length) = message.header("content-length") {
            let mut body = vec![0; length.parse().unwrap()];
            self.0.read_exact(&mut body).await.unwrap();
            message.body = body;
        }
        Some(message)
    }

    /// The next chunk of a body; `None` for the last, whose trailers are yet to be read.
    pub(crate) async fn chunk(&mut self) -> Option<Vec<u8>> {
        let size = self.line().await.expect("a chunk's size");
        let size = usize::from_str_radix(&size, 16).unwrap();
        let mut chunk = vec![0; size];
        self.0.read_exact(&mut chunk).await.unwrap();
        if size == 0 {
            return None;
        }
        assert_eq!(self.line().await.as_deref(), Some(""));
        Some(chunk)
    }

    /// Says something into a tunnel whose other end says back what it hears.
    pub(crate) async fn hears_itself(&mut self) {
        self.send("hello").await;
        let mut heard = [0; 5];
        self.0.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"hello");
    }

    /// Whether the other end closes, with nothing more to say.
    pub(crate) async fn ends(&mut self) -> bool {
        let mut rest = Vec::new();
        matches!(self.0.read_to_end(&mut rest).await, Ok(0) | Err(_)) && rest.is_empty()
    }
}

impl Message {
    /// The one value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let all = self.all(name);
        assert!(all.len() <= 1, "{name} is there {} times: {self:?}", all.len());
        all.first().copied()
    }

    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn status(&self) -> u16 {
        self.start.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// The method and target of a request.
    pub(crate) fn asks(&self) -> &str {
        self.start.strip_suffix(" HTTP/1.1").unwrap()
    }

    /// The `code` of a problem document.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem: Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem["status"], self.status());
        assert!(problem["request_id"].as_str().unwrap().starts_with("req_"));
        problem["code"].as_str().unwrap().to_owned()
    }
}
