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
use symbolon_core::name::ServiceName;

pub(crate) use exposition::CONTENT_TYPE;

/// The upper bounds of the classes of durations, in microseconds: from what a check takes to what a person waits.
const BOUNDS: [u64; 14] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 2_500_000,
    10_000_000,
];

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

/// Durations by class.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    /// Not cumulative; the last is all above.
    classes: [AtomicU64; BOUNDS.len() + 1],
    /// Of all, in microseconds.
    sum: AtomicU64,
}

/// What a [`Histogram`] holds.
#[derive(Debug, Clone, PartialEq)]
struct Durations {
    /// Seconds.
    sum: f64,
    count: u64,
    /// Upper bounds in seconds, and how many lie in each class.
    classes: Vec<(f64, u64)>,
}

impl Histogram {
    pub(crate) fn observe(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let class = BOUNDS.partition_point(|bound| *bound < micros);
        self.classes[class].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(micros, Ordering::Relaxed);
    }

    fn read(&self) -> Durations {
        let seconds = |micros| Duration::from_micros(micros).as_secs_f64();
        let bounds = BOUNDS.map(seconds).into_iter().chain([f64::INFINITY]);
        let counts = self.classes.iter().map(|class| class.load(Ordering::Relaxed));
        let classes: Vec<_> = bounds.zip(counts).collect();
        let count = classes.iter().map(|(_, count)| count).sum();
        Durations { sum: seconds(self.sum.load(Ordering::Relaxed)), count, classes }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_in_the_class_whose_bound_it_does_not_exceed() {
        let histogram = Histogram::default();
        for micros in [0, 100, 101, 10_000_000, 10_000_001] {
            histogram.observe(Duration::from_micros(micros));
        }
        let read = histogram.read();
        let filled: Vec<_> = read.classes.iter().filter(|(_, count)| *count > 0).copied().collect();
        assert_eq!(filled, [(0.0001, 2), (0.00025, 1), (10.0, 1), (f64::INFINITY, 1)]);
        assert_eq!((read.count, read.sum), (5, 20.000_202));
    }
}
