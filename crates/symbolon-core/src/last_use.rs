//! What is noted of a token's use by many checks at once: when it was last used, and how far it is into its limit.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use jiff::Timestamp;

use crate::rate::Meter;

/// The last use of one token, and its meter: both outlive an edit of it.
#[derive(Debug)]
pub struct LastUse {
    /// In milliseconds since 1970; `i64::MIN` is never.
    last: AtomicI64,
    /// Whether it waits to be written.
    waits: AtomicBool,
    /// Of its rate, if it has one.
    pub meter: Meter,
}

impl Default for LastUse {
    fn default() -> Self {
        Self::new(None)
    }
}

impl LastUse {
    /// As the record has it.
    pub fn new(last: Option<Timestamp>) -> Self {
        let last = last.map_or(i64::MIN, Timestamp::as_millisecond);
        Self { last: AtomicI64::new(last), waits: AtomicBool::new(false), meter: Meter::default() }
    }

    /// The last one; `None` is never.
    pub fn last(&self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.last.load(Ordering::SeqCst)).ok()
    }

    /// Notes a use. Whether it is to be queued: who is told so writes it with [`LastUse::take`].
    ///
    /// Here the time is written and then the mark is read; `take` clears the mark and then reads the time. All four are
    /// `SeqCst`: in any weaker order each side could miss what the other wrote, and a token's last use of all would be lost.
    pub fn note(&self, now: Timestamp) -> bool {
        self.last.fetch_max(now.as_millisecond(), Ordering::SeqCst);
        !self.waits.load(Ordering::SeqCst) && !self.waits.swap(true, Ordering::SeqCst)
    }

    /// What is to be written. A use that comes meanwhile is queued again.
    pub fn take(&self) -> Option<Timestamp> {
        self.waits.store(false, Ordering::SeqCst);
        self.last()
    }
}
