//! The edges of the process: its clock and its generator. Everything else is handed what these say.

use symbolon_core::Timestamp;
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
