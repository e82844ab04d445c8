//! The requests under way on one connection of HTTP/2. Each has its own flow of bytes to the caller, and so its own
//! wait for a caller who does not take them, which the socket's limit does not see.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use hyper::rt::Executor;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

tokio::task_local! {
    /// Whether the stream that this task serves waits for its caller to take what it was sent.
    static WAITS: watch::Sender<bool>;
}

/// Runs the requests of one connection.
#[derive(Clone)]
pub(super) struct Streams {
    tasks: TaskTracker,
    cut: CancellationToken,
    stall: Duration,
    /// How many there are.
    count: Arc<watch::Sender<usize>>,
}

impl Streams {
    /// None yet. Each ends when `cut` says so, or when its caller takes nothing for `stall`.
    pub(super) fn new(tasks: TaskTracker, cut: CancellationToken, stall: Duration) -> Self {
        Self { tasks, cut, stall, count: Arc::new(watch::Sender::new(0)) }
    }

    /// Ready when there has been none for so long.
    pub(super) async fn idle_for(&self, patience: Duration) {
        let mut count = self.count.subscribe();
        loop {
            // Whoever could close it is `self`.
            let _ = count.wait_for(|count| *count == 0).await;
            if timeout(patience, count.wait_for(|count| *count > 0)).await.is_err() {
                return;
            }
        }
    }
}

impl<F: Future + Send + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        let (waits, mut watching) = watch::channel(false);
        let (cut, stall) = (self.cut.clone(), self.stall);
        let place = Place::new(self.count.clone());
        self.tasks.spawn(async move {
            let _place = place;
            let stalled = async move {
                loop {
                    if watching.wait_for(|waits| *waits).await.is_err() {
                        std::future::pending::<()>().await;
                    }
                    if timeout(stall, watching.changed()).await.is_err() {
                        return;
                    }
                }
            };
            // Dropped, a stream is reset.
            tokio::select! {
                _ = WAITS.scope(waits, stream) => {}
                () = stalled => tracing::debug!("a caller took nothing of an answer for too long"),
                () = cut.cancelled() => {}
            }
        });
    }
}

/// One of the count.
struct Place(Arc<watch::Sender<usize>>);

impl Place {
    fn new(count: Arc<watch::Sender<usize>>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// A body that says to the stream that sends it when it waits for the caller.
pub(super) fn watched(body: Body) -> Body {
    Body::new(Watched { body, rest: Bytes::new() })
}

/// The longest piece that is given out, in bytes: what a frame holds (RFC 9113 section 4.2). Each that is taken begins the
/// wait anew.
const PIECE: usize = 16 * 1024;
/// The longest that is given out whole. Such a one may lie untaken for as long as its connection lasts.
const WHOLE: usize = 1024;

/// A body that is watched from a piece to the next question. The library takes a piece as soon as the caller has room for
/// a byte of what is sent to it, and asks for the next one before there is room for that; so the next question says that
/// the piece before was taken whole. That there is always a next one, the last byte is given out by itself.
struct Watched {
    body: Body,
    rest: Bytes,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Self { body, rest } = self.get_mut();
        let (frame, whole) = if rest.is_empty() {
            (Pin::new(body).poll_frame(cx), WHOLE)
        } else {
            // Of what was longer the last byte is always held back.
            (Poll::Ready(Some(Ok(Frame::data(std::mem::take(rest))))), 1)
        };
        let divided = |frame: Frame<Bytes>| frame.map_data(|data| piece(data, whole, rest));
        let frame = frame.map(|frame| frame.map(|frame| frame.map(divided)));
        // Said at every piece, for each begins the wait anew. Outside of a stream's task nobody waits.
        let _ = WAITS.try_with(|waits| waits.send_replace(frame.is_ready()));
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut whole = SizeHint::new();
        whole.set_lower(hint.lower() + rest);
        if let Some(upper) = hint.upper() {
            whole.set_upper(upper + rest);
        }
        whole
    }
}

/// The next piece of `data`, which is given out whole up to a length; what follows is then in `rest`.
fn piece(mut data: Bytes, whole: usize, rest: &mut Bytes) -> Bytes {
    if data.len() > whole {
        *rest = data.split_off(PIECE.min(data.len() - 1));
    }
    data
}
