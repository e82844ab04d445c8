//! When a token was last used: noted without waiting, written in batches.

use std::sync::Arc;

use crossbeam_queue::SegQueue;
use symbolon_core::Timestamp;
use symbolon_core::id::TokenId;
use symbolon_core::last_use::LastUse;

/// Tokens used since the last batch. It holds each at most once, so it is never longer than the index.
#[derive(Default)]
pub(crate) struct Uses(SegQueue<(TokenId, Arc<LastUse>)>);

impl Uses {
    /// Notes a use. Two atomic operations, and an allocation only for the first use since the last batch.
    pub(crate) fn note(&self, id: TokenId, last_use: &Arc<LastUse>, now: Timestamp) {
        if last_use.note(now) {
            self.0.push((id, last_use.clone()));
        }
    }

    /// At most `limit` of the noted uses.
    pub(crate) fn take(&self, limit: usize) -> Vec<(TokenId, Timestamp)> {
        let mut uses = Vec::new();
        while uses.len() < limit
            && let Some((id, last_use)) = self.0.pop()
        {
            uses.extend(last_use.take().map(|last| (id, last)));
        }
        uses
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    /// In each round another thread notes a use while this one takes. When it has noted, one more batch must hold the
    /// use, if none before it did.
    #[test]
    fn race_of_noting_and_taking_loses_no_last_use() {
        const ROUNDS: i64 = 20_000;
        let id: TokenId = "tok_00000000000170008000000000000001".parse().unwrap();
        let time = |round| Timestamp::from_millisecond(round).unwrap();
        let (uses, usage) = (Uses::default(), Arc::new(LastUse::default()));
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
