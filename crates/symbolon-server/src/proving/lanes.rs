//! Who waits for which check. One lane for each head; in it one check at a time and a few that wait.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use symbolon_core::digest::Digest;
use symbolon_core::name::ServiceName;
use symbolon_core::old_form::OldPrefix;
use symbolon_gate::Unproven;
use tokio::sync::{OwnedMutexGuard, watch};

use crate::passwords::Busy;

/// The most checks of one head that are under way or wait.
const IN_LANE: usize = 5;
/// The most of all heads.
const IN_ALL: usize = 64;

type Head = (ServiceName, OldPrefix);
type Outcome = watch::Receiver<Option<Result<(), Busy>>>;

#[derive(Clone, Default)]
pub(super) struct Lanes(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    /// By the service, and the digest of what was presented.
    checks: HashMap<(ServiceName, Digest), Outcome>,
    lanes: HashMap<Head, Lane>,
}

#[derive(Default)]
struct Lane {
    turns: Arc<tokio::sync::Mutex<()>>,
    checks: usize,
}

/// Where a caller stands.
pub(super) enum Place {
    /// The same secret is being checked already.
    Same(Outcome),
    /// A check of its own.
    Own(Mine),
}

/// A check that has its place in a lane, until it is dropped.
pub(super) struct Mine {
    lanes: Lanes,
    secret: (ServiceName, Digest),
    head: Head,
    turns: Arc<tokio::sync::Mutex<()>>,
    sender: watch::Sender<Option<Result<(), Busy>>>,
}

impl Lanes {
    /// Takes a place, or finds none free.
    pub(super) fn enter(&self, unproven: &Unproven) -> Result<Place, Busy> {
        let mut inner = self.inner();
        let (service, prefix) = unproven.head();
        let secret = (service.clone(), unproven.digest().0);
        if let Some(outcome) = inner.checks.get(&secret) {
            return Ok(Place::Same(outcome.clone()));
        }
        let head = (service.clone(), prefix.clone());
        let waiting = inner.lanes.get(&head).map_or(0, |lane| lane.checks);
        if waiting >= IN_LANE || inner.checks.len() >= IN_ALL {
            return Err(Busy);
        }
        let lane = inner.lanes.entry(head.clone()).or_default();
        lane.checks += 1;
        let turns = lane.turns.clone();
        let (sender, outcome) = watch::channel(None);
        inner.checks.insert(secret.clone(), outcome);
        Ok(Place::Own(Mine { lanes: self.clone(), secret, head, turns, sender }))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self, secret: &(ServiceName, Digest), head: &Head) {
        let mut inner = self.inner();
        inner.checks.remove(secret);
        let Some(lane) = inner.lanes.get_mut(head) else { return };
        lane.checks -= 1;
        if lane.checks == 0 {
            inner.lanes.remove(head);
        }
    }
}

impl Mine {
    /// What comes of it, for its caller and for whoever joins.
    pub(super) fn outcome(&self) -> Outcome {
        self.sender.subscribe()
    }

    /// Waits for its turn in the lane; first come, first served.
    pub(super) async fn turn(&self) -> OwnedMutexGuard<()> {
        self.turns.clone().lock_owned().await
    }

    /// Gives up its place and says what has come of it. In this order: whoever comes later finds the gate changed.
    pub(super) fn end(self, outcome: Result<(), Busy>) {
        let sender = self.sender.clone();
        drop(self);
        // Nobody may wait any more.
        let _ = sender.send(Some(outcome));
    }
}

impl Drop for Mine {
    fn drop(&mut self) {
        self.lanes.leave(&self.secret, &self.head);
    }
}
