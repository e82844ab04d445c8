//! When a token was last used: noted without waiting, written in batches.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use crossbeam_queue::SegQueue;
use symbolon_core::Timestamp;
use symbolon_core::id::TokenId;

/// The last use of one token, in milliseconds since 1970; `i64::MIN` is never.
#[derive(Debug)]
pub(crate) struct Usage {
    last: AtomicI64,
    /// Whether the token waits in the queue already.
    queued: AtomicBool,
}

impl Usage {
    pub(crate) fn new(last: Option<Timestamp>) -> Self {
        let last = last.map_or(i64::MIN, Timestamp::as_millisecond);
        Self { last: AtomicI64::new(last), queued: AtomicBool::new(false) }
    }

    pub(crate) fn last(&self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.last.load(Ordering::SeqCst)).ok()
    }
}

/// Tokens used since the last batch. It holds each at most once, so it is never longer than the index.
#[derive(Default)]
pub(crate) struct Uses(SegQueue<(TokenId, Arc<Usage>)>);

impl Uses {
    /// Notes a use. Two atomic operations, and an allocation only for the first use since the last batch.
    ///
    /// Here the time is written and then the mark is read; [`Uses::take`] clears the mark and then reads the time.
    /// All four are `SeqCst`: in any weaker order each side could miss what the other wrote, and a token's last
    /// use of all would be lost.
    pub(crate) fn note(&self, id: TokenId, usage: &Arc<Usage>, now: Timestamp) {
        usage.last.fetch_max(now.as_millisecond(), Ordering::SeqCst);
        if !usage.queued.load(Ordering::SeqCst) && !usage.queued.swap(true, Ordering::SeqCst) {
            self.0.push((id, usage.clone()));
        }
    }

    /// At most `limit` of the noted uses. A use that comes while one is taken is queued again: the mark goes
    /// before the time is read.
    pub(crate) fn take(&self, limit: usize) -> Vec<(TokenId, Timestamp)> {
        let mut uses = Vec::new();
        while uses.len() < limit
            && let Some((id, usage)) = self.0.pop()
        {
            usage.queued.store(false, Ordering::SeqCst);
            uses.extend(usage.last().map(|last| (id, last)));
        }
        uses
    }
}
