//! The server's keys as checks use them, and the secrets that are to be moved to a new pepper.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use arc_swap::{ArcSwap, Guard};
use papaya::HashMap;
use symbolon_core::decision::{Keys, Redigest};
use symbolon_core::digest::Digest;

use crate::Gate;
use crate::hash::ByDigest;

/// The keys in force.
pub(crate) struct Keyring {
    current: ArcSwap<Keys>,
    /// Those before, by which a check that is under way may still decide.
    before: Mutex<Vec<Weak<Keys>>>,
}

impl Keyring {
    pub(crate) fn new(keys: Keys) -> Self {
        Self { current: ArcSwap::from_pointee(keys), before: Mutex::default() }
    }

    pub(crate) fn load(&self) -> Guard<Arc<Keys>> {
        self.current.load()
    }

    /// Whether nobody decides by any other keys than the current ones.
    fn settled(&self) -> bool {
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        before.retain(|keys| keys.strong_count() > 0);
        before.is_empty()
    }
}

impl Gate {
    /// The keys in force.
    pub fn keys(&self) -> Arc<Keys> {
        self.keys.current.load_full()
    }

    /// Puts keys in force. A check that has begun ends under those before.
    pub fn set_keys(&self, keys: Keys) {
        let before = self.keys.current.swap(Arc::new(keys));
        self.keys.before.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&before));
    }

    /// At most `limit` secrets that were presented and still lie under a former pepper. None as long as a check is under way
    /// that does not know the current one: it would not find what is moved.
    pub fn take_outdated(&self, limit: usize) -> Vec<Redigest> {
        if self.keys.settled() { self.index.outdated.take(limit) } else { Vec::new() }
    }
}

/// How many secrets wait to be moved at most. One that finds no place is noted at its next use.
const WAITING: usize = 65_536;

/// Secrets to be moved, by the digest under which they are known.
#[derive(Default)]
pub(crate) struct Outdated(HashMap<Digest, Redigest, ByDigest>);

impl Outdated {
    /// Notes one. Without a lock; nothing where it is noted already.
    pub(crate) fn note(&self, secret: Redigest) {
        let waiting = self.0.pin();
        if waiting.len() < WAITING && waiting.get(&secret.from) != Some(&secret) {
            waiting.insert(secret.from, secret);
        }
    }

    fn take(&self, limit: usize) -> Vec<Redigest> {
        let waiting = self.0.pin();
        let taken: Vec<_> = waiting.values().take(limit).copied().collect();
        for secret in &taken {
            waiting.remove(&secret.from);
        }
        taken
    }
}
