//! Places for alerts that are being read: few, and no source holds them all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::throttle::Source;

/// How many alerts are read and compared with their signatures at once: whoever sends one is nobody yet, and each may be as
/// long as a body may be.
const AT_ONCE: usize = 32;
/// How many of them may be from one source. What comes over loopback, or from nobody knows where, is of no one source.
const OF_SOURCE: usize = 8;

/// The places, by who holds them.
#[derive(Debug, Default)]
pub(crate) struct Places(Mutex<HashMap<Option<Source>, usize>>);

/// A place that is held; it is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    places: &'a Places,
    source: Option<Source>,
}

impl Places {
    /// A place for an alert from here; `None` if there is none.
    pub(crate) fn enter(&self, from: Option<IpAddr>) -> Option<Place<'_>> {
        let source = from.and_then(Source::of);
        let mut held = self.held();
        let own = held.get(&source).copied().unwrap_or_default();
        if held.values().sum::<usize>() >= AT_ONCE || (source.is_some() && own >= OF_SOURCE) {
            return None;
        }
        held.insert(source, own + 1);
        Some(Place { places: self, source })
    }

    fn held(&self) -> MutexGuard<'_, HashMap<Option<Source>, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut held = self.places.held();
        if let Some(own) = held.get_mut(&self.source) {
            *own -= 1;
            if *own == 0 {
                held.remove(&self.source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_source_holds_them_all_and_all_are_free_again() {
        let places = Places::default();
        let address = |text: &str| Some(text.parse().unwrap());
        for _ in 0..2 {
            let fill = |from, most: usize| (0..most).map_while(|_| places.enter(from)).collect::<Vec<_>>();
            let one = fill(address("2001:db8::1"), AT_ONCE);
            assert_eq!(one.len(), OF_SOURCE);
            assert!(places.enter(address("2001:db8::2")).is_none(), "the network is the source");
            let rest = fill(None, 2 * AT_ONCE);
            assert_eq!(one.len() + rest.len(), AT_ONCE);
            assert!(places.enter(address("192.0.2.1")).is_none());
        }
        assert!(places.held().is_empty());
    }
}
