//! Connections to one application, kept alive between requests.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::body::RequestBody;
use super::settings::Upstream;
use super::trust::Socket;

/// How many connections wait for the next request. More are closed when they fall idle.
const KEPT: usize = 256;
/// For how long one waits, at most; applications close theirs after 2 to 75 seconds, each by its own default.
const MAX_AGE: Duration = Duration::from_mins(1);

/// Sends requests over one connection, one after the other.
pub(super) type Sender = SendRequest<RequestBody>;

/// The connections to one application.
pub(super) struct Pool {
    upstream: Upstream,
    patience: Duration,
    /// Oldest first.
    idle: Mutex<Vec<(Instant, Sender)>>,
}

impl Pool {
    /// No connections yet. `patience` is for each to be made.
    pub(super) fn new(upstream: Upstream, patience: Duration) -> Self {
        Self { upstream, patience, idle: Mutex::default() }
    }

    /// The connection used last, if one is idle. It may turn out to have been closed by the application.
    pub(super) fn take(&self) -> Option<Sender> {
        let now = now();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((since, sender)) = idle.pop() {
            if now.duration_since(since) > MAX_AGE {
                // Those below are older still.
                idle.clear();
            } else if sender.is_ready() {
                return Some(sender);
            }
        }
        None
    }

    /// A new connection.
    pub(super) async fn connect(&self) -> io::Result<Sender> {
        let connecting = async {
            let socket = TcpStream::connect(self.upstream.address()).await?;
            // The request is written whole; see the listener.
            let _ = socket.set_nodelay(true);
            match self.upstream.trust() {
                Some(trust) => trust.connect(socket).await,
                None => Ok(Box::new(socket) as Box<dyn Socket>),
            }
        };
        let socket = timeout(self.patience, connecting).await.map_err(|_| io::ErrorKind::TimedOut)??;
        let (sender, connection) = http1::handshake(TokioIo::new(socket)).await.map_err(io::Error::other)?;
        tokio::spawn(async move {
            if let Err(error) = connection.with_upgrades().await {
                tracing::debug!(%error, "a connection to the application ended early");
            }
        });
        Ok(sender)
    }

    /// Keeps a connection, as soon as its answer has been read and its request been written to the end.
    pub(super) fn give_back(self: Arc<Self>, mut sender: Sender) {
        if sender.is_ready() {
            self.keep(sender);
        } else if !sender.is_closed() {
            tokio::spawn(async move {
                if sender.ready().await.is_ok() {
                    self.keep(sender);
                }
            });
        }
    }

    fn keep(&self, sender: Sender) {
        let now = now();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push((now, sender));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the age of a connection decides nothing that is asked of us")]
fn now() -> Instant {
    Instant::now()
}
