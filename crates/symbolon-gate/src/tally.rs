//! How much tokens are used. A check leaves a small event in a queue and goes on: no lock, no allocation, and where
//! the queue is full no wait. The events are gathered and added up beside, and handed on to be written.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_queue::ArrayQueue;
use symbolon_core::Timestamp;
use symbolon_core::catalog::{Catalog, RouteIndex};
use symbolon_core::id::TokenId;
use symbolon_core::usage::{Day, NO_ROUTE, Outcome, UsageCount};

use crate::stripes::Striped;

/// How many checks may wait to be gathered, each thread's in a queue of its own. With its place in the queue each takes
/// 88 bytes: 6 MB in all.
const EVENTS: usize = 65_536;
/// How many sums (token, day, route, outcome) may wait to be written.
const SUMS: usize = 100_000;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum AskedFor {
    /// A route of the catalog.
    Route(RouteIndex),
    /// A preflight, which the catalog leaves open.
    Preflight,
    /// Scopes, without a route.
    Scopes,
}

/// One check that concerned a known token. Nothing of the request as sent is in it but where it came from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    pub(crate) token: TokenId,
    pub(crate) now: Timestamp,
    /// Of the catalog that decided, for `place` is one of its.
    pub(crate) generation: u64,
    pub(crate) place: AskedFor,
    pub(crate) outcome: Outcome,
    pub(crate) client_ip: Option<IpAddr>,
}

/// What is counted together.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    token: TokenId,
    day: Day,
    method: Arc<str>,
    path: Arc<str>,
    outcome: Outcome,
}

#[derive(Clone, Copy)]
struct Sum {
    count: u64,
    last_at: Timestamp,
    last_ip: Option<IpAddr>,
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        if other.last_at >= self.last_at {
            (self.last_at, self.last_ip) = (other.last_at, other.last_ip);
        }
    }
}

/// Use that the record has not been told of.
pub(crate) struct Tally {
    events: Striped<ArrayQueue<Event>>,
    sums: Mutex<HashMap<Key, Sum>>,
    dropped: Striped<AtomicU64>,
}

impl Default for Tally {
    fn default() -> Self {
        let events = Striped::new(|stripes| ArrayQueue::new(EVENTS / stripes));
        Self { events, sums: Mutex::default(), dropped: Striped::default() }
    }
}

impl Tally {
    /// Notes a check. Never waits: where no event fits, this one is dropped, and counted as such.
    pub(crate) fn note(&self, event: Event) {
        if self.events.own().push(event).is_err() {
            self.drop_count(1);
        }
    }

    fn drop_count(&self, count: u64) {
        self.dropped.own().fetch_add(count, Ordering::Relaxed);
    }

    /// How many checks were not counted, because there was no place or their catalog is forgotten.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.all().map(|own| own.load(Ordering::Relaxed)).sum()
    }

    fn sums(&self) -> MutexGuard<'_, HashMap<Key, Sum>> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds up what has been noted, no more than the queue holds at once. `catalog` finds one by its generation. Whether half
    /// of the places for sums are taken.
    pub(crate) fn gather(&self, catalog: impl Fn(u64) -> Option<Arc<Catalog>>) -> bool {
        // From here on: who takes the sums meanwhile would miss what is in neither.
        let mut sums = self.sums();
        // First by numbers, which are cheap to compare; a route is named once and not for each event.
        let mut fresh = HashMap::new();
        let events = self.events.all().flat_map(|own| std::iter::from_fn(|| own.pop()).take(own.capacity()));
        for event in events {
            let Event { token, now, generation, place, outcome, client_ip } = event;
            let one = Sum { count: 1, last_at: now, last_ip: client_ip };
            match fresh.entry((token, Day::of(now), generation, place, outcome)) {
                Entry::Vacant(entry) => {
                    entry.insert(one);
                }
                Entry::Occupied(mut entry) => entry.get_mut().add(one),
            }
        }
        let mut names = HashMap::new();
        for ((token, day, generation, place, outcome), sum) in fresh {
            let known = names.entry((generation, place)).or_insert_with(|| name(place, catalog(generation)));
            match known.clone() {
                Some((method, path)) => {
                    self.add(&mut sums, Key { token, day, method, path, outcome }, sum);
                }
                None => self.drop_count(sum.count),
            }
        }
        sums.len() > SUMS / 2
    }

    fn add(&self, sums: &mut HashMap<Key, Sum>, key: Key, sum: Sum) {
        let full = sums.len() >= SUMS;
        match sums.entry(key) {
            Entry::Occupied(mut entry) => entry.get_mut().add(sum),
            Entry::Vacant(_) if full => self.drop_count(sum.count),
            Entry::Vacant(entry) => {
                entry.insert(sum);
            }
        }
    }

    /// At most `limit` of the sums that were gathered.
    pub(crate) fn take(&self, limit: usize) -> Vec<UsageCount> {
        let mut sums = self.sums();
        let taken = sums.extract_if(|_, _| true).take(limit);
        let count = |(key, sum): (Key, Sum)| {
            let Key { token, day, method, path, outcome } = key;
            let Sum { count, last_at, last_ip } = sum;
            UsageCount { token, day, method, path, outcome, count, last_at, last_ip }
        };
        taken.map(count).collect()
    }

    /// Puts back what could not be written, as far as there is place.
    pub(crate) fn put_back(&self, counts: Vec<UsageCount>) {
        let mut sums = self.sums();
        for UsageCount { token, day, method, path, outcome, count, last_at, last_ip } in counts {
            let sum = Sum { count, last_at, last_ip };
            self.add(&mut sums, Key { token, day, method, path, outcome }, sum);
        }
    }
}

/// Method and path by which a place is known.
fn name(place: AskedFor, catalog: Option<Arc<Catalog>>) -> Option<(Arc<str>, Arc<str>)> {
    match place {
        AskedFor::Route(index) => {
            let catalog = catalog?;
            let route = catalog.routes.get(index)?;
            Some((route.method.as_str().into(), route.path.as_str().into()))
        }
        AskedFor::Preflight => Some(("OPTIONS".into(), NO_ROUTE.into())),
        AskedFor::Scopes => Some((NO_ROUTE.into(), NO_ROUTE.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(second: i64) -> Event {
        Event {
            token: "tok_00000000000170008000000000000001".parse().unwrap(),
            now: Timestamp::from_second(second).unwrap(),
            generation: 1,
            place: AskedFor::Scopes,
            outcome: Outcome::Allowed,
            client_ip: None,
        }
    }

    #[test]
    fn an_event_is_as_small_as_is_said() {
        assert!(size_of::<Event>() <= 80, "{}", size_of::<Event>());
    }

    #[test]
    fn a_full_queue_drops_and_says_so_and_never_waits() {
        let tally = Tally::default();
        // One thread has its own part of the places.
        let places = tally.events.own().capacity();
        for _ in 0..places + 3 {
            tally.note(event(1));
        }
        assert_eq!(tally.dropped(), 3);
        tally.gather(|_| None);
        assert_eq!(tally.take(9)[0].count, places as u64);
        tally.note(event(1));
        assert_eq!(tally.dropped(), 3, "there is place again");
    }

    #[test]
    fn sums_are_bounded_and_those_that_are_known_go_on() {
        let tally = Tally::default();
        let day = |n: usize| event(86_400 * i64::try_from(n).unwrap());
        for n in 0..SUMS + 2 {
            tally.note(day(n));
            if n % 1_000 == 0 {
                // So much that it is to be taken soon.
                assert_eq!(tally.gather(|_| None), n + 1 > SUMS / 2, "{n}");
            }
        }
        tally.note(day(5));
        tally.gather(|_| None);
        tally.gather(|_| None);
        let taken = tally.take(usize::MAX);
        assert_eq!((taken.len(), tally.dropped()), (SUMS, 2));
        assert_eq!(taken.iter().map(|one| one.count).sum::<u64>(), SUMS as u64 + 1);
    }
}
