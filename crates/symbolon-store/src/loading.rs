//! What the first loads of both databases have in common.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use symbolon_core::name::ServiceName;
use symbolon_core::record::Enforcement;
use symbolon_core::store::{BrokenSeal, Change, Sink};

/// Changes that are handed on together: enough to hide what handing on costs, few enough to hold.
pub(crate) const BATCH: usize = 256;
/// How often the log hears of a load that takes long.
pub(crate) const TELLING: Duration = Duration::from_secs(1);

/// How far a load is.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    tokens: AtomicU64,
    /// An estimate.
    of: AtomicU64,
}

impl Progress {
    /// There are about so many tokens.
    pub(crate) fn expect(&self, tokens: u64, sink: &dyn Sink) {
        self.of.store(tokens, Ordering::Relaxed);
        sink.expect(usize::try_from(tokens).unwrap_or(0));
    }

    /// Tells the log.
    pub(crate) fn tell(&self) {
        let (tokens, about) = (self.tokens.load(Ordering::Relaxed), self.of.load(Ordering::Relaxed));
        tracing::info!(tokens, about, "the record is being loaded");
    }

    /// Hands a batch on to the sink, and empties it.
    pub(crate) fn hand_on(&self, batch: &mut Vec<Change>, sink: &dyn Sink) {
        sink.apply_all(batch);
        let tokens = batch.iter().filter(|change| matches!(change, Change::TokenCreated(_))).count();
        self.tokens.fetch_add(tokens as u64, Ordering::Relaxed);
        batch.clear();
    }
}

/// What holds of a service whose switch is not what was written: left out, it would hold no more, and the configuration may
/// say that nothing is enforced.
pub(crate) fn enforced(service: ServiceName) -> Enforcement {
    Enforcement { service, enforce: true, since: Timestamp::UNIX_EPOCH }
}

/// The change of a switch, as the first load has it; `None` where not even the service can be read.
pub(crate) fn switched(found: Result<Enforcement, BrokenSeal>) -> Option<Change> {
    let switched = found.or_else(|broken| broken.id.parse().map(enforced)).ok()?;
    Some(Change::EnforcementSwitched(switched))
}
