//! A span under way.

use http::{HeaderMap, Method, StatusCode};
use symbolon_core::name::ServiceName;
use symbolon_core::random::Entropy;
use symbolon_core::{Code, Timestamp};

use super::Seen;
use super::context::Context;
use super::export::{Queue, Traces};
use super::told::{Ended, Kind, told_method};
use crate::metrics::Stopwatch;

/// A request of a trace, under way.
#[derive(Debug)]
pub(super) struct Active {
    queue: Queue,
    context: Context,
    parent: Option<Parent>,
    /// Whether the trace had begun before the request came.
    joined: bool,
    began: Timestamp,
    /// From `began` on.
    watch: Stopwatch,
    /// How much of it had passed when this span began, where it is another's.
    before: std::time::Duration,
}

/// The span that has begun another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parent {
    pub(super) span: [u8; 8],
    /// Whether it is another system's.
    pub(super) remote: bool,
}

impl Active {
    /// The span of a request with these headers.
    pub(super) fn begin(traces: &Traces, headers: &HeaderMap, entropy: &dyn Entropy, at: Timestamp) -> Self {
        let parent = Context::of(headers);
        Self {
            queue: traces.queue().clone(),
            context: Context::at_door(parent, traces.trust_parent(), traces.sample(), entropy),
            parent: parent.map(|parent| Parent { span: parent.span, remote: true }),
            joined: parent.is_some(),
            began: at,
            watch: Stopwatch::start(),
            before: std::time::Duration::ZERO,
        }
    }

    /// The span of what goes on, named in its headers.
    pub(super) fn onward(&self, headers: &mut HeaderMap, entropy: &dyn Entropy) -> Self {
        let context = self.context.child(entropy);
        context.write(headers, self.joined);
        Self {
            queue: self.queue.clone(),
            context,
            parent: Some(Parent { span: self.context.span, remote: false }),
            before: self.watch.read(),
            ..*self
        }
    }

    pub(super) fn end_at_door(self, seen: &Seen<'_>) {
        if self.context.sampled {
            self.end(Kind::Door {
                door: seen.door,
                service: seen.service.cloned(),
                method: told_method(seen.method),
                pattern: seen.pattern.map(str::to_owned),
                status: seen.status,
                verdict: seen.verdict.clone(),
            });
        }
    }

    pub(super) fn end_onward(
        self,
        service: &ServiceName,
        method: &Method,
        answer: Option<Result<StatusCode, Code>>,
    ) {
        if self.context.sampled {
            let method = told_method(method.as_str());
            self.end(Kind::Onward { service: service.clone(), method, answer });
        }
    }

    fn end(self, kind: Kind) {
        let Self { queue, context, parent, began, watch, before, .. } = self;
        queue.put(Ended { context, parent, began, before, after: watch.read(), kind });
    }
}
