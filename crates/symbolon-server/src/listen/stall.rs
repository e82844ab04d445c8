//! Limits to how long a caller may be waited for. Without them, a caller that asks and does not read, or sends a body
//! and does not go on, holds a connection, and one of the application's behind it, for ever.

use std::future::Future;
use std::io::{self, IoSlice};
use std::num::NonZeroU64;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::{Limits, now};

/// A limit to one wait after another.
pub(crate) struct Patience {
    limit: Duration,
    /// Running while something is waited for. Made when that first happens, which for most never does.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    pub(crate) fn new(limit: Duration) -> Self {
        Self { limit, timer: None }
    }

    /// The wait is over.
    pub(crate) fn rest(&mut self) {
        self.timer = None;
    }

    /// Still waiting. Ready when it has been for too long.
    pub(crate) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let limit = self.limit;
        self.timer.get_or_insert_with(|| Box::pin(sleep(limit))).as_mut().poll(cx)
    }
}

/// A limit to all waits for a caller's bytes, or for a caller to take them: together they last no longer than a credit,
/// which each byte that moves raises again, up to what it was.
pub(crate) struct Pace {
    most: Duration,
    /// How many bytes earn a second; `None`: any byte earns all.
    rate: Option<NonZeroU64>,
    credit: Duration,
    /// When the wait began that is under way, and what ends it.
    wait: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl Pace {
    pub(crate) fn new(most: Duration, rate: Option<NonZeroU64>) -> Self {
        Self { most, rate, credit: most, wait: None }
    }

    /// The wait is over, and all is earned.
    pub(crate) fn rest(&mut self) {
        self.wait = None;
        self.credit = self.most;
    }

    /// The wait is over, by so many bytes.
    pub(crate) fn moved(&mut self, bytes: usize) {
        let waited = self.wait.take().map_or(Duration::ZERO, |(since, _)| now().duration_since(since));
        let earned = self.rate.map_or(self.most, |rate| {
            let nanos = (bytes as u64).saturating_mul(1_000_000_000) / rate;
            Duration::from_nanos(nanos)
        });
        self.credit = self.credit.saturating_sub(waited).saturating_add(earned).min(self.most);
    }

    /// Still waiting. Ready when that has been for too long.
    pub(crate) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let credit = self.credit;
        let (_, timer) = self.wait.get_or_insert_with(|| (now(), Box::pin(sleep(credit))));
        timer.as_mut().poll(cx)
    }
}

/// A socket whose writes fail with [`io::ErrorKind::TimedOut`] when what is written is taken too slowly.
pub(super) struct StallLimit<S> {
    socket: S,
    pace: Pace,
}

impl<S> StallLimit<S> {
    pub(super) fn new(socket: S, limits: &Limits) -> Self {
        Self { socket, pace: Pace::new(limits.stall, limits.body_rate) }
    }

    /// The outcome of a write, or the end of the patience with it. Flushing and shutting down wait for nobody on
    /// a plain socket, and so say nothing of whether the caller takes anything.
    fn limited(&mut self, cx: &mut Context<'_>, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(written) = &outcome {
            self.pace.moved(*written.as_ref().unwrap_or(&0));
            return outcome;
        }
        self.pace.poll_end(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for StallLimit<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for StallLimit<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.limited(cx, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.socket).poll_write_vectored(cx, bytes);
        self.limited(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::timeout;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// For how long this would go on waiting now; the wait is then as if it had not been.
    async fn left(pace: &mut Pace) -> Duration {
        let before = now();
        poll_fn(|cx| pace.poll_end(cx)).await;
        now().duration_since(before)
    }

    async fn wait(pace: &mut Pace, time: Duration) {
        assert!(timeout(time, poll_fn(|cx| pace.poll_end(cx))).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_count_together_and_bytes_earn_them_back() {
        let mut pace = Pace::new(10 * SECOND, NonZeroU64::new(100));
        for _ in 0..3 {
            wait(&mut pace, 3 * SECOND).await;
            pace.moved(50);
        }
        // Of ten seconds nine are gone, and three halves earned.
        let rest = left(&mut pace).await;
        assert!(rest.abs_diff(SECOND * 5 / 2) < SECOND / 100, "{rest:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_who_takes_a_byte_now_and_then_is_not_waited_for_for_ever() {
        for (body_rate, taken) in [(NonZeroU64::new(1000), 10), (None, 100)] {
            let (mut caller, ours) = tokio::io::duplex(1);
            let limits = Limits { stall: 10 * SECOND, body_rate, ..Limits::default() };
            let mut socket = StallLimit::new(ours, &limits);
            let sent =
                tokio::spawn(async move { socket.write_all(&[b'x'; 100]).await.map_err(|why| why.kind()) });
            let mut count = 0;
            while caller.read_u8().await.is_ok() {
                count += 1;
                sleep(SECOND).await;
            }
            assert!((taken..=taken + 2).contains(&count), "{body_rate:?}: {count}");
            let expected = if body_rate.is_some() { Err(io::ErrorKind::TimedOut) } else { Ok(()) };
            assert_eq!(sent.await.unwrap(), expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_is_earned_than_there_was_and_without_a_rate_a_byte_earns_all() {
        let mut pace = Pace::new(10 * SECOND, NonZeroU64::new(1));
        pace.moved(usize::MAX);
        let rest = left(&mut pace).await;
        assert!(rest.abs_diff(SECOND * 10) < SECOND / 100, "{rest:?}");
        let mut pace = Pace::new(10 * SECOND, None);
        for _ in 0..3 {
            wait(&mut pace, 9 * SECOND).await;
            pace.moved(1);
        }
        let rest = left(&mut pace).await;
        assert!(rest.abs_diff(SECOND * 10) < SECOND / 100, "{rest:?}");
    }
}
