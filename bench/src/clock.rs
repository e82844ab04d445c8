//! The edges of the process: its clocks and its generator.

use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};
use symbolon_core::Timestamp;
use symbolon_core::lease::{Moment, SteadyClock};
use symbolon_core::random::Entropy;
use symbolon_server::Clock;

/// This moment, for measuring how long something takes.
#[expect(clippy::disallowed_methods, reason = "how long something takes is what this program is for")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// The system's clock.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the clock of the process, handed down from here")]
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }
}

/// The clock that leases are measured by.
pub(crate) struct BootClock;

impl SteadyClock for BootClock {
    fn now(&self) -> Moment {
        let now = clock_gettime(ClockId::Boottime);
        Moment::of(now.tv_sec, now.tv_nsec).unwrap_or_else(|| std::process::abort())
    }
}

/// The operating system's generator.
pub(crate) struct OsEntropy;

impl Entropy for OsEntropy {
    #[expect(clippy::disallowed_methods, reason = "the generator of the process, handed down from here")]
    fn fill(&self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            std::process::abort();
        }
    }
}
