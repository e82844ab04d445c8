//! What a span says, as OTLP has it. Names are OpenTelemetry's semantic conventions for HTTP (1.x), and `symbolon.*`.

use std::time::Duration;

use http::StatusCode;
use symbolon_core::decision::DecidedRoute;
use symbolon_core::name::ServiceName;
use symbolon_core::{Code, Timestamp};

use super::context::Context;
use super::messages::{
    AnyValue, HAS_IS_REMOTE, IS_REMOTE, InstrumentationScope, KeyValue, Outcome, Resource, ResourceSpans,
    ScopeSpans, Span, SpanKind, Status, Value,
};
use super::span::Parent;
use crate::verdict::Verdict;

/// A span that has ended. It has nothing of the request's own text: a method is one of a few words, a route the catalog's.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) context: Context,
    pub(super) parent: Option<Parent>,
    /// When its request came.
    pub(super) began: Timestamp,
    /// How long after that it began.
    pub(super) before: Duration,
    /// How long after that it ended.
    pub(super) after: Duration,
    pub(super) kind: Kind,
}

/// What a span is of.
#[derive(Debug)]
pub(super) enum Kind {
    /// A request at a door.
    Door {
        door: &'static str,
        service: Option<ServiceName>,
        method: &'static str,
        pattern: Option<String>,
        status: Option<StatusCode>,
        verdict: Verdict,
    },
    /// A request to the application.
    Onward { service: ServiceName, method: &'static str, answer: Option<Result<StatusCode, Code>> },
}

/// A method that is known (RFC 9110 section 9.1, RFC 5789), or `_OTHER`: a caller's own word is not told.
pub(super) fn told_method(method: &str) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("_OTHER")
}

/// Spans as one message has them.
pub(super) fn told(spans: &[Ended]) -> ResourceSpans {
    let resource = vec![text("service.name", "symbolon"), text("service.version", env!("CARGO_PKG_VERSION"))];
    let scope =
        InstrumentationScope { name: "symbolon".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() };
    ResourceSpans {
        resource: Some(Resource { attributes: resource }),
        scope_spans: vec![ScopeSpans { scope: Some(scope), spans: spans.iter().map(Ended::told).collect() }],
    }
}

impl Ended {
    fn told(&self) -> Span {
        let began = u64::try_from(self.began.as_nanosecond()).unwrap_or_default();
        let at = |after: Duration| began.saturating_add(u64::try_from(after.as_nanos()).unwrap_or(u64::MAX));
        let remote = self.parent.is_some_and(|parent| parent.remote);
        let flags = HAS_IS_REMOTE | if remote { IS_REMOTE } else { 0 } | u32::from(self.context.sampled);
        let (kind, name, attributes, failed) = self.kind.told();
        Span {
            trace_id: self.context.trace.to_vec(),
            span_id: self.context.span.to_vec(),
            parent_span_id: self.parent.map(|parent| parent.span.to_vec()).unwrap_or_default(),
            flags,
            name,
            kind: kind.into(),
            start_time_unix_nano: at(self.before),
            end_time_unix_nano: at(self.after),
            attributes,
            status: Some(Status { code: if failed { Outcome::Error } else { Outcome::Unset }.into() }),
        }
    }
}

impl Kind {
    /// Kind, name, attributes, and whether it is a failure.
    fn told(&self) -> (SpanKind, String, Vec<KeyValue>, bool) {
        match self {
            Self::Door { door, service, method, pattern, status, verdict } => {
                let decided = || verdict.route.as_ref().map(DecidedRoute::path);
                let route = pattern.as_deref().or_else(decided);
                let name = route.map_or_else(|| (*method).to_owned(), |route| format!("{method} {route}"));
                let mut attributes = vec![
                    text("http.request.method", *method),
                    text("symbolon.door", *door),
                    text("symbolon.code", verdict.code.as_str()),
                ];
                attributes.extend(status.map(|status| number("http.response.status_code", status.as_u16())));
                attributes.extend(route.map(|route| text("http.route", route)));
                attributes.extend(service.as_ref().map(|service| text("symbolon.service", service.as_str())));
                attributes.extend(verdict.token.map(|token| text("symbolon.token_id", token.to_string())));
                let failed = status.is_some_and(|status| status.is_server_error());
                attributes.extend(failed.then(|| text("error.type", verdict.code.as_str())));
                (SpanKind::Server, name, attributes, failed)
            }
            Self::Onward { service, method, answer } => {
                let mut attributes =
                    vec![text("http.request.method", *method), text("symbolon.service", service.as_str())];
                let failure = match answer {
                    None => None,
                    Some(Ok(status)) => {
                        attributes.push(number("http.response.status_code", status.as_u16()));
                        (status.is_client_error() || status.is_server_error())
                            .then(|| status.as_u16().to_string())
                    }
                    Some(Err(code)) => Some(code.as_str().to_owned()),
                };
                let failed = failure.is_some();
                attributes.extend(failure.map(|failure| text("error.type", failure)));
                (SpanKind::Client, (*method).to_owned(), attributes, failed)
            }
        }
    }
}

fn text(key: &str, value: impl Into<String>) -> KeyValue {
    attribute(key, Value::Text(value.into()))
}

fn number(key: &str, value: u16) -> KeyValue {
    attribute(key, Value::Number(value.into()))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }) }
}
