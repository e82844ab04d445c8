//! How long what is in memory may be answered from (DESIGN part 7, rules 3, 8 and 9).
//!
//! A node of a fleet knows everything live by heart, and hears of changes. A node that hears nothing any more, for it was
//! paused or cut off, must not go on answering from what it knows: so it answers only while it holds a lease, which it
//! renews at the database. Whoever changes something waits until every node has heard of it or has no lease.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::time::Duration;

/// A moment of a clock that never goes back and goes on while the machine is suspended, in nanoseconds since some beginning
/// that is the machine's own. Moments of two machines are not to be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub u64);

impl Moment {
    /// As a clock of the system says it: `timespec`, in seconds and nanoseconds. `None` for what is no moment. Nothing stands
    /// in for that: by an early one a lease would not end, and by a late one whoever waits for the end of leases would not.
    pub fn of(seconds: i64, nanoseconds: i64) -> Option<Self> {
        let nanos = i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds);
        u64::try_from(nanos).ok().map(Self)
    }

    /// The moment this much later.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX)))
    }

    /// How long it is from `earlier` to this moment; nothing if it is not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// A clock of such moments: `CLOCK_BOOTTIME` on Linux. `std::time::Instant` is none, for it stands still in suspend.
pub trait SteadyClock: Send + Sync {
    /// The moment it is.
    fn now(&self) -> Moment;
}

/// How long leases are, in a whole fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseTerms {
    /// How long a lease is, from before it was asked for.
    pub lease: Duration,
    /// By how much less a node answers, and by how much longer a mutation waits: at least the lease times the bound of what
    /// a second of one clock differs from a second of another.
    pub margin: Duration,
}

impl LeaseTerms {
    /// 3 seconds and 300 milliseconds: right for clocks that differ by no more than a tenth, which is far more than any
    /// should.
    pub const USUAL: Self = Self { lease: Duration::from_secs(3), margin: Duration::from_millis(300) };

    /// When a lease ends that was asked for at `asked`, by the clock of the node that holds it.
    pub fn end(self, asked: Moment) -> Moment {
        asked.after(self.lease.saturating_sub(self.margin))
    }

    /// After how long no lease is held any more that was granted before a moment, by whoever's clock.
    pub fn over(self) -> Duration {
        self.lease.saturating_add(self.margin)
    }

    /// When to renew: every third of a lease.
    pub fn pace(self) -> Duration {
        self.lease / 3
    }
}

/// What [`Lease::hold`] gives: the lease that an answer rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    ends: u64,
    number: u64,
}

/// A node's lease. Read by every check, without a wait; renewed by one task.
pub struct Lease {
    /// Nanoseconds of the clock; [`ENDLESS`] where there is none.
    ends: AtomicU64,
    /// Counts how often what is in memory was thrown away.
    number: AtomicU64,
    clock: Option<Arc<dyn SteadyClock>>,
}

const ENDLESS: u64 = u64::MAX;

impl Lease {
    /// Of a process that has the record to itself: nobody else can change it.
    pub fn endless() -> Self {
        Self { ends: AtomicU64::new(ENDLESS), number: AtomicU64::new(0), clock: None }
    }

    /// One that has ended, and may be renewed.
    pub fn of(clock: Arc<dyn SteadyClock>) -> Self {
        Self { ends: AtomicU64::new(0), number: AtomicU64::new(0), clock: Some(clock) }
    }

    /// Begins an answer. `None`: nothing can be known now.
    pub fn hold(&self) -> Option<Held> {
        // The number first: what is thrown away after this look is noticed at the end.
        let number = self.number.load(Ordering::Acquire);
        let ends = self.ends.load(Ordering::Acquire);
        self.runs(ends).then_some(Held { ends, number })
    }

    /// Whether an answer that began with `held` may be given. It rests on that lease alone: a later one says nothing of
    /// what was looked at under an earlier.
    pub fn holds(&self, held: Held) -> bool {
        // What was read of the memory was read before this look at the number.
        fence(Ordering::Acquire);
        self.number.load(Ordering::Relaxed) == held.number && self.runs(held.ends)
    }

    fn runs(&self, ends: u64) -> bool {
        ends == ENDLESS || self.clock.as_ref().is_some_and(|clock| clock.now().0 < ends)
    }

    /// A lease until `end`, in place of the one before, which is never made shorter. To be called when every change is
    /// applied that the lease is about.
    pub fn renew(&self, end: Moment) {
        // Endless is said by `endless` alone.
        self.ends.fetch_max(end.0.min(ENDLESS - 1), Ordering::Release);
    }

    /// Gives the lease up, before what is in memory is thrown away: no answer that has begun is given any more.
    pub fn give_up(&self) {
        self.ends.store(0, Ordering::Release);
        self.number.fetch_add(1, Ordering::AcqRel);
        // Whoever sees anything of what is written from here on sees the number too.
        fence(Ordering::Release);
    }

    /// Whether the process has the record to itself.
    pub fn is_endless(&self) -> bool {
        self.clock.is_none()
    }

    /// How long it still runs; `None` if it is endless.
    pub fn left(&self) -> Option<Duration> {
        let clock = self.clock.as_ref()?;
        Some(Moment(self.ends.load(Ordering::Acquire)).since(clock.now()))
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("left", &self.left()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clock that stands where it is put.
    #[derive(Default)]
    struct Hand(AtomicU64);

    impl SteadyClock for Hand {
        fn now(&self) -> Moment {
            Moment(self.0.load(Ordering::SeqCst))
        }
    }

    fn lease() -> (Arc<Hand>, Lease) {
        let hand = Arc::new(Hand::default());
        (hand.clone(), Lease::of(hand))
    }

    #[test]
    fn what_is_no_moment_is_not_taken_for_one() {
        assert_eq!(Moment::of(3, 7), Some(Moment(3_000_000_007)));
        assert_eq!(Moment::of(0, 0), Some(Moment(0)));
        for (seconds, nanoseconds) in [(-1, 0), (0, -1), (i64::MAX, 0), (i64::MIN, i64::MIN)] {
            assert_eq!(Moment::of(seconds, nanoseconds), None);
        }
    }

    #[test]
    fn nothing_is_answered_before_the_first_lease_nor_from_its_end_on() {
        let (hand, lease) = lease();
        assert_eq!(lease.hold(), None);
        lease.renew(Moment(10));
        let held = lease.hold().unwrap();
        hand.0.store(9, Ordering::SeqCst);
        assert!(lease.holds(held));
        hand.0.store(10, Ordering::SeqCst);
        assert!(!lease.holds(held));
        assert_eq!(lease.hold(), None);
    }

    #[test]
    fn an_answer_rests_on_the_lease_that_it_began_with() {
        let (hand, lease) = lease();
        lease.renew(Moment(10));
        let held = lease.hold().unwrap();
        lease.renew(Moment(20));
        hand.0.store(15, Ordering::SeqCst);
        assert!(!lease.holds(held), "it looked at what was known under the first");
        assert!(lease.hold().is_some_and(|later| lease.holds(later)));
    }

    #[test]
    fn what_was_thrown_away_meanwhile_answers_nothing() {
        let (_, lease) = lease();
        lease.renew(Moment(10));
        let held = lease.hold().unwrap();
        lease.give_up();
        assert_eq!(lease.hold(), None);
        lease.renew(Moment(10));
        assert!(!lease.holds(held), "though there is a lease again");
    }

    #[test]
    fn a_late_answer_makes_no_lease_shorter() {
        let (hand, lease) = lease();
        lease.renew(Moment(20));
        lease.renew(Moment(10));
        hand.0.store(15, Ordering::SeqCst);
        assert!(lease.hold().is_some());
    }

    #[test]
    fn whoever_has_the_record_alone_may_always_answer() {
        let lease = Lease::endless();
        let held = lease.hold().unwrap();
        lease.renew(Moment(1));
        assert!(lease.holds(held) && lease.hold() == Some(held));
        assert_eq!(lease.left(), None);
    }

    #[test]
    fn a_node_answers_for_less_and_a_mutation_waits_for_longer_than_a_lease() {
        let terms = LeaseTerms::USUAL;
        assert_eq!(terms.end(Moment(7)), Moment(2_700_000_007));
        assert_eq!(terms.over(), Duration::from_millis(3_300));
        assert_eq!(terms.pace(), Duration::from_secs(1));
    }
}
