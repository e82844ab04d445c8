//! How often a sign-in may fail, and the first use of an imported token. Only failures count, and they are forgotten with time; every attempt is admitted, or
//! refused, before anything is hashed.
//!
//! Each bucket is a generic cell rate algorithm (ITU-T I.371): so many at once, then one per period. An attempt takes
//! its place when it is admitted, so that many at once are no way around, and gives it back if it did not fail.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use symbolon_core::Timestamp;
use symbolon_core::device::Device;
use symbolon_core::digest::Digest;
use symbolon_core::id::SessionId;

mod failures;

pub(crate) use failures::Failures;

/// How many buckets of one kind are kept at most.
const CAPACITY: usize = 10_000;

/// Times and periods are in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Rate {
    at_once: i64,
    period: i64,
}

/// After how long to ask again where it depends on attempts under way alone, in milliseconds: they end soon.
const SOON: i64 = 1_000;

/// Slower than a name's: no one source keeps a name shut.
const OF_SOURCE: Rate = Rate { at_once: 10, period: 300_000 };
const OF_NAME: Rate = Rate { at_once: 30, period: 60_000 };
const OF_DEVICE: Rate = Rate { at_once: 10, period: 30_000 };
/// An application's clients come at once where it is put behind Symbolon.
const OF_SECRETS: Rate = Rate { at_once: 30, period: 10_000 };

/// A network that one attacker may hold whole: an IPv4 address, or the /64 of an IPv6 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Source(IpAddr);

impl Source {
    /// The address that stands for a peer's network: an IPv6 /64 is one household's.
    pub(crate) fn network(peer: IpAddr) -> IpAddr {
        let peer = peer.to_canonical();
        Self::of(peer).map_or(peer, |Self(network)| network)
    }

    /// The source of a peer. `None` for loopback, behind which a proxy may hide everybody.
    pub(crate) fn of(peer: IpAddr) -> Option<Self> {
        let peer = peer.to_canonical();
        match peer {
            _ if peer.is_loopback() => None,
            IpAddr::V4(_) => Some(Self(peer)),
            IpAddr::V6(address) => {
                let network = address.to_bits() & (u128::MAX << 64);
                Some(Self(IpAddr::V6(Ipv6Addr::from_bits(network))))
            }
        }
    }
}

/// By what an attempt is counted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Counted {
    /// By the device alone, on which the user has signed in before.
    Device(Device),
    /// By the session of somebody who changes the password and gives the one until now.
    Session(SessionId),
    /// By where it comes from, if that tells anything, and by a digest of the name that it asks for.
    Stranger(Option<Source>, Digest),
    /// By where a secret comes from that may be an imported token's; all of whom that tells nothing count as one.
    Secret(Option<Source>),
}

/// The buckets of all who sign in.
pub(crate) struct Throttle(Mutex<Buckets>);

struct Buckets {
    sources: Table<Source>,
    names: Table<Digest>,
    devices: Table<Device>,
    sessions: Table<SessionId>,
    secrets: Table<Option<Source>>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self(Mutex::new(Buckets {
            sources: Table::new(OF_SOURCE),
            names: Table::new(OF_NAME),
            devices: Table::new(OF_DEVICE),
            sessions: Table::new(OF_DEVICE),
            secrets: Table::new(OF_SECRETS),
        }))
    }
}

impl Throttle {
    /// Admits an attempt at `now`, or says after how many whole seconds one will be.
    pub(crate) fn admit(&self, counted: Counted, now: Timestamp) -> Result<Attempt<'_>, u64> {
        let at = now.as_millisecond();
        let mut buckets = self.buckets();
        let wait = buckets.wait(counted, at);
        if wait > 0 {
            return Err(wait.unsigned_abs().div_ceil(1_000));
        }
        buckets.each(counted, at, |entry| entry.pending += 1);
        Ok(Attempt { throttle: self, counted, at, failed: true })
    }

    /// Whether an attempt would be admitted at `now`. It takes no place.
    pub(crate) fn has_room(&self, counted: Counted, now: Timestamp) -> bool {
        self.buckets().wait(counted, now.as_millisecond()) <= 0
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Buckets {
    /// How many milliseconds an attempt has to wait.
    fn wait(&mut self, counted: Counted, at: i64) -> i64 {
        match counted {
            Counted::Device(device) => self.devices.wait(&device, at),
            Counted::Session(session) => self.sessions.wait(&session, at),
            Counted::Secret(source) => self.secrets.wait(&source, at),
            Counted::Stranger(source, name) => {
                let source = source.map_or(0, |source| self.sources.wait(&source, at));
                source.max(self.names.wait(&name, at))
            }
        }
    }

    fn each(&mut self, counted: Counted, at: i64, change: impl Fn(&mut Entry)) {
        match counted {
            Counted::Device(device) => self.devices.change(device, at, change),
            Counted::Session(session) => self.sessions.change(session, at, change),
            Counted::Secret(source) => self.secrets.change(source, at, change),
            Counted::Stranger(source, name) => {
                if let Some(source) = source {
                    self.sources.change(source, at, &change);
                }
                self.names.change(name, at, change);
            }
        }
    }

    /// Counts what an attempt that was admitted at `at` has come to.
    fn end(&mut self, counted: Counted, at: i64, failed: bool) {
        match counted {
            Counted::Device(device) => self.devices.end(&device, at, failed),
            Counted::Session(session) => self.sessions.end(&session, at, failed),
            Counted::Secret(source) => self.secrets.end(&source, at, failed),
            Counted::Stranger(source, name) => {
                if let Some(source) = source {
                    self.sources.end(&source, at, failed);
                }
                self.names.end(&name, at, failed);
            }
        }
    }
}

/// An attempt under way. Dropped, it has failed: so is one whose caller has gone.
#[must_use]
pub(crate) struct Attempt<'t> {
    throttle: &'t Throttle,
    counted: Counted,
    at: i64,
    failed: bool,
}

impl Attempt<'_> {
    /// It did not fail, and so does not count.
    pub(crate) fn forgive(mut self) {
        self.failed = false;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.throttle.buckets().end(self.counted, self.at, self.failed);
    }
}

#[derive(Debug, Default)]
struct Entry {
    /// When all failures are forgotten.
    clear: i64,
    /// Attempts under way, each of which may fail.
    pending: i64,
}

struct Table<K> {
    rate: Rate,
    entries: HashMap<K, Entry>,
}

impl<K: Copy + Eq + Hash> Table<K> {
    fn new(rate: Rate) -> Self {
        Self { rate, entries: HashMap::new() }
    }

    /// After how long to ask again; 0 is admitted now. Those under way may fail, and hold their places till they end.
    fn wait(&mut self, key: &K, now: i64) -> i64 {
        let Rate { at_once, period } = self.rate;
        let Some(entry) = self.entries.get_mut(key) else { return 0 };
        // More than a full bucket there is only where the clock was set back.
        entry.clear = entry.clear.min(now.saturating_add(at_once * period));
        let (failed, room) = (entry.clear - now, (at_once - 1) * period);
        match failed - room {
            wait if wait > 0 => wait,
            _ if failed.max(0) + entry.pending * period > room => SOON,
            _ => 0,
        }
    }

    fn change(&mut self, key: K, now: i64, change: impl Fn(&mut Entry)) {
        if !self.entries.contains_key(&key) && self.entries.len() >= CAPACITY {
            self.make_room(now);
        }
        change(self.entries.entry(key).or_default());
    }

    /// Counts a failure at `at` that had not been admitted before.
    fn fail(&mut self, key: K, at: i64) {
        let period = self.rate.period;
        self.change(key, at, |entry| entry.clear = entry.clear.max(at) + period);
    }

    /// Drops what would admit everything; and if that is nothing, what soonest will.
    fn make_room(&mut self, now: i64) {
        self.entries.retain(|_, entry| entry.pending > 0 || entry.clear > now);
        if self.entries.len() >= CAPACITY {
            let soonest = self.entries.iter().min_by_key(|(_, entry)| (entry.pending > 0, entry.clear));
            if let Some(key) = soonest.map(|(key, _)| *key) {
                self.entries.remove(&key);
            }
        }
    }

    /// A failure counts from when it was admitted, which is never less than from its end.
    fn end(&mut self, key: &K, at: i64, failed: bool) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        entry.pending = (entry.pending - 1).max(0);
        if failed {
            entry.clear = entry.clear.max(at) + self.rate.period;
        } else if entry.pending == 0 && entry.clear <= at {
            self.entries.remove(key);
        }
    }
}

#[cfg(test)]
mod tests;
