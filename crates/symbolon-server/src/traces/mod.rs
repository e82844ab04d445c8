//! Traces: a span for each request at a door, and one for its way to the application, told to a collector by OTLP.
//!
//! A span joins the trace that the request's `traceparent` names (W3C Trace Context), and what goes on to the application
//! names the span. `context` reads and writes that header, and says what is traced; `export` sends, beside the requests.
//! What a span says is in `told` and nowhere else: never a path as it was sent, a query, a header or a secret.
//!
//! Without the feature `otlp` there can be no [`Traces`], and so no span.

#[cfg(not(feature = "otlp"))]
mod absent;
mod collector;
#[cfg(feature = "otlp")]
mod context;
#[cfg(feature = "otlp")]
mod export;
#[cfg(feature = "otlp")]
mod messages;
#[cfg(feature = "otlp")]
mod span;
#[cfg(feature = "otlp")]
mod told;

use http::{HeaderMap, Method, StatusCode};
use symbolon_core::name::ServiceName;
use symbolon_core::{Code, Timestamp};

use crate::app::App;
use crate::verdict::Verdict;

#[cfg(not(feature = "otlp"))]
use absent::Active;
#[cfg(not(feature = "otlp"))]
pub use absent::Traces;
pub use collector::{Collector, CollectorFault};
#[cfg(feature = "otlp")]
pub use export::Traces;
#[cfg(feature = "otlp")]
use span::Active;

/// What the operator decides about traces.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceSettings {
    /// Whom spans are told to.
    pub collector: Collector,
    /// Of how many requests there are spans, from 0 to 1, where nobody in front has decided that.
    pub sample: f64,
    /// Whether a request's own `traceparent` decides. Only where something in front writes that header itself: any caller
    /// could else have each of its requests traced.
    pub trust_parent: bool,
}

/// A request under way, if it is of a trace.
#[derive(Debug)]
pub(crate) struct Span(Option<Active>);

/// What became of a request at a door.
#[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "where nothing is traced it is told to nobody"))]
pub(crate) struct Seen<'a> {
    pub(crate) door: &'static str,
    /// A service that a catalog declares.
    pub(crate) service: Option<&'a ServiceName>,
    pub(crate) method: &'a str,
    /// A pattern of the management API's; the catalog's is in the verdict.
    pub(crate) pattern: Option<&'a str>,
    /// Of the answer; nothing where the caller was gone before.
    pub(crate) status: Option<StatusCode>,
    pub(crate) verdict: &'a Verdict,
}

impl App {
    /// Begins the span of a request that came at `at`.
    pub(crate) fn span(&self, headers: &HeaderMap, at: Timestamp) -> Span {
        Span(self.traces().map(|traces| Active::begin(traces, headers, self.entropy(), at)))
    }
}

impl Span {
    /// Begins the span of the request that goes on to the application, and names it in that request's headers. They are
    /// left as they are where nothing is traced.
    pub(crate) fn onward(&self, app: &App, headers: &mut HeaderMap) -> Self {
        Self(self.0.as_ref().map(|active| active.onward(headers, app.entropy())))
    }

    /// The request is answered, or its caller is gone. Only the first end of a span is one.
    pub(crate) fn end(&mut self, seen: &Seen<'_>) {
        if let Some(active) = self.0.take() {
            active.end_at_door(seen);
        }
    }

    /// The application has answered or failed to, or nobody waits for it any more.
    pub(crate) fn end_onward(
        &mut self,
        service: &ServiceName,
        method: &Method,
        answer: Option<Result<StatusCode, Code>>,
    ) {
        if let Some(active) = self.0.take() {
            active.end_onward(service, method, answer);
        }
    }
}
