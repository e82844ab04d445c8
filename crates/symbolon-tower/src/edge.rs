//! The clock and the generator of a door: for the moment of a decision, and for the ids of answers.

use symbolon_core::Timestamp;
use symbolon_core::id::RequestId;
use symbolon_core::random::Entropy;

/// Now.
#[expect(clippy::disallowed_methods, reason = "a door is an edge, and reads the clock once a request")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

struct OsEntropy;

impl Entropy for OsEntropy {
    #[expect(clippy::disallowed_methods, reason = "a door is an edge, and its answers have ids")]
    fn fill(&self, bytes: &mut [u8]) {
        // An id without random bytes is no secret's loss, and no reason to stop an application.
        if let Err(error) = getrandom::fill(bytes) {
            tracing::error!(%error, "the operating system gives no random bytes");
        }
    }
}

/// A fresh id for an answer.
pub(crate) fn request_id(now: Timestamp) -> String {
    RequestId::new(now, &OsEntropy).to_string()
}
