//! Somebody whom this server calls over HTTP by itself, at an address that the operator wrote down.

use std::net::IpAddr;
use std::time::Duration;
use std::{fmt, io};

use bytes::Bytes;
use http::header::HOST;
use http::uri::{PathAndQuery, Uri};
use http::{HeaderMap, Request, response};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::host_port::{HostPort, HostPortFault};
use crate::proxy::trust::{Socket, Trust};

/// For a connection and its handshake.
const CONNECT: Duration = Duration::from_secs(5);

/// A URL that is called.
#[derive(Clone)]
pub(crate) struct Address {
    at: HostPort,
    path: PathAndQuery,
    /// Where it is reached over TLS.
    trust: Option<Trust>,
}

/// Without path and query, which may be secret.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.origin())
    }
}

/// Why a text is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AddressFault {
    /// Not `http://` or `https://` and a host, or with a fragment.
    Form,
    /// A user, with or without a password.
    UserInfo,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAnswer {
    #[error("there is no connection: {0}")]
    Unreachable(io::Error),
    #[error("it does not prove itself: {0}")]
    Untrusted(io::Error),
    #[error("the connection broke: {0}")]
    Broken(io::Error),
    #[error("it took too long")]
    Timeout,
}

impl NoAnswer {
    /// One word for it.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::Untrusted(_) => "untrusted",
            Self::Broken(_) => "broken",
            Self::Timeout => "timeout",
        }
    }
}

impl Address {
    /// Parses a URL. Over TLS the certificate has to be for its host, and signed by whom browsers trust.
    pub(crate) fn parse(text: &str) -> Result<Self, AddressFault> {
        let uri: Uri = text.parse().map_err(|_| AddressFault::Form)?;
        let at = HostPort::before_path(&uri).map_err(|fault| match fault {
            HostPortFault::UserInfo => AddressFault::UserInfo,
            HostPortFault::Form | HostPortFault::Path => AddressFault::Form,
        })?;
        let trust = match uri.scheme_str() {
            Some("https") => Some(Trust::public(at.host()).ok_or(AddressFault::Form)?),
            Some("http") => None,
            _ => return Err(AddressFault::Form),
        };
        if text.contains('#') {
            return Err(AddressFault::Form);
        }
        let path = uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        Ok(Self { at, path, trust })
    }

    /// The same address, whose certificate has to be signed by one of these and nobody else; `None` where there is none
    /// in this PEM text, or no TLS to prove anything by.
    pub(crate) fn trusting(self, pem: &[u8]) -> Option<Self> {
        self.trust.as_ref()?;
        let trust = Some(Trust::only(self.at.host(), pem)?);
        Some(Self { trust, ..self })
    }

    pub(crate) fn is_https(&self) -> bool {
        self.trust.is_some()
    }

    /// Whether what is sent to it stays on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.at.host();
        host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// Scheme, host and port, for people and logs: path and query may be secret.
    pub(crate) fn origin(&self) -> String {
        format!("{}://{}", if self.is_https() { "https" } else { "http" }, self.at.as_str())
    }

    /// Posts one body over a connection of its own; the head of the answer, whatever its status. No redirect is followed,
    /// and the answer's body is not read.
    pub(crate) async fn post(
        &self,
        headers: HeaderMap,
        body: String,
        patience: Duration,
    ) -> Result<response::Parts, NoAnswer> {
        timeout(patience, self.exchange(headers, body)).await.unwrap_or(Err(NoAnswer::Timeout))
    }

    async fn exchange(&self, headers: HeaderMap, body: String) -> Result<response::Parts, NoAnswer> {
        let broken = |error: hyper::Error| NoAnswer::Broken(io::Error::other(error));
        let socket = timeout(CONNECT, self.connect()).await.unwrap_or(Err(NoAnswer::Timeout))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await.map_err(broken)?;
        let mut request = Request::post(self.path.as_str())
            .header(HOST, self.at.as_str())
            .body(Full::<Bytes>::from(body))
            .map_err(|error| NoAnswer::Broken(io::Error::other(error)))?;
        request.headers_mut().extend(headers);
        let answer = sender.send_request(request);
        tokio::pin!(answer);
        let answer = tokio::select! {
            answer = &mut answer => answer,
            // The answer may have come before the connection ended.
            _ = connection => answer.await,
        };
        answer.map(|answer| answer.into_parts().0).map_err(broken)
    }

    async fn connect(&self) -> Result<Box<dyn Socket>, NoAnswer> {
        let address = self.at.address(if self.is_https() { 443 } else { 80 });
        let socket = TcpStream::connect(address).await.map_err(NoAnswer::Unreachable)?;
        match &self.trust {
            Some(trust) => trust.connect(socket, false).await.map_err(NoAnswer::Untrusted),
            None => Ok(Box::new(socket)),
        }
    }
}
