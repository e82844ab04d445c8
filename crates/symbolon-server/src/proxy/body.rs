//! Bodies on their way through, a piece at a time: nothing is gathered, and a reader that waits makes the writer
//! wait.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio_util::sync::DropGuard;

use super::activity::Activity;
use super::headers::clean_trailers;
use super::pool::{Held, Pool, Upload};
use super::settings::ProxySettings;
use super::watch::Watch;
use crate::listen::{Pace, Patience};

/// Why a body broke off.
pub(super) type BodyError = Box<dyn Error + Send + Sync>;

/// No piece of a body came for too long, or they came too slowly.
#[derive(Debug, thiserror::Error)]
#[error("no piece of the body came in time")]
struct Idle;

/// The request's body is longer than it may be.
#[derive(Debug, thiserror::Error)]
#[error("the body is too long")]
struct TooLong;

/// The caller may not have the rest.
#[derive(Debug, thiserror::Error)]
#[error("the request would be refused by now")]
struct TakenBack;

/// What a request's body is read from.
pub(super) enum Source {
    /// The caller's connection.
    Caller(Incoming),
    /// Nobody's: it is here as a whole.
    Whole(Full<Bytes>),
}

impl Body for Source {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match self.get_mut() {
            Self::Caller(incoming) => Pin::new(incoming).poll_frame(cx),
            Self::Whole(bytes) => Pin::new(bytes)
                .poll_frame(cx)
                .map(|frame| frame.map(|whole| whole.map_err(|never| match never {}))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Caller(incoming) => incoming.is_end_stream(),
            Self::Whole(bytes) => bytes.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Caller(incoming) => incoming.size_hint(),
            Self::Whole(bytes) => bytes.size_hint(),
        }
    }
}

/// A request's body on its way to the application.
pub(super) struct RequestBody {
    /// `None` where there is no body.
    source: Option<Source>,
    /// How many bytes more it may have; `None` for any number.
    left: Option<u64>,
    pace: Pace,
    activity: Arc<Activity>,
    settings: Arc<ProxySettings>,
    watch: Option<Watch>,
    /// Says at its end that this was all.
    _over: Option<DropGuard>,
}

impl RequestBody {
    /// `watch` knows whether the caller may still send the rest.
    pub(super) fn new(
        source: Source,
        settings: Arc<ProxySettings>,
        upload: &Upload,
        watch: Option<&Watch>,
    ) -> Self {
        let source = Some(source).filter(|source| !source.is_end_stream());
        let watch = watch.filter(|_| source.is_some()).map(Watch::another);
        let (left, pace) = (settings.limits.body_bytes, pace(&settings));
        let (activity, over) = (upload.activity.clone(), upload.over.clone().drop_guard());
        Self { source, left, pace, activity, settings, watch, _over: Some(over) }
    }

    /// The same body once more: only of no body can there be a copy.
    pub(super) fn copy(&self) -> Option<Self> {
        let (settings, activity) = (self.settings.clone(), self.activity.clone());
        let pace = pace(&settings);
        let no_body = Self { source: None, left: None, pace, activity, settings, watch: None, _over: None };
        self.source.is_none().then_some(no_body)
    }
}

fn pace(settings: &ProxySettings) -> Pace {
    Pace::new(settings.timeouts.idle, settings.limits.body_rate)
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Self { source, left, pace, activity, settings, watch, .. } = self.get_mut();
        let Some(source) = source else { return Poll::Ready(None) };
        let frame = Pin::new(&mut *source).poll_frame(cx);
        // What came in one piece is not worth a second look.
        if !source.is_end_stream()
            && let Some(watch) = watch
            && let Poll::Ready(refusal) = watch.poll_refused(cx)
        {
            activity.take_back(refusal);
            return Poll::Ready(Some(Err(TakenBack.into())));
        }
        activity.wait_for_caller(frame.is_pending());
        let Poll::Ready(frame) = frame else {
            return pace.poll_end(cx).map(|()| {
                activity.break_off();
                Some(Err(Idle.into()))
            });
        };
        let length =
            frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref().map(Bytes::len)).unwrap_or(0);
        if activity.answers() {
            // A conversation has its pauses.
            pace.rest();
        } else {
            pace.moved(length);
        }
        activity.sign();
        if let Some(Err(_)) = frame {
            activity.break_off();
        }
        if let Some(left) = left {
            let Some(rest) = left.checked_sub(length as u64) else {
                activity.exceed();
                return Poll::Ready(Some(Err(TooLong.into())));
            };
            *left = rest;
        }
        let cleaned = |mut frame: Frame<Bytes>| {
            if let Some(trailers) = frame.trailers_mut() {
                clean_trailers(trailers, &settings.upstream_headers);
            }
            frame
        };
        Poll::Ready(frame.map(|frame| frame.map(cleaned).map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.source.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.source.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

/// An answer's body on its way to the caller. At its end the connection that it came by is free for the next
/// request; if the caller leaves before, the connection is closed, which tells the application.
pub(super) struct AnswerBody {
    incoming: Incoming,
    patience: Patience,
    connection: Option<(Arc<Pool>, Held)>,
    watch: Option<Watch>,
}

impl AnswerBody {
    pub(super) fn new(
        incoming: Incoming,
        idle: Duration,
        connection: (Arc<Pool>, Held),
        watch: Option<Watch>,
    ) -> Self {
        let patience = Patience::new(idle);
        let mut body = Self { incoming, patience, connection: Some(connection), watch };
        if body.incoming.is_end_stream() {
            body.end();
        }
        body
    }

    /// The same, which goes on only for as long as its caller may have it.
    pub(super) fn watched(self, watch: Option<Watch>) -> Self {
        Self { watch, ..self }
    }

    fn end(&mut self) {
        if let Some((pool, connection)) = self.connection.take() {
            pool.give_back(connection);
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let frame = Pin::new(&mut this.incoming).poll_frame(cx);
        let last = match &frame {
            Poll::Ready(None) => true,
            // The server asks no further once it is told that this was the last.
            Poll::Ready(Some(Ok(_))) => this.incoming.is_end_stream(),
            Poll::Ready(Some(Err(_))) | Poll::Pending => false,
        };
        if last {
            this.end();
        } else if this.watch.as_mut().is_some_and(|watch| watch.poll_refused(cx).is_ready()) {
            this.connection = None;
            return Poll::Ready(Some(Err(TakenBack.into())));
        }
        let Poll::Ready(frame) = frame else {
            return this.patience.poll_end(cx).map(|()| Some(Err(Idle.into())));
        };
        this.patience.rest();
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
