//! The edges of the process: its clock and its generator. Everything else is handed what these say.

#[cfg(feature = "postgres")]
use rustix::time::{ClockId, clock_gettime};
use symbolon_core::Timestamp;
#[cfg(feature = "postgres")]
use symbolon_core::lease::{Moment, SteadyClock};
use symbolon_core::random::Entropy;
use symbolon_server::Clock;

/// The system's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the clock of the process, handed down from here")]
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        // Whole milliseconds: what the record gives back is then equal to what was written.
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }
}

/// The clock that leases are measured by: it goes on while the machine is suspended, and is never set (DESIGN part 7, rule 9).
#[cfg(feature = "postgres")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct BootClock;

#[cfg(feature = "postgres")]
impl SteadyClock for BootClock {
    fn now(&self) -> Moment {
        // Elsewhere the monotonic clock goes on in suspend by itself.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        const CLOCK: ClockId = ClockId::Boottime;
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        const CLOCK: ClockId = ClockId::Monotonic;
        let now = clock_gettime(CLOCK);
        Moment::of(now.tv_sec, now.tv_nsec)
    }
}

/// The operating system's generator.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OsEntropy;

impl Entropy for OsEntropy {
    #[expect(clippy::disallowed_methods, reason = "the generator of the process, handed down from here")]
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            // A predictable token is worse than no service, so nothing may go on from here: not this thread, and no
            // handler that would catch a panic.
            tracing::error!(%error, "the operating system gives no random bytes");
            std::process::abort();
        }
    }
}
