//! What is counted for a monitoring system, beside what the gate counts of checks. Adding to it takes no lock and allocates
//! nothing; it is read when somebody asks.

mod exposition;
mod snapshot;
mod webhooks;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use symbolon_core::Code;
use symbolon_core::durations::Histogram;
use symbolon_core::name::ServiceName;

pub(crate) use exposition::CONTENT_TYPE;

/// The process's counts.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// From a request to the beginning of its answer, the application's part included.
    pub(crate) proxy: Histogram,
    /// From a gateway's question to its answer.
    pub(crate) gateway: Histogram,
    /// From a management call to its answer.
    pub(crate) management: Histogram,
    /// Mutations that were made, from the call of the store to its return.
    pub(crate) commits: Histogram,
    /// Mutations that the record could not take.
    pub(crate) commits_failed: Count,
    /// Mutations that wait for the record.
    pub(crate) commits_waiting: AtomicI64,
    /// Reloads of the catalogs.
    pub(crate) catalogs_loaded: Count,
    /// Reloads that did not compile.
    pub(crate) catalogs_refused: Count,
    /// Bad credentials that were answered as too many from where they came.
    pub(crate) credentials_limited: Count,
    upstreams: Mutex<BTreeMap<ServiceName, Arc<Faults>>>,
}

impl Metrics {
    /// The faults of the application behind a proxy, to be kept by the proxy.
    pub(crate) fn upstream(&self, service: &ServiceName) -> Arc<Faults> {
        let mut upstreams = self.upstreams.lock().unwrap_or_else(PoisonError::into_inner);
        upstreams.entry(service.clone()).or_default().clone()
    }
}

/// Somebody who waits; also where the waiting is given up.
pub(crate) struct Waiting<'a>(&'a AtomicI64);

impl<'a> Waiting<'a> {
    pub(crate) fn new(count: &'a AtomicI64) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A number that grows.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Requests that were let pass and not answered by the application.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    unreachable: Count,
    silent: Count,
    full: Count,
    caller: Count,
}

impl Faults {
    pub(crate) fn count(&self, code: Code) {
        match code {
            Code::BadGateway => self.unreachable.add(),
            Code::GatewayTimeout => self.silent.add(),
            Code::Overloaded => self.full.add(),
            _ => self.caller.add(),
        }
    }

    fn read(&self) -> [(Code, u64); 4] {
        [
            (Code::BadGateway, self.unreachable.read()),
            (Code::GatewayTimeout, self.silent.read()),
            (Code::Overloaded, self.full.read()),
            (Code::InvalidRequest, self.caller.read()),
        ]
    }
}

/// Measures how long something takes. Nothing is decided by it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

#[expect(
    clippy::disallowed_methods,
    reason = "what is measured is how long the process took; it decides nothing"
)]
impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn read(self) -> Duration {
        self.0.elapsed()
    }
}
