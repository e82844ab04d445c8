//! A request as the application gets it, and the sending of it.

use http::header::{CONTENT_LENGTH, HeaderValue, TRANSFER_ENCODING};
use http::request::Parts;
use http::{Request, Response, Version};
use hyper::body::{Body as _, Incoming};

use super::Proxy;
use super::body::{RequestBody, Source};
use super::exchange::{Fault, exchange};
use super::passage::Passage;
use super::pool::{Held, Upload};
use super::telling::Onward;
use super::watch::Watch;
use crate::listen::Tunnels;
use crate::traces::Span;

/// A request as it goes on, but for its body.
pub(super) struct Outgoing {
    pub(super) parts: Parts,
    pub(super) onward: Onward,
    /// Looks after what may be taken back while it goes on.
    pub(super) watch: Option<Watch>,
    /// Where it came by a listener that lets tunnels be.
    pub(super) tunnels: Option<Tunnels>,
}

impl Proxy {
    /// Makes a request what the application shall see of it.
    pub(super) fn outgoing(
        &self,
        mut parts: Parts,
        body: &Source,
        mut passage: Passage,
        asks_for_tunnel: bool,
        span: &Span,
    ) -> Outgoing {
        let tunnels = parts.extensions.remove::<Tunnels>();
        let watch = passage.watch.take();
        let length_is_said = parts.headers.contains_key(CONTENT_LENGTH);
        if parts.version == Version::HTTP_2 && !body.is_end_stream() && !length_is_said {
            // There a body needs no header that says so, and on the next connection it does.
            parts.headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        }
        passage.dress(&mut parts, &self.settings, asks_for_tunnel);
        let onward = Onward {
            span: span.onward(&self.app, &mut parts.headers),
            settings: self.settings.clone(),
            method: parts.method.clone(),
            answer: None,
        };
        Outgoing { parts, onward, watch, tunnels }
    }

    /// Sends a request, and waits for its answer to begin.
    pub(super) async fn send(
        &self,
        parts: Parts,
        mut onward: Onward,
        body: Source,
        watch: Option<&Watch>,
        upload: &Upload,
        once: bool,
    ) -> Result<(Response<Incoming>, Held), Fault> {
        let body = RequestBody::new(body, self.settings.clone(), upload, watch);
        let request = Request::from_parts(parts, body);
        let outcome = exchange(&self.pool, request, &self.settings.timeouts, upload, once).await;
        onward.answer = Some(outcome.as_ref().map(|(response, _)| response.status()).map_err(Fault::code));
        outcome
    }
}
