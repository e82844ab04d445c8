//! What the binary would take from the machine: time and randomness.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use symbolon_core::Timestamp;
use symbolon_core::lease::{Moment, SteadyClock};
use symbolon_core::random::Entropy;
use symbolon_server::Clock;

/// Stands still until it is moved. It begins at 2026-01-01T00:00:00Z.
pub(crate) struct TestClock(AtomicI64);

impl Default for TestClock {
    fn default() -> Self {
        Self(AtomicI64::new(1_767_225_600_000))
    }
}

impl TestClock {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// The clock of leases, at its beginning for ever.
pub(super) struct Stopped;

impl SteadyClock for Stopped {
    fn now(&self) -> Moment {
        Moment(0)
    }
}

/// Bytes that differ from call to call and not from run to run (splitmix64).
#[derive(Default)]
pub(crate) struct TestEntropy(AtomicU64);

impl Entropy for TestEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}
