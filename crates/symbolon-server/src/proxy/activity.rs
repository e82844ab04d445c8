//! Waiting for others: for as long as something moves, and not for ever.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;

use crate::answer::ApiError;

/// Signs of life that two tasks share.
#[derive(Debug, Default)]
pub(super) struct Activity {
    count: AtomicU64,
    /// Whether the wait is for the caller now, which has its own limit.
    caller: AtomicBool,
    answers: AtomicBool,
    broken_off: AtomicBool,
    too_long: AtomicBool,
    taken_back: OnceLock<ApiError>,
}

impl Activity {
    /// Something moved.
    pub(super) fn sign(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// Whose move it is.
    pub(super) fn wait_for_caller(&self, waits: bool) {
        self.caller.store(waits, Ordering::Relaxed);
    }

    /// The application's answer has begun.
    pub(super) fn begin_answer(&self) {
        self.answers.store(true, Ordering::Relaxed);
    }

    /// It has been read to its end.
    pub(super) fn end_answer(&self) {
        self.answers.store(false, Ordering::Relaxed);
    }

    /// Whether it is under way, so that this may be a conversation.
    pub(super) fn answers(&self) -> bool {
        self.answers.load(Ordering::Relaxed)
    }

    /// The caller's side failed.
    pub(super) fn break_off(&self) {
        self.broken_off.store(true, Ordering::Relaxed);
    }

    /// Whether the caller's side failed.
    pub(super) fn broken_off(&self) -> bool {
        self.broken_off.load(Ordering::Relaxed)
    }

    /// The caller's body is longer than it may be, and was broken off for that.
    pub(super) fn exceed(&self) {
        self.too_long.store(true, Ordering::Relaxed);
        self.break_off();
    }

    /// Whether the caller's body is longer than it may be.
    pub(super) fn exceeded(&self) -> bool {
        self.too_long.load(Ordering::Relaxed)
    }

    /// The caller would be refused by now, and its body was broken off for that.
    pub(super) fn take_back(&self, refusal: ApiError) {
        // The first reason is as good as a second.
        let _ = self.taken_back.set(refusal);
        self.break_off();
    }

    /// The refusal by which the caller's body was broken off.
    pub(super) fn taken_back(&self) -> Option<&ApiError> {
        self.taken_back.get()
    }

    fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

/// Waits for `future` while there are signs of life at least every `patience`; `None` if they stay away. No
/// clock is read for it, so silence is noticed after one to two times `patience`.
pub(super) async fn while_active<F: Future>(
    future: F,
    patience: Duration,
    activity: &Activity,
) -> Option<F::Output> {
    let mut future = pin!(future);
    loop {
        let before = activity.count();
        match timeout(patience, future.as_mut()).await {
            Ok(output) => return Some(output),
            Err(_) if activity.count() == before && !activity.caller.load(Ordering::Relaxed) => return None,
            Err(_) => {}
        }
    }
}

/// A stream whose every read is a sign of life.
pub(super) struct Noticed<'a, S> {
    pub(super) stream: S,
    pub(super) activity: &'a Activity,
}

impl<S: AsyncRead + Unpin> AsyncRead for Noticed<'_, S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if outcome.is_ready() {
            self.activity.sign();
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Noticed<'_, S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
