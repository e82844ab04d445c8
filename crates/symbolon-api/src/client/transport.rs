use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Collected, Full, Limited};
use hyper::body::{Body, Frame, Incoming};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::ClientError;

/// The longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 64 * 1024 * 1024;

/// The body of an answer, as it comes.
pub type AnswerBody = UnsyncBoxBody<Bytes, io::Error>;

/// An answer under way.
pub type Reply = Pin<Box<dyn Future<Output = io::Result<Response<AnswerBody>>> + Send>>;

/// A service of this process: from a request with its whole body to its answer.
pub type InProcess = Arc<dyn Fn(Request<Bytes>) -> Reply + Send + Sync>;

/// Where calls go.
#[derive(Clone)]
pub enum Transport {
    /// Over TCP, to a host and a port.
    Tcp {
        /// A name or an address; an IPv6 address without its brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// Over a Unix socket.
    #[cfg(unix)]
    Unix(PathBuf),
    /// Into this very process.
    InProcess(InProcess),
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address())
    }
}

impl Transport {
    /// From `http://host:port`, or `unix:/path/to/symbolon.sock`.
    pub fn from_url(url: &str) -> Result<Self, ClientError> {
        #[cfg(unix)]
        if let Some(path) = url.strip_prefix("unix:") {
            return Ok(Self::Unix(path.into()));
        }
        let refuse = |detail: &str| {
            Err(ClientError::Url(format!(
                "{url:?} is no address of Symbolon's: {detail}, such as http://127.0.0.1:7070"
            )))
        };
        let Ok(uri) = url.parse::<Uri>() else { return refuse("it is http:// and a host") };
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => {
                return refuse(
                    "TLS is not spoken yet; call the server itself, or a tunnel to it, at http://",
                );
            }
            _ => return refuse("it begins with http://"),
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return refuse("it ends after the host and the port");
        }
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'));
        let Some(authority) = authority.filter(|authority| !authority.host().is_empty()) else {
            return refuse("it has a host and no user");
        };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self::Tcp { host, port: authority.port_u16().unwrap_or(80) })
    }

    /// Where this leads, for people.
    pub(super) fn address(&self) -> String {
        match self {
            Self::Tcp { host, port } if host.contains(':') => format!("http://[{host}]:{port}"),
            Self::Tcp { host, port } => format!("http://{host}:{port}"),
            #[cfg(unix)]
            Self::Unix(path) => path.display().to_string(),
            Self::InProcess(_) => "this process".to_owned(),
        }
    }

    /// Sends one request, whose target is a path, and reads the whole answer, whatever its status.
    pub async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ClientError> {
        self.exchange_after(Duration::ZERO, request).await
    }

    /// As [`Transport::exchange`], where the other side was asked to say nothing for so long.
    pub(super) async fn exchange_after(
        &self,
        wait: Duration,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, ClientError> {
        self.in_time(PATIENCE + wait, async {
            let (parts, body) = self.try_open(request).await?.into_parts();
            Ok(Response::from_parts(parts, self.collect(body).await?))
        })
        .await
    }

    /// Sends one request, whose target is a path, and reads the head of the answer, whatever its status. The body is
    /// the caller's to read, and to wait for.
    pub async fn open(&self, request: Request<Bytes>) -> Result<Response<AnswerBody>, ClientError> {
        self.in_time(PATIENCE, self.try_open(request)).await
    }

    /// The whole body of an answer that was opened.
    pub(super) async fn read_whole(&self, body: AnswerBody) -> Result<Bytes, ClientError> {
        self.in_time(PATIENCE, self.collect(body)).await
    }

    async fn in_time<T>(
        &self,
        patience: Duration,
        work: impl Future<Output = Result<T, ClientError>>,
    ) -> Result<T, ClientError> {
        let answer = tokio::time::timeout(patience, work).await;
        answer
            .unwrap_or_else(|_| Err(self.broken(format!("no answer within {} seconds", patience.as_secs()))))
    }

    async fn collect(&self, body: AnswerBody) -> Result<Bytes, ClientError> {
        let body = Limited::new(body, MAX_ANSWER).collect().await;
        body.map(Collected::to_bytes).map_err(|error| self.broken(error))
    }

    async fn try_open(&self, request: Request<Bytes>) -> Result<Response<AnswerBody>, ClientError> {
        match self {
            Self::Tcp { host, port } => {
                let stream = TcpStream::connect((host.as_str(), *port)).await;
                let host = self.address().split_off("http://".len());
                self.over(stream.map_err(|reason| self.unreachable(reason))?, &host, request).await
            }
            #[cfg(unix)]
            Self::Unix(path) => {
                let stream = tokio::net::UnixStream::connect(path).await;
                self.over(stream.map_err(|reason| self.unreachable(reason))?, "localhost", request).await
            }
            Self::InProcess(service) => service(request).await.map_err(|reason| self.broken(reason)),
        }
    }

    /// One request over a connection of its own.
    async fn over(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        host: &str,
        mut request: Request<Bytes>,
    ) -> Result<Response<AnswerBody>, ClientError> {
        let host = HeaderValue::try_from(host).map_err(|error| ClientError::Url(error.to_string()))?;
        request.headers_mut().insert(HOST, host);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| self.broken(error))?;
        // The connection lives as long as its answer: it is polled beside it and dropped with it.
        let mut connection: Connection = Some(Box::pin(async move { drop(connection.await) }));
        let answer = {
            let answer = sender.send_request(request.map(Full::new));
            tokio::pin!(answer);
            poll_fn(|context| {
                drive(&mut connection, context);
                answer.as_mut().poll(context)
            })
            .await
        };
        let answer = answer.map_err(|error| self.broken(error))?;
        Ok(answer.map(|body| Driven { body, connection }.boxed_unsync()))
    }

    fn unreachable(&self, reason: io::Error) -> ClientError {
        ClientError::Connect { address: self.address(), reason }
    }

    pub(super) fn broken(&self, reason: impl fmt::Display) -> ClientError {
        ClientError::Broken { address: self.address(), reason: reason.to_string() }
    }
}

/// A connection that is under way; `None` when it has ended.
type Connection = Option<Pin<Box<dyn Future<Output = ()> + Send>>>;

fn drive(connection: &mut Connection, context: &mut Context<'_>) {
    if connection.as_mut().is_some_and(|under_way| under_way.as_mut().poll(context).is_ready()) {
        *connection = None;
    }
}

/// A body, and the connection that it comes by.
struct Driven {
    body: Incoming,
    connection: Connection,
}

impl Body for Driven {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        drive(&mut self.connection, context);
        Pin::new(&mut self.body).poll_frame(context).map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read() {
        for (url, address) in [
            ("http://127.0.0.1:7070", "http://127.0.0.1:7070"),
            ("http://[::1]:7070/", "http://[::1]:7070"),
            ("http://tokens.example", "http://tokens.example:80"),
            ("unix:/run/symbolon.sock", "/run/symbolon.sock"),
        ] {
            assert_eq!(format!("{:?}", Transport::from_url(url).unwrap()), address, "{url}");
        }
    }

    #[test]
    fn an_address_that_is_none_is_refused_in_a_sentence() {
        for (url, part) in [
            ("https://tokens.example", "TLS is not spoken yet"),
            ("127.0.0.1:7070", "it begins with http://"),
            ("", "it is http:// and a host"),
            ("http://host/v1", "it ends after the host"),
            ("http://user@host", "no user"),
            ("ftp://host", "it begins with http://"),
        ] {
            let text = Transport::from_url(url).unwrap_err().to_string();
            assert!(text.contains(part), "{url}: {text}");
        }
    }
}
