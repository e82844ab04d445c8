//! The seals of rows: checked wherever a row becomes a value, and remembered where they are broken.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use symbolon_core::decision::Keys;
use symbolon_core::seal::{Kind, Sealer, Verdict};
use symbolon_core::store::{BrokenSeal, Change};

use crate::rows::{Columns, Row, get};

/// How many broken seals are remembered. More than that is one finding: the database is not ours any more.
const REMEMBERED: usize = 1_000;
/// How much of an id that may be anything is handed on, in characters.
const SHOWN: usize = 64;

/// What the parts of a store share about seals.
pub(crate) struct Seals {
    sealer: ArcSwap<Sealer>,
    broken: Mutex<BTreeSet<BrokenSeal>>,
    walks: Mutex<Walks>,
    outdated: AtomicBool,
}

/// The walks that make seals anew.
#[derive(Debug, Default)]
struct Walks {
    /// How many have begun.
    begun: u64,
    /// How far the last of them is; `None` when it is through.
    at: Option<Walk>,
}

/// A place in a walk over all sealed rows: the table's number, and the row after which it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Walk {
    /// Which walk it is. All begin at one place, and a step of one is none of another.
    pub(crate) number: u64,
    pub(crate) table: usize,
    pub(crate) after: i64,
}

impl Walk {
    /// The beginning.
    pub(crate) const START: Self = Self { number: 0, table: 0, after: i64::MIN };

    /// The beginning of the next table.
    pub(crate) fn next_table(self) -> Self {
        Self { table: self.table + 1, after: Self::START.after, ..self }
    }
}

impl Seals {
    pub(crate) fn new(keys: &Keys) -> Self {
        Self {
            sealer: ArcSwap::from_pointee(Sealer::new(keys)),
            broken: Mutex::default(),
            walks: Mutex::default(),
            outdated: AtomicBool::default(),
        }
    }

    /// What makes and checks seals now.
    pub(crate) fn sealer(&self) -> Arc<Sealer> {
        self.sealer.load_full()
    }

    /// Takes new keys, and has everything sealed anew.
    pub(crate) fn set_keys(&self, keys: &Keys) {
        self.sealer.store(Arc::new(Sealer::new(keys)));
        self.begin_walk();
    }

    /// Everything is to be looked at, from the first row on.
    pub(crate) fn begin_walk(&self) {
        let mut walks = self.walks();
        walks.begun += 1;
        walks.at = Some(Walk { number: walks.begun, ..Walk::START });
    }

    fn walks(&self) -> MutexGuard<'_, Walks> {
        self.walks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the walk goes on; `None` when there is none.
    pub(crate) fn walk(&self) -> Option<Walk> {
        self.walks().at
    }

    /// A step is committed. Where another walk has begun meanwhile, that one holds.
    pub(crate) fn walked(&self, at: Walk, next: Option<Walk>) {
        let mut walks = self.walks();
        if walks.at == Some(at) {
            walks.at = next;
        }
    }

    /// After the first load: seals that were left over from a rotation are made anew.
    pub(crate) fn loaded(&self) {
        if self.outdated.load(Ordering::Relaxed) {
            self.begin_walk();
        }
    }

    /// The value of a row, if the row is as it was written.
    pub(crate) fn checked<T: Row>(&self, row: &impl Columns, value: T) -> Option<T> {
        let seal = get::<Option<&[u8]>>(row, T::SEAL).ok().flatten();
        match self.sealer.load().check(&value, seal) {
            Verdict::Whole => {}
            Verdict::Outdated => self.outdated.store(true, Ordering::Relaxed),
            Verdict::Broken => return None,
        }
        Some(value)
    }

    /// Remembers a row that is not what was written, and says so in the log the first time.
    pub(crate) fn broken(&self, kind: Kind, row: &impl Columns, column: &'static str) -> BrokenSeal {
        // What is in such a row may be anything.
        let id: String = get::<&str>(row, "id").unwrap_or_default().chars().take(SHOWN).collect();
        let found = BrokenSeal { kind, id };
        let mut broken = self.remembered();
        if !broken.contains(&found) {
            tracing::error!(
                kind = kind.as_str(),
                id = ?found.id,
                column,
                "a row of the record was changed outside Symbolon: it counts as not there. Find out who writes to the \
                 database; then revoke or remove what the row is about, or put a backup back"
            );
            // What is not remembered cannot be taken back; and whoever is about to take a row back has just looked at it.
            if broken.len() >= REMEMBERED {
                broken.pop_last();
            }
            broken.insert(found.clone());
        }
        found
    }

    fn remembered(&self) -> MutexGuard<'_, BTreeSet<BrokenSeal>> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that is remembered.
    pub(crate) fn all_broken(&self) -> Vec<BrokenSeal> {
        self.remembered().iter().cloned().collect()
    }

    /// Forgets what a committed change has replaced or taken away.
    pub(crate) fn mend(&self, change: &Change) {
        let mut broken = self.remembered();
        if broken.is_empty() {
            return;
        }
        let (kind, id) = match change {
            Change::TokenCreated(token) | Change::TokenChanged(token) | Change::TokenOwned(token) => {
                (Kind::Token, token.id.to_string())
            }
            Change::TokenErased(id, _) => (Kind::Token, id.to_string()),
            Change::UserCreated(user) | Change::UserChanged(user) => (Kind::User, user.id.to_string()),
            Change::UserRemoved(id, _) => (Kind::User, id.to_string()),
            Change::SessionStarted(session) => (Kind::Session, session.id.to_string()),
            Change::SessionEnded(id) => (Kind::Session, id.to_string()),
            Change::KeyCreated(key) | Change::KeyChanged(key) => (Kind::Key, key.id.to_string()),
            Change::KeyRemoved(id) => (Kind::Key, id.to_string()),
            Change::EnforcementSwitched(switched) => (Kind::Enforcement, switched.service.to_string()),
            Change::SessionsEnded(_)
            | Change::EndingTold(..)
            | Change::WebhookRetried(_)
            | Change::AskMade(_)
            | Change::AskAnswered(_) => return,
        };
        broken.remove(&BrokenSeal { kind, id });
    }
}

impl std::fmt::Debug for Seals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seals").field("sealer", &self.sealer.load()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use symbolon_core::{digest::Pepper, session::SessionKey};

    use super::*;

    #[test]
    fn a_step_of_an_earlier_walk_moves_no_later_one() {
        let key = || zeroize::Zeroizing::new([1; 32]);
        let seals = Seals::new(&Keys::new(Pepper::new(1, &key()), SessionKey::new(&key())));
        seals.begin_walk();
        let first = seals.walk().unwrap();
        seals.begin_walk();
        let second = seals.walk().unwrap();
        seals.walked(first, Some(first.next_table()));
        assert_eq!(seals.walk(), Some(second), "it begins at the beginning");
        seals.walked(second, Some(second.next_table()));
        seals.walked(first.next_table(), None);
        assert_eq!(seals.walk(), Some(second.next_table()));
        seals.walked(second.next_table(), None);
        assert_eq!(seals.walk(), None);
    }
}
