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

#[cfg(test)]
mod tests {
    use super::*;

    /// In each round another thread notes a use while this one takes. When it has noted, one more batch must hold the
    /// use, if none before it did.
    #[test]
    fn race_of_noting_and_taking_loses_no_last_use() {
        const ROUNDS: i64 = 20_000;
        let id: TokenId = "tok_00000000000170008000000000000001".parse().unwrap();
        let time = |round| Timestamp::from_millisecond(round).unwrap();
        let (uses, usage) = (Uses::default(), Arc::new(Usage::new(None)));
        let (begun, noted) = (AtomicI64::new(0), AtomicI64::new(0));
        let lost = std::thread::scope(|scope| {
            scope.spawn(|| {
                for round in 1..=ROUNDS {
                    while begun.load(Ordering::SeqCst) < round {
                        std::thread::yield_now();
                    }
                    uses.note(id, &usage, time(round));
                    noted.store(round, Ordering::SeqCst);
                }
            });
            let lost = (1..=ROUNDS).find(|round| {
                // Queued still, so that note and take meet at the mark.
                uses.note(id, &usage, time(*round - 1));
                begun.store(*round, Ordering::SeqCst);
                let mut told = Vec::new();
                while noted.load(Ordering::SeqCst) < *round {
                    told.extend(uses.take(1));
                }
                told.extend(uses.take(10));
                !told.contains(&(id, time(*round)))
            });
            // Lets the other thread run to its end.
            begun.store(ROUNDS, Ordering::SeqCst);
            lost
        });
        assert_eq!(lost, None, "the use of this round was never told");
    }
}
