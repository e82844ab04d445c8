//! Serving HTTP/1.1 and HTTP/2 on a socket, for every door alike: bounded in connections, headers and patience, and
//! ended without cutting off what is under way.

mod connection;
mod http2;
mod stall;
mod streams;
mod timer;
mod tls;
mod validity;
mod version;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use http::Request;
use hyper::body::Incoming;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use connection::Connection;
pub(crate) use stall::{Pace, Patience};
pub use tls::{Tls, TlsFault};

/// How long to wait after a failure to accept that does not concern one connection alone, such as no file
/// descriptors left: the listener is ready again at once, and would fail again at once.
const BREATHER: Duration = Duration::from_millis(200);

/// How many bytes a second of a body a caller has to move by default: the same as with Kestrel, the server of ASP.NET Core
/// (`MinRequestBodyDataRate`).
pub(crate) const BODY_RATE: Option<NonZeroU64> = NonZeroU64::new(240);

/// A socket that is listened on.
#[derive(Debug)]
pub enum Listener {
    /// For callers of any kind; each request carries its [`Peer`](crate::Peer).
    Tcp(TcpListener),
    /// The same over TLS; each request is marked [`OverTls`](crate::OverTls), and HTTP/2 is offered.
    Tls(TcpListener, Tls),
    /// The data directory's socket: who can open it is [`AtTheMachine`](crate::AtTheMachine). Its file's mode is the caller's to set.
    Unix(UnixListener),
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self::Tcp(listener)
    }
}

impl From<UnixListener> for Listener {
    fn from(listener: UnixListener) -> Self {
        Self::Unix(listener)
    }
}

/// What a listener takes from the outside, and for how long it waits.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once, tunnels included; more wait in the kernel's queue.
    pub connections: usize,
    /// For a request's headers to arrive, and for the next request on a connection that is kept alive.
    pub headers: Duration,
    /// Of request line and headers together, in bytes, and so at least 8,192; more is answered 431. No request
    /// has more than 100 headers.
    pub header_bytes: usize,
    /// For a caller to take anything of what is being sent to it; in HTTP/2, of each answer of more than a KiB.
    pub stall: Duration,
    /// How many bytes a second such a caller has to take on average, in HTTP/1.1: the waits for it last no longer than
    /// `stall` together, and each byte earns some of that back. `None`: any byte earns all.
    pub body_rate: Option<NonZeroU64>,
    /// Requests under way at once on one connection of HTTP/2.
    pub streams: u32,
    /// Whether callers may begin with HTTP/2 without having agreed upon it (RFC 9113 section 3.3). Others speak
    /// HTTP/1.1 all the same.
    pub http2: bool,
    /// For requests under way to end, once the server is told to stop.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            headers: Duration::from_secs(30),
            header_bytes: 64 * 1024,
            stall: Duration::from_mins(1),
            body_rate: BODY_RATE,
            streams: 100,
            http2: false,
            grace: Duration::from_secs(10),
        }
    }
}

/// What outlives the requests of a connection: the tunnels of upgraded ones. The listener puts it into each
/// request's extensions. A tunnel ends when the server is told to stop, for nothing in it would ever be the end.
#[derive(Debug, Clone)]
pub(crate) struct Tunnels(Arc<Place>);

/// A connection's place among those that a listener takes. A tunnel counts as the connection that it was.
#[derive(Debug)]
struct Place {
    tasks: TaskTracker,
    stop: CancellationToken,
    _permit: OwnedSemaphorePermit,
}

impl Tunnels {
    /// What tells the server to stop.
    pub(crate) fn stop(&self) -> CancellationToken {
        self.0.stop.clone()
    }

    /// All that the server waits for at its end.
    fn tasks(&self) -> TaskTracker {
        self.0.tasks.clone()
    }

    /// Runs `tunnel` to its end or the server's.
    pub(crate) fn spawn(self, tunnel: impl Future<Output = ()> + Send + 'static) {
        self.tasks().spawn(async move { self.0.stop.run_until_cancelled(tunnel).await });
    }
}

/// A service that a listener can serve: the management API's router, or a proxy.
pub trait Door:
    Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<S> Door for S where
    S: Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static
{
}

/// Serves `door` on `listener` until `shutdown`, then stops accepting, lets requests under way end for as long
/// as the grace lasts, and drops the rest. Ends when every connection has ended; the port is free from the
/// moment of the shutdown.
pub async fn serve(listener: Listener, door: impl Door, shutdown: CancellationToken, limits: Limits) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let tasks = TaskTracker::new();
    let cut = CancellationToken::new();
    while let Some(place) = shutdown.run_until_cancelled(places.clone().acquire_owned()).await {
        let Ok(place) = place else { break };
        match shutdown.run_until_cancelled(listener.accept()).await {
            None => break,
            Some(Ok(accepted)) => {
                // Of its own: what is told to stop is asked whether it was at every step, and would wait for all others
                // that ask.
                let (stop, cut) = (shutdown.child_token(), cut.child_token());
                let place = Place { tasks: tasks.clone(), stop: stop.clone(), _permit: place };
                let tunnels = Tunnels(Arc::new(place));
                let connection = Connection { tunnels, shutdown: stop, cut, limits };
                let door = door.clone();
                tasks.spawn(async move {
                    match accepted {
                        Accepted::Tcp(socket, peer) => connection.run(socket, Some(peer), door).await,
                        Accepted::Tls(socket, peer, tls) => {
                            connection.over_tls(socket, peer, &tls, door).await;
                        }
                        Accepted::Unix(socket) => connection.run(socket, None, door).await,
                    }
                });
            }
            Some(Err(error)) if concerns_one_connection(&error) => {}
            Some(Err(error)) => {
                tracing::warn!(%error, "no connection can be accepted now");
                shutdown.run_until_cancelled(tokio::time::sleep(BREATHER)).await;
            }
        }
    }
    drop(listener);
    tasks.close();
    if tokio::time::timeout(limits.grace, tasks.wait()).await.is_err() {
        tracing::info!(connections = tasks.len(), "the grace is over; connections under way are dropped");
        cut.cancel();
        tasks.wait().await;
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long somebody was waited for decides nothing that is asked of us"
)]
fn now() -> Instant {
    Instant::now()
}

/// Whether the next `accept` may well succeed: this caller went away while it waited (accept(2)).
fn concerns_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

enum Accepted {
    Tcp(TcpStream, IpAddr),
    Tls(TcpStream, IpAddr, Tls),
    Unix(UnixStream),
}

impl Listener {
    async fn accept(&self) -> io::Result<Accepted> {
        match self {
            Self::Tcp(listener) => accept(listener).await.map(|(socket, peer)| Accepted::Tcp(socket, peer)),
            Self::Tls(listener, tls) => {
                accept(listener).await.map(|(socket, peer)| Accepted::Tls(socket, peer, tls.clone()))
            }
            Self::Unix(listener) => listener.accept().await.map(|(socket, _)| Accepted::Unix(socket)),
        }
    }
}

async fn accept(listener: &TcpListener) -> io::Result<(TcpStream, IpAddr)> {
    let (socket, peer): (_, SocketAddr) = listener.accept().await?;
    // Answers are written whole; to wait for more of them (RFC 896) would only delay the last piece. Without it the
    // connection works all the same.
    let _ = socket.set_nodelay(true);
    Ok((socket, peer.ip().to_canonical()))
}
