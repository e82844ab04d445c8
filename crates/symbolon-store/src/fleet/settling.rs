//! What whoever changed something waits for: that no node answers from before.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use symbolon_core::id::NodeId;
use symbolon_core::lease::{LeaseTerms, Moment, SteadyClock};
use symbolon_core::store::StoreError;
use tokio::sync::{Notify, oneshot};

use super::{Ledger, Observation, Waits};

/// How often it is looked who knows what, while somebody waits for it: for this long every millisecond,
const SOON: Duration = Duration::from_millis(100);
const EACH_SOON: Duration = Duration::from_millis(1);
/// and then less often, for then it is a node that says nothing.
const EACH_LATER: Duration = Duration::from_millis(20);

/// How long a mutation waits beyond the end of all leases, where the database does not say who is there.
const PATIENCE: Duration = Duration::from_secs(5);

/// The waits of a node for what it has committed. There is one look for all of them.
pub(crate) struct Settling {
    ledger: Arc<dyn Ledger>,
    terms: LeaseTerms,
    clock: Arc<dyn SteadyClock>,
    waits: Arc<dyn Waits>,
    /// Those that no look has taken up yet.
    new: Mutex<Vec<Waiting>>,
    wake: Notify,
}

/// One mutation that is committed and not acknowledged.
struct Waiting {
    seq: u64,
    epoch: i64,
    since: Moment,
    /// Who was there at the first look after the commit, how often each had been renewed, and when none of their leases of
    /// then is held any more. Never made anew (rule 5).
    first: Option<(Vec<(NodeId, u64)>, Moment)>,
    reply: oneshot::Sender<Result<(), StoreError>>,
}

/// What a look says of a mutation.
enum Said {
    /// Nothing yet.
    Wait,
    /// No node admits by what was before it. These have not said that they know of it, and hold no lease.
    Settled(Vec<(NodeId, u64)>),
    /// Whether it stands is not known.
    Unknown,
}

impl Settling {
    pub(crate) fn new(
        ledger: Arc<dyn Ledger>,
        terms: LeaseTerms,
        clock: Arc<dyn SteadyClock>,
        waits: Arc<dyn Waits>,
    ) -> Self {
        Self { ledger, terms, clock, waits, new: Mutex::default(), wake: Notify::new() }
    }

    /// Returns when no node admits any more by what was before the mutation `seq`, which was committed on the database of
    /// this number, or seen there by whoever found nothing to change (rule 7).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where that cannot be known. The mutation is committed all the same.
    pub(crate) async fn settle(&self, seq: u64, epoch: i64) -> Result<(), StoreError> {
        let (reply, settled) = oneshot::channel();
        let waiting = Waiting { seq, epoch, since: self.clock.now(), first: None, reply };
        self.new.lock().unwrap_or_else(PoisonError::into_inner).push(waiting);
        self.wake.notify_one();
        settled.await.unwrap_or_else(|_| Err(unknown("the store was closed")))
    }

    /// Looks who knows what, for as long as anybody waits. Ends when dropped.
    pub(crate) async fn run(&self) {
        let mut waiting: Vec<Waiting> = Vec::new();
        loop {
            if waiting.is_empty() {
                self.wake.notified().await;
            }
            // Those that are here before the look begins: what it sees is after their commit.
            waiting.append(&mut self.new.lock().unwrap_or_else(PoisonError::into_inner));
            if waiting.is_empty() {
                continue;
            }
            let silent = match self.ledger.observe().await {
                // The moment after the answer (rule 5).
                Ok(seen) => self.told(&mut waiting, &seen, self.clock.now()),
                Err(error) => {
                    self.untold(&mut waiting, &error);
                    Vec::new()
                }
            };
            // After the replies (rule 6), and only those that have not been heard of since. All in one statement: others wait
            // for the next look meanwhile.
            if !silent.is_empty() {
                self.remove(&silent).await;
            }
            if let Some(oldest) = waiting.iter().map(|one| one.since).min() {
                let now = self.clock.now();
                let pause = if now.since(oldest) < SOON { EACH_SOON } else { EACH_LATER };
                self.waits.until(now.after(pause)).await;
            }
        }
    }

    async fn remove(&self, silent: &[(NodeId, u64)]) {
        match self.ledger.remove(silent).await {
            Ok(removed) => {
                for (node, name) in removed {
                    tracing::warn!(%node, name, "a node was silent for longer than a lease: nobody waits for it any more");
                }
            }
            Err(error) => tracing::debug!(nodes = silent.len(), %error, "silent nodes could not be removed"),
        }
    }

    /// Answers those whose wait is over by what was seen, at a moment after it was; the nodes that are to be removed.
    fn told(&self, waiting: &mut Vec<Waiting>, seen: &Observation, at: Moment) -> Vec<(NodeId, u64)> {
        let mut removed = Vec::new();
        let mut still = Vec::with_capacity(waiting.len());
        for mut one in waiting.drain(..) {
            match one.look(seen, at, self.terms) {
                Said::Wait => still.push(one),
                Said::Settled(silent) => {
                    removed.extend(silent);
                    let _ = one.reply.send(Ok(()));
                }
                Said::Unknown => {
                    let _ = one
                        .reply
                        .send(Err(unknown("another database took the place of the one it was written to")));
                }
            }
        }
        *waiting = still;
        removed.sort_unstable();
        removed.dedup();
        removed
    }

    /// Gives up those that have waited too long for a look.
    fn untold(&self, waiting: &mut Vec<Waiting>, error: &StoreError) {
        let now = self.clock.now();
        let patience = self.terms.over() + PATIENCE;
        let (given_up, still) =
            std::mem::take(waiting).into_iter().partition(|one: &Waiting| now.since(one.since) >= patience);
        *waiting = still;
        for one in given_up {
            let _ = one.reply.send(Err(unknown(&error.to_string())));
        }
    }
}

impl Waiting {
    fn look(&mut self, seen: &Observation, at: Moment, terms: LeaseTerms) -> Said {
        // What knows less than it did is not what was written to, whatever it calls itself.
        if seen.epoch != self.epoch || seen.seq < self.seq {
            return Said::Unknown;
        }
        let (first, over) = self.first.get_or_insert_with(|| {
            let nodes = seen.nodes.iter().map(|node| (node.id, node.renewals)).collect();
            (nodes, at.after(terms.over()))
        });
        let mut behind = seen.nodes.iter().filter(|node| node.applied < self.seq).peekable();
        if behind.peek().is_none() {
            return Said::Settled(Vec::new());
        }
        if at < *over {
            return Said::Wait;
        }
        let silent = behind.map(|node| (node.id, node.renewals)).filter(|node| first.contains(node));
        Said::Settled(silent.collect())
    }
}

/// What somebody is told whose change is written, where it is not known whether it is so everywhere.
pub(crate) fn unknown(why: &str) -> StoreError {
    StoreError::Unavailable(format!(
        "the change is written, but it is not known whether every node knows of it ({why}); send it again to learn it"
    ))
}
