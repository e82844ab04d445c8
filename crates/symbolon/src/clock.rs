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

#[cfg(all(feature = "postgres", any(target_os = "linux", target_os = "android")))]
const CLOCK: ClockId = ClockId::Boottime;
// Apple's goes on while the system is asleep (clock_gettime(3) there); on Linux, for example, the one of that name does not.
#[cfg(all(feature = "postgres", any(target_os = "macos", target_os = "ios")))]
const CLOCK: ClockId = ClockId::Monotonic;
#[cfg(all(
    feature = "postgres",
    not(any(target_os = "linux", target_os = "android", target_os = "macos", target_os = "ios"))
))]
compile_error!(
    "it is not known which clock of this system goes on while the machine is suspended; without it a node that slept would \
     answer from what it knew before. Build without the feature `postgres`, or name that clock here"
);

#[cfg(feature = "postgres")]
impl SteadyClock for BootClock {
    fn now(&self) -> Moment {
        let now = clock_gettime(CLOCK);
        Moment::of(now.tv_sec, now.tv_nsec).unwrap_or_else(|| {
            // A node that does not know how long its lease runs must not answer, nor one that waits for the leases of others: not
            // this thread, and no handler that would catch a panic.
            tracing::error!(?now, "the system's clock says what is no time");
            std::process::abort()
        })
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
