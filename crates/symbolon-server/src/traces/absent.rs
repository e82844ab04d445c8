//! What stands for traces in a build that has none.

use http::{HeaderMap, Method, StatusCode};
use symbolon_core::name::ServiceName;
use symbolon_core::random::Entropy;
use symbolon_core::{Code, Timestamp};

use super::Seen;

/// There are none: built without the feature `otlp`.
#[derive(Debug)]
pub enum Traces {}

/// There is none.
#[derive(Debug)]
pub(super) enum Active {}

impl Traces {
    #[expect(clippy::unused_async, reason = "it stands for one that waits")]
    pub(crate) async fn flush(&self) {
        match *self {}
    }

    pub(crate) fn counts(&self) -> [u64; 2] {
        match *self {}
    }
}

impl Active {
    pub(super) fn begin(traces: &Traces, _: &HeaderMap, _: &dyn Entropy, _: Timestamp) -> Self {
        match *traces {}
    }

    pub(super) fn onward(&self, _: &mut HeaderMap, _: &dyn Entropy) -> Self {
        match *self {}
    }

    pub(super) fn end_at_door(self, _: &Seen<'_>) {
        match self {}
    }

    pub(super) fn end_onward(self, _: &ServiceName, _: &Method, _: Option<Result<StatusCode, Code>>) {
        match self {}
    }
}
