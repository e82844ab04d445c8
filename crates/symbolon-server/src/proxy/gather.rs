//! An application's answer, read before any of it goes on, so that it can be kept.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, LOCATION, SET_COOKIE,
};
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, SizeHint};
use symbolon_core::leak::{Find, Scan};
use symbolon_core::store::KeptAnswer;
use tokio::time::timeout;

use super::body::{AnswerBody, BodyError};
use super::headers::words;
use super::watch::Watch;

/// The longest body that is kept, in bytes.
const LONGEST: usize = 256 * 1024;

/// How much of an answer was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// All of it.
    Whole,
    /// It is longer than what is kept, or goes on for longer than it is waited for.
    Longer,
    /// The application broke off.
    Broken,
}

/// An answer's body: what was read of it, and the rest.
pub(super) struct Gathered {
    read: VecDeque<Frame<Bytes>>,
    /// `None` where all was read.
    rest: Option<AnswerBody>,
}

/// Whether an answer with these headers may be kept, as far as they say. What sets a cookie signs somebody in; what the
/// application has forbidden to store may hold a secret of its own (RFC 9111 section 5.2.2.5, RFC 6749 section 5.1); what is
/// packed cannot be looked through; a stream of events is to be heard as it comes.
pub(super) fn may_be_kept(headers: &HeaderMap) -> bool {
    let is = |name, found: fn(&[u8]) -> bool| words(headers, name).any(found);
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    !headers.contains_key(SET_COOKIE)
        && !is(CACHE_CONTROL, |word| word.eq_ignore_ascii_case(b"no-store"))
        && !is(CONTENT_ENCODING, |word| !word.eq_ignore_ascii_case(b"identity"))
        && !is(CONTENT_TYPE, |word| {
            word.get(..17).is_some_and(|kind| kind.eq_ignore_ascii_case(b"text/event-stream"))
        })
        && length.is_none_or(|length: usize| length <= LONGEST)
}

/// Reads an answer for so long at most; not at all without.
pub(super) async fn gather(mut body: AnswerBody, patience: Option<Duration>) -> (Gathered, End) {
    let mut read = VecDeque::new();
    let end = match patience {
        Some(patience) => timeout(patience, fill(&mut body, &mut read)).await.unwrap_or(End::Longer),
        None => End::Longer,
    };
    (Gathered { read, rest: (end == End::Longer).then_some(body) }, end)
}

async fn fill(body: &mut AnswerBody, read: &mut VecDeque<Frame<Bytes>>) -> End {
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return End::Broken };
        length += frame.data_ref().map_or(0, Bytes::len);
        read.push_back(frame);
        if length > LONGEST {
            return End::Longer;
        }
    }
    End::Whole
}

/// What is kept of an answer that was read whole; `None` where it is not to be kept. A secret is in one answer and nowhere
/// else.
pub(super) fn kept(answer: &Parts, gathered: &Gathered) -> Option<KeptAnswer> {
    let mut body = Vec::new();
    for frame in &gathered.read {
        body.extend_from_slice(frame.data_ref()?);
    }
    let mut secrets = 0_usize;
    let mut found = |_, _: Find| secrets += 1;
    let mut scan = Scan::default();
    for text in answer.headers.values().map(HeaderValue::as_bytes).chain([body.as_slice()]) {
        scan.push(text, &mut found);
        scan.end(&mut found);
    }
    if secrets > 0 {
        return None;
    }
    Some(KeptAnswer {
        status: answer.status.as_u16(),
        content_type: text(&answer.headers, CONTENT_TYPE)?,
        location: text(&answer.headers, LOCATION)?,
        etag: text(&answer.headers, ETAG)?,
        body,
    })
}

/// The value of a header, if it is there; `None` where it is not one text.
#[expect(
    clippy::option_option,
    reason = "that a header is not there is one thing, and that it cannot be kept another"
)]
fn text(headers: &HeaderMap, name: HeaderName) -> Option<Option<String>> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().map(|value| value.to_str().map(str::to_owned)).transpose().ok()?;
    values.next().is_none().then_some(value)
}

impl Gathered {
    /// The same, whose rest goes on only for as long as its caller may have it.
    pub(super) fn watched(self, watch: Option<Watch>) -> Self {
        Self { rest: self.rest.map(|rest| rest.watched(watch)), ..self }
    }
}

impl Body for Gathered {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        match (this.read.pop_front(), &mut this.rest) {
            (Some(frame), _) => Poll::Ready(Some(Ok(frame))),
            (None, Some(rest)) => Pin::new(rest).poll_frame(cx),
            (None, None) => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.read.is_empty() && self.rest.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let read: usize = self.read.iter().filter_map(|frame| frame.data_ref().map(Bytes::len)).sum();
        let rest = self.rest.as_ref().map_or(SizeHint::with_exact(0), Body::size_hint);
        let mut hint = SizeHint::new();
        hint.set_lower(read as u64 + rest.lower());
        if let Some(upper) = rest.upper() {
            hint.set_upper(read as u64 + upper);
        }
        hint
    }
}
