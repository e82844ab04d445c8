//! What a node does to know everything, and to be allowed to say so.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use symbolon_core::id::NodeId;
use symbolon_core::lease::{Lease, LeaseTerms, Moment, SteadyClock};
use symbolon_core::random::Entropy;
use symbolon_core::store::{Sink, StoreError};
use tokio::sync::{Notify, oneshot};

use super::{Feed, Ledger, Loaded, Renewal, Waits, put_back};

/// How long to wait before what failed is tried again.
const AGAIN: Duration = Duration::from_millis(100);
/// And at most so long where loading everything fails again and again: each costs the database what one costs that succeeds.
const RARELY: Duration = Duration::from_secs(5);
/// How many reads in a row may take the database too long before everything is loaded instead, piece by piece and with more
/// patience.
const LATE: u32 = 3;

/// What a node is made of.
pub(crate) struct Parts {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) sink: Arc<dyn Sink>,
    pub(crate) lease: Arc<Lease>,
    pub(crate) terms: LeaseTerms,
    pub(crate) clock: Arc<dyn SteadyClock>,
    pub(crate) waits: Arc<dyn Waits>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

/// Why a turn has not come to its end.
enum Broken {
    Failed(StoreError),
    /// The database is not the one that the fleet was last on.
    Elsewhere(i64),
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

/// A node's one task: it reads what was committed, applies it, and renews the lease. What it knows and the lease are
/// changed here and nowhere else.
pub(crate) struct Follower {
    parts: Parts,
    /// As which the node is there, as far as it knows.
    id: Option<NodeId>,
    /// Through which mutation the sink knows everything; `None`: it is not loaded.
    applied: Option<u64>,
    /// The last mutation that the node ever knew of. What is loaded is never older.
    newest: u64,
    /// How long the next load waits, and until when.
    load_pause: Duration,
    load_at: Moment,
    /// How many reads in a row have taken too long.
    late: u32,
    /// Since when, by the steady clock, the database is another one than the fleet was last on, and the number of that one. By
    /// the number, for there may have been a third meanwhile, which has granted leases.
    elsewhere: Option<(i64, Moment)>,
}

impl Follower {
    /// A node that knows nothing yet.
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            parts,
            id: None,
            applied: None,
            newest: 0,
            load_pause: Duration::ZERO,
            load_at: Moment(0),
            late: 0,
            elsewhere: None,
        }
    }

    /// Goes on until `stop` is told, or nobody can tell it any more. Woken, it looks at once; else every third of a lease.
    pub(crate) async fn run(mut self, wake: Arc<Notify>, mut stop: oneshot::Receiver<()>) {
        let mut failing = None;
        let mut due = self.parts.clock.now();
        loop {
            tokio::select! {
                biased;
                _ = &mut stop => break,
                () = wake.notified() => {}
                () = self.parts.waits.until(due) => {}
            }
            let turn = tokio::select! {
                biased;
                _ = &mut stop => break,
                turn = self.turn() => turn,
            };
            match turn {
                Ok(next) => {
                    if failing.take().is_some() {
                        tracing::info!("the node hears from the database again");
                    }
                    due = next;
                }
                Err(error) => {
                    // Once, and again where it is something else: a database that was put back was away before.
                    let reason = error.to_string();
                    if failing.as_ref() != Some(&reason) {
                        failing = Some(reason);
                        let left = self.parts.lease.left().unwrap_or_default();
                        tracing::warn!(
                            %error,
                            lease_left_ms = left.as_millis(),
                            "the node does not hear from the database: it answers until its lease ends, and then that nothing \
                             can be known"
                        );
                    }
                    due = self.parts.clock.now().after(AGAIN);
                }
            }
        }
        self.end().await;
    }

    /// Learns everything for the first time. Where another database has taken the place of the fleet's, that is when the fleet
    /// is on it: nothing can be said before, and nothing changed.
    pub(crate) async fn first(&mut self) -> Result<(), StoreError> {
        loop {
            let due = self.turn().await?;
            if self.id.is_some() && self.elsewhere.is_none() {
                return Ok(());
            }
            self.parts.waits.until(due).await;
        }
    }

    /// Ends in good order: it answers no more, and nobody has to wait for it.
    async fn end(&mut self) {
        self.parts.lease.give_up();
        if let Some(id) = self.id.take()
            && let Err(error) = self.parts.ledger.leave(id).await
        {
            tracing::debug!(%error, "the node could not say that it leaves; a mutation will wait for it once");
        }
    }

    /// Learns what there is to learn, renews the lease, and says how far it is. When the next turn is due.
    ///
    /// A turn that is dropped under way leaves the node in a state from which the next one goes on.
    pub(crate) async fn turn(&mut self) -> Result<Moment, StoreError> {
        match self.followed().await {
            Ok(due) => Ok(due),
            Err(Broken::Failed(error)) => Err(error),
            Err(Broken::Elsewhere(epoch)) => self.elsewhere(epoch).await,
        }
    }

    async fn followed(&mut self) -> Result<Moment, Broken> {
        let mut applied = self.caught_up(0).await?;
        loop {
            // It is there before it learns how far it must know (rule 2): whoever commits after that waits for it.
            let id = self.registered(applied).await?;
            // The moment first (rule 3): the lease is not to be longer because the answer came late.
            let asked = self.parts.clock.now();
            let seq = match self.parts.ledger.renew(id, applied).await? {
                Renewal::At(seq) => seq,
                Renewal::Removed => {
                    tracing::warn!(node = %id, "the node was silent for too long and was removed: it comes back under another id");
                    self.id = None;
                    continue;
                }
                Renewal::Elsewhere(epoch) => return Err(Broken::Elsewhere(epoch)),
            };
            self.elsewhere = None;
            let said = applied;
            // Everything through that number first (rule 3): a lease says that no later mutation counts yet.
            applied = self.caught_up(seq).await?;
            // Who has loaded everything anew has left meanwhile, and nobody waits for that lease.
            if self.id != Some(id) {
                continue;
            }
            self.parts.lease.renew(self.parts.terms.end(asked));
            // Whoever waits for this node learns of it by the next renewal.
            if said == applied {
                return Ok(asked.after(self.parts.terms.pace()));
            }
        }
    }

    /// Applies what was committed, through `seq` and all that the node ever knew of at least. Through which mutation the sink
    /// knows everything then.
    ///
    /// Not until nothing more is there: far from a database that is changed all the time there is always something, and the
    /// node would never come to renew its lease.
    async fn caught_up(&mut self, seq: u64) -> Result<u64, Broken> {
        let seq = self.newest.max(seq);
        self.newest = seq;
        let Some(mut applied) = self.applied else { return self.load().await };
        loop {
            let feed = self.parts.ledger.changes(applied).await?;
            self.late = if let Feed::Late = feed { self.late + 1 } else { 0 };
            match feed {
                Feed::Changes(last, changes) if last > applied => {
                    self.parts.sink.apply_all(&changes);
                    applied = last;
                    self.applied = Some(applied);
                    self.newest = self.newest.max(applied);
                    if applied >= seq {
                        return Ok(applied);
                    }
                }
                Feed::Changes(..) if applied >= seq => return Ok(applied),
                Feed::Elsewhere(epoch) => return Err(Broken::Elsewhere(epoch)),
                Feed::Late if self.late < LATE => {
                    let reason = "the database took too long over what was changed";
                    return Err(Broken::Failed(StoreError::Unavailable(reason.to_owned())));
                }
                Feed::Late => {
                    tracing::warn!(
                        applied,
                        "what was changed cannot be read in time: the node loads everything anew"
                    );
                    return self.load().await;
                }
                // Committed, and not among the changes: the database was exchanged, or they were taken away.
                Feed::Changes(..) | Feed::Gap => {
                    tracing::warn!(
                        applied,
                        seq,
                        "changes are there no more that the node does not know, or the database was put back: it loads \
                         everything anew"
                    );
                    return self.load().await;
                }
            }
        }
    }

    /// Forgets everything and loads it anew. Nobody answers from it meanwhile, and nobody has to wait for the node.
    async fn load(&mut self) -> Result<u64, Broken> {
        self.parts.lease.give_up();
        self.applied = None;
        if let Some(id) = self.id.take() {
            self.parts.ledger.leave(id).await?;
        }
        self.parts.waits.until(self.load_at).await;
        let loaded = self.load_all().await;
        self.late = 0;
        self.load_pause = match loaded {
            Err(Broken::Failed(_)) => (self.load_pause * 2).clamp(AGAIN, RARELY),
            _ => Duration::ZERO,
        };
        self.load_at = self.parts.clock.now().after(self.load_pause);
        loaded
    }

    async fn load_all(&mut self) -> Result<u64, Broken> {
        self.parts.sink.begin();
        let seq = match self.parts.ledger.load(&self.parts.sink).await? {
            Loaded::At(seq) => seq,
            Loaded::Elsewhere(epoch) => return Err(Broken::Elsewhere(epoch)),
        };
        if seq < self.newest {
            return Err(Broken::Failed(put_back(seq, self.newest)));
        }
        self.parts.sink.loaded();
        (self.applied, self.newest) = (Some(seq), seq);
        Ok(seq)
    }

    /// The id as which the node is there. Each is used once, and one that may be there or not is never tried again.
    async fn registered(&mut self, applied: u64) -> Result<NodeId, StoreError> {
        if let Some(id) = self.id {
            return Ok(id);
        }
        let mut bytes = [0; 16];
        self.parts.entropy.fill(&mut bytes);
        let id = NodeId::from_bytes(bytes);
        self.parts.ledger.register(id, applied).await?;
        self.id = Some(id);
        Ok(id)
    }

    /// Waits until no lease is held that was granted by the database before, and makes this one the fleet's (rule 11).
    async fn elsewhere(&mut self, epoch: i64) -> Result<Moment, StoreError> {
        let now = self.parts.clock.now();
        let since = match self.elsewhere {
            Some((known, since)) if known == epoch => since,
            _ => {
                tracing::warn!(
                    "another database has taken the place of the fleet's: it is taken over when no lease of the one before is \
                     held any more"
                );
                self.elsewhere = Some((epoch, now));
                now
            }
        };
        let over = since.after(self.parts.terms.over());
        if now >= over {
            self.parts.ledger.adopt(epoch, self.newest).await?;
            self.elsewhere = None;
            return Ok(now);
        }
        Ok(over)
    }
}
