//! Who takes part in a fleet, in tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use symbolon_core::lease::{Lease, LeaseTerms, Moment, SteadyClock};
use symbolon_core::random::Entropy;

use super::Membership;

/// The machine's steady clock: no test suspends it.
struct Clock;

impl SteadyClock for Clock {
    fn now(&self) -> Moment {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        Moment::of(now.tv_sec, now.tv_nsec).unwrap()
    }
}

/// No two of the bytes of one process are those of another's: the process's number is among them.
struct Counted;

impl Entropy for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = u128::from(NEXT.fetch_add(1, Ordering::Relaxed)) << 64 | u128::from(std::process::id());
        for (byte, from) in bytes.iter_mut().zip(number.to_le_bytes().into_iter().cycle()) {
            *byte = from;
        }
    }
}

/// A node, and the lease that its gate would answer under.
pub(crate) fn node(name: &str) -> Membership {
    let clock = Arc::new(Clock);
    Membership {
        lease: Arc::new(Lease::of(clock.clone())),
        terms: LeaseTerms::USUAL,
        clock,
        entropy: Arc::new(Counted),
        name: name.to_owned(),
        version: "0.1.0".to_owned(),
        started_at: Timestamp::UNIX_EPOCH,
    }
}
