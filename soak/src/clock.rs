//! The edges of the process: its clocks.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// A moment of the machine's steady clock, in nanoseconds. Everything that a run starts is on one machine, so one clock
/// orders what all of them did.
pub(crate) type Moment = u64;

/// The clock that goes on in suspend, by which nodes measure their leases too.
#[cfg(any(target_os = "linux", target_os = "android"))]
const CLOCK: ClockId = ClockId::Boottime;
/// Elsewhere the monotonic clock does so by itself.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const CLOCK: ClockId = ClockId::Monotonic;

/// This moment.
pub(crate) fn now() -> Moment {
    let now = clock_gettime(CLOCK);
    let nanos = i128::from(now.tv_sec) * 1_000_000_000 + i128::from(now.tv_nsec);
    Moment::try_from(nanos).unwrap_or_default()
}

/// The moment this much later.
pub(crate) fn after(moment: Moment, wait: Duration) -> Moment {
    moment.saturating_add(nanos(wait))
}

/// How long it is from one moment to a later one.
pub(crate) fn between(earlier: Moment, later: Moment) -> Duration {
    Duration::from_nanos(later.saturating_sub(earlier))
}

/// A duration as history has it.
pub(crate) fn nanos(wait: Duration) -> u64 {
    u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX)
}

/// The wall clock, in seconds, which steps.
#[expect(clippy::disallowed_methods, reason = "whether the wall clock can be stepped is seen by reading it")]
pub(crate) fn wall() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs()
}
