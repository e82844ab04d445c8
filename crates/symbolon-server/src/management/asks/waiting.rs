//! Callers who are kept waiting for the answer to an ask: a few of each, and not too many of all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// As many as wait at once.
const ALL: usize = 256;
/// As many of one caller.
const OF_ONE: usize = 4;

/// Who waits, by the ids of callers.
#[derive(Debug, Clone, Default)]
pub(crate) struct WaitingCallers(Arc<Mutex<HashMap<String, usize>>>);

/// A caller's place, for as long as it is held.
#[derive(Debug)]
pub(super) struct Place {
    waiting: WaitingCallers,
    caller: String,
}

impl WaitingCallers {
    /// A place for this caller; `None`: there is none, and it is to come again.
    pub(super) fn enter(&self, caller: String) -> Option<Place> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_one = all.get(&caller).copied().unwrap_or_default();
        if of_one >= OF_ONE || all.values().sum::<usize>() >= ALL {
            return None;
        }
        all.insert(caller.clone(), of_one + 1);
        Some(Place { waiting: self.clone(), caller })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.waiting.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = all.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_caller_takes_few_places_and_gives_them_back() {
        let waiting = WaitingCallers::default();
        let enter = |name: &str| waiting.enter(name.to_owned());
        let mut own: Vec<_> = (0..OF_ONE).map(|_| enter("a").unwrap()).collect();
        assert!(enter("a").is_none());
        let others: Vec<_> = (OF_ONE..ALL).map(|number| enter(&number.to_string()).unwrap()).collect();
        assert!(enter("b").is_none(), "all are taken");
        own.pop();
        assert!(enter("b").is_some() && enter("a").is_some());
        drop((own, others));
        assert!(waiting.0.lock().unwrap().is_empty());
    }
}
