//! Connections to one application, kept alive between requests.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::uri::Scheme;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::activity::{Activity, while_active};
use super::body::RequestBody;
use super::settings::{Timeouts, Upstream};
use super::trust::Socket;

/// How many connections wait for the next request. More are closed when they fall idle.
const KEPT: usize = 256;
/// For how long one waits, at most; applications close theirs after 2 to 75 seconds, each by its own default.
const MAX_AGE: Duration = Duration::from_mins(1);
/// How often a connection of HTTP/2 is asked whether it lives, and how long its answer may take. Nothing else would tell
/// of one that died without a word.
const PING: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(10));

/// Requests beside each other on one connection of HTTP/2, which every application should take (RFC 9113 section 6.5.2).
/// For more there are more connections: answers that go on would otherwise keep others from beginning.
const STREAMS: usize = 100;
/// Bytes of one answer that wait for its caller, and of all on a connection; so many that one caller who does not read
/// never stops the answers of others.
const WINDOWS: (u32, u32) = (1 << 20, (1 << 31) - 1);

/// Sends requests over a connection of HTTP/1.1, one after the other. The connection ends with it, also while it cannot
/// write what is left of a request.
pub(super) struct Http1 {
    pub(super) sender: http1::SendRequest<RequestBody>,
    connection: AbortHandle,
}

impl Drop for Http1 {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// Sends requests over a connection of HTTP/2, beside each other, with others who hold the same.
type Http2 = http2::SendRequest<RequestBody>;

/// A place among the requests that an application is given at once.
pub(super) type Place = OwnedSemaphorePermit;

/// What an answer comes by, for as long as it comes.
pub(super) struct Held {
    pub(super) connection: Connection,
    pub(super) place: Place,
    /// The request's body, which may go on for longer.
    pub(super) upload: Upload,
}

/// The way of a request's body to the application.
#[derive(Clone, Default)]
pub(super) struct Upload {
    pub(super) activity: Arc<Activity>,
    /// Said when there is nothing more of it.
    pub(super) over: CancellationToken,
}

/// By which connection an answer comes.
pub(super) enum Connection {
    /// Which is free for the next request when the answer is read.
    Http1(Http1),
    /// Which is held, so that it goes on for as long as the answer does, with a place on it.
    Http2(Shared),
}

/// A connection of HTTP/2, for everybody who holds it.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) sender: Http2,
    line: Arc<Line>,
}

/// What ends with the last who holds a connection of HTTP/2.
struct Line {
    connection: AbortHandle,
    /// Whether something on it moves no more, and it is for nobody else.
    stuck: AtomicBool,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

impl Shared {
    /// Besides the pool.
    fn holders(&self) -> usize {
        Arc::strong_count(&self.line) - 1
    }

    fn is_over(&self) -> bool {
        self.sender.is_closed() || self.line.stuck.load(Ordering::Relaxed)
    }
}

/// The connections to one application.
pub(super) struct Pool {
    upstream: Upstream,
    timeouts: Timeouts,
    places: Arc<Semaphore>,
    /// Of HTTP/1.1, oldest first.
    idle: Mutex<Vec<(Instant, Http1)>>,
    /// Of HTTP/2, for everybody. Whoever makes one holds the lock, so that one is made.
    shared: tokio::sync::Mutex<Vec<Shared>>,
}

impl Pool {
    /// No connections yet, and so many places.
    pub(super) fn new(upstream: Upstream, timeouts: Timeouts, places: usize) -> Self {
        let places = Arc::new(Semaphore::new(places));
        Self { upstream, timeouts, places, idle: Mutex::default(), shared: tokio::sync::Mutex::default() }
    }

    /// A place for a request, in its turn; `None` if there is none in time.
    pub(super) async fn place(&self) -> Option<Place> {
        timeout(self.timeouts.connect, self.places.clone().acquire_owned()).await.ok()?.ok()
    }

    /// Whether requests go over HTTP/2, but for tunnels.
    pub(super) fn speaks_http2(&self) -> bool {
        self.upstream.speaks_http2()
    }

    /// By which scheme the application is reached.
    pub(super) fn scheme(&self) -> Scheme {
        self.upstream.scheme()
    }

    /// The connection of HTTP/1.1 used last, if one is idle. It may turn out to have been closed by the application.
    pub(super) fn take(&self) -> Option<Http1> {
        let now = now();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((since, http1)) = idle.pop() {
            if now.duration_since(since) > MAX_AGE {
                // Those below are older still.
                idle.clear();
            } else if http1.sender.is_ready() {
                return Some(http1);
            }
        }
        None
    }

    /// A new connection of HTTP/1.1.
    pub(super) async fn connect(&self) -> io::Result<Http1> {
        timeout(self.timeouts.connect, self.http1()).await.map_err(|_| io::ErrorKind::TimedOut)?
    }

    /// A connection of HTTP/2 that has a place, made if there is none. Of those that nobody holds, one is kept.
    pub(super) async fn share(&self) -> io::Result<Shared> {
        let sharing = async {
            let mut all = self.shared.lock().await;
            let mut idle = 0;
            all.retain(|shared| {
                let idles = !shared.is_over() && shared.holders() == 0;
                idle += usize::from(idles);
                !shared.is_over() && (!idles || idle == 1)
            });
            if let Some(shared) = all.iter().find(|shared| shared.holders() < STREAMS) {
                return Ok(shared.clone());
            }
            let shared = self.http2().await?;
            all.push(shared.clone());
            Ok(shared)
        };
        timeout(self.timeouts.connect, sharing).await.map_err(|_| io::ErrorKind::TimedOut)?
    }

    async fn http1(&self) -> io::Result<Http1> {
        let socket = self.socket(false).await?;
        let (sender, connection) = http1::handshake(TokioIo::new(socket)).await.map_err(io::Error::other)?;
        let task = tokio::spawn(async move { ended(connection.with_upgrades().await) });
        Ok(Http1 { sender, connection: task.abort_handle() })
    }

    async fn http2(&self) -> io::Result<Shared> {
        let socket = self.socket(true).await?;
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new()).keep_alive_interval(PING.0).keep_alive_timeout(PING.1);
        builder.initial_stream_window_size(WINDOWS.0).initial_connection_window_size(WINDOWS.1);
        let handshake = builder.handshake(TokioIo::new(socket));
        let (sender, connection) = handshake.await.map_err(io::Error::other)?;
        let task = tokio::spawn(async move { ended(connection.await) });
        let line = Line { connection: task.abort_handle(), stuck: AtomicBool::new(false) };
        Ok(Shared { sender, line: Arc::new(line) })
    }

    async fn socket(&self, http2: bool) -> io::Result<Box<dyn Socket>> {
        let socket = TcpStream::connect(self.upstream.address()).await?;
        // The request is written whole; see the listener.
        let _ = socket.set_nodelay(true);
        match self.upstream.trust() {
            Some(trust) => trust.connect(socket, http2).await,
            None => Ok(Box::new(socket)),
        }
    }

    /// Takes back what an answer was read by to its end, as soon as its request has been written to the end. Where nothing
    /// of that moves for too long, it is left, and the connection with it.
    pub(super) fn give_back(self: Arc<Self>, Held { connection, place, upload }: Held) {
        let idle = self.timeouts.idle;
        upload.activity.end_answer();
        match connection {
            Connection::Http1(http1) if http1.sender.is_ready() => self.keep(http1),
            Connection::Http1(http1) if http1.sender.is_closed() => {}
            Connection::Http1(mut http1) => drop(tokio::spawn(async move {
                let ready = while_active(http1.sender.ready(), idle, &upload.activity).await;
                if matches!(ready, Some(Ok(()))) {
                    self.keep(http1);
                }
                drop(place);
            })),
            Connection::Http2(_) if upload.over.is_cancelled() => {}
            Connection::Http2(shared) => drop(tokio::spawn(async move {
                if while_active(upload.over.cancelled(), idle, &upload.activity).await.is_none() {
                    // The library asks for no more of it, and so notices nothing; not even that its caller is gone.
                    shared.line.stuck.store(true, Ordering::Relaxed);
                }
                drop((shared, place));
            })),
        }
    }

    fn keep(&self, http1: Http1) {
        let now = now();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push((now, http1));
        }
    }
}

fn ended(how: hyper::Result<()>) {
    if let Err(error) = how {
        tracing::debug!(%error, "a connection to the application ended early");
    }
}

#[expect(clippy::disallowed_methods, reason = "the age of a connection decides nothing that is asked of us")]
fn now() -> Instant {
    Instant::now()
}
