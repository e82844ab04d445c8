//! How many bad credentials from one source are answered at length.
//!
//! Every credential is looked up, for that costs a microsecond and a good one must pass wherever it comes from. A bad one
//! beyond its source's budget is answered with a wait, and nothing is written down of it: a flood of guesses leaves no
//! flood of lines, and hides nothing that is remembered of others.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use symbolon_core::Timestamp;

use super::{Rate, Source, Table};

const OF_CREDENTIALS: Rate = Rate { at_once: 100, period: 1_000 };

/// The bad credentials of each source. What comes over loopback, or from nobody knows where, shares one.
pub(crate) struct Failures(Mutex<Table<Option<Source>>>);

impl Default for Failures {
    fn default() -> Self {
        Self(Mutex::new(Table::new(OF_CREDENTIALS)))
    }
}

impl Failures {
    /// Counts a bad credential from here, or says after how many whole seconds one is counted again. Only those that are bad
    /// come here, so nobody who is let in waits for the lock.
    pub(crate) fn count(&self, from: Option<IpAddr>, now: Timestamp) -> Result<(), u64> {
        let (source, at) = (from.and_then(Source::of), now.as_millisecond());
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match table.wait(&source, at) {
            0 => {
                table.fail(source, at);
                Ok(())
            }
            wait => Err(wait.unsigned_abs().div_ceil(1_000)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).unwrap()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// How many of 300 at `now` are counted.
    fn counted(failures: &Failures, from: Option<IpAddr>, now: i64) -> usize {
        (0..300).filter(|_| failures.count(from, at(now)).is_ok()).count()
    }

    #[test]
    fn a_hundred_of_a_source_and_then_one_a_second() {
        let failures = Failures::default();
        let one = Some(address("2001:db8::1"));
        assert_eq!(counted(&failures, one, 0), 100);
        assert_eq!(failures.count(one, at(1)), Err(1));
        assert_eq!(counted(&failures, Some(address("2001:db8::ffff")), 999), 0, "the network is the source");
        assert_eq!(counted(&failures, one, 1_000), 1);
        assert_eq!(counted(&failures, one, 11_000), 10);
        assert_eq!(counted(&failures, Some(address("2001:db8:0:1::1")), 11_000), 100);
        assert_eq!(counted(&failures, one, 1_000_000), 100);
    }

    #[test]
    fn who_is_not_known_shares_with_all_others() {
        let failures = Failures::default();
        assert_eq!(counted(&failures, None, 0), 100);
        assert_eq!(counted(&failures, Some(address("127.0.0.1")), 0), 0);
        assert_eq!(counted(&failures, Some(address("::1")), 0), 0);
        assert_eq!(counted(&failures, Some(address("192.0.2.1")), 0), 100);
    }

    #[test]
    fn race_of_many_at_once_is_no_way_around() {
        let failures = &Failures::default();
        let counted: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| counted(failures, None, 0))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(counted, 100);
    }
}
