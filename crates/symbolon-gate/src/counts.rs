//! What checks leave behind, to be read and written down beside them.

use symbolon_core::Timestamp;
use symbolon_core::id::TokenId;
use symbolon_core::usage::UsageCount;

use crate::{Checks, Gate, RouteChecks};

impl Gate {
    /// At most `limit` uses that the record has not been told of.
    pub fn take_uses(&self, limit: usize) -> Vec<(TokenId, Timestamp)> {
        self.index.take_uses(limit)
    }

    /// Adds up the use that checks have noted; to be called several times a second, before the queue is full. Whether so
    /// many sums wait that they are to be taken soon, for there is not place for twice as many.
    pub fn gather_usage(&self) -> bool {
        let past = self.past();
        self.tally.gather(|generation| past.catalog(generation))
    }

    /// At most `limit` counts of use that were gathered and that the record has not been told of.
    pub fn take_usage(&self, limit: usize) -> Vec<UsageCount> {
        self.tally.take(limit)
    }

    /// Puts back counts that the record could not be told of.
    pub fn put_back_usage(&self, counts: Vec<UsageCount>) {
        self.tally.put_back(counts);
    }

    /// How many checks of tokens were not counted as use: more came than were gathered or written.
    pub fn usage_dropped(&self) -> u64 {
        self.tally.dropped()
    }

    /// How many checks there were of each service and with which answer, since the start.
    pub fn checks(&self) -> Vec<Checks> {
        self.past().checks()
    }

    /// The same by route, as far as there were any.
    pub fn route_checks(&self) -> Vec<RouteChecks> {
        self.past().route_checks()
    }
}
