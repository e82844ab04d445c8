//! The node of a fleet that this process is: what `crate::fleet` needs of PostgreSQL, and the tasks that go on beside the store.

mod create;
mod kept;
mod ledger;
mod listen;
mod look;
mod not_renewed;
mod own_keys;
mod roll;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex as Lock, PoisonError};

use jiff::Timestamp;
use sqlx::PgPool;
use symbolon_core::decision::Keys;
use symbolon_core::id::NodeId;
use symbolon_core::lease::{Lease, LeaseTerms, Moment, SteadyClock};
use symbolon_core::name::WebhookName;
use symbolon_core::random::Entropy;
use symbolon_core::store::{Change, Sink, StoreError};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{Notify, oneshot};
use tokio::task::{JoinHandle, JoinSet, block_in_place};

use self::kept::Keeper;
use self::ledger::Database;
use super::connect::Server;
use crate::fleet::{Follower, Parts, Settling, Waits, unknown};
use crate::seals::Seals;

pub(super) use create::create;
pub(super) use own_keys::compare;
pub(super) use roll::roll;

/// As what a process takes part in a fleet.
#[derive(Clone)]
pub struct Membership {
    /// The lease under which what the sink is told may be answered from. Renewed by the store, once it is attached.
    pub lease: Arc<Lease>,
    /// How long leases are; the same in the whole fleet.
    pub terms: LeaseTerms,
    /// The clock that leases are measured by.
    pub clock: Arc<dyn SteadyClock>,
    /// Makes the node's ids.
    pub entropy: Arc<dyn Entropy>,
    /// What people call the node: the machine's name, usually.
    pub name: String,
    /// The program's version.
    pub version: String,
    /// When the process began.
    pub started_at: Timestamp,
}

/// Waits by the runtime's timer. It may take longer than that, in a suspended machine for example, and nothing rests on it.
struct Timer(Arc<dyn SteadyClock>);

impl Waits for Timer {
    fn until(&self, moment: Moment) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(moment.since(self.0.now())))
    }
}

/// A sink that is told of changes where others do not wait for it: it is busy for a while with what was written in bulk.
struct Aside(Arc<dyn Sink>);

impl Aside {
    fn tell(&self, tell: impl FnOnce(&dyn Sink)) {
        match Handle::current().runtime_flavor() {
            RuntimeFlavor::MultiThread => block_in_place(|| tell(&*self.0)),
            _ => tell(&*self.0),
        }
    }
}

impl Sink for Aside {
    fn begin(&self) {
        self.tell(|sink| sink.begin());
    }

    fn apply(&self, change: &Change) {
        self.tell(|sink| sink.apply(change));
    }

    fn apply_all(&self, changes: &[Change]) {
        self.tell(|sink| sink.apply_all(changes));
    }

    fn expect(&self, tokens: usize) {
        self.tell(|sink| sink.expect(tokens));
    }

    fn loaded(&self) {
        self.tell(|sink| sink.loaded());
    }
}

/// The process's part in the fleet.
pub(super) struct Fleet {
    membership: Membership,
    ledger: Arc<Database>,
    settling: Arc<Settling>,
    waits: Arc<Timer>,
    /// Told when there may be something to apply.
    wake: Arc<Notify>,
    following: Lock<Option<Following>>,
    attaching: tokio::sync::Mutex<()>,
    keeper: Keeper,
    /// What goes on for as long as this lives.
    _beside: JoinSet<()>,
}

/// The node's own task, and what ends it: a word, or that nobody can say it any more.
struct Following {
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

impl Fleet {
    /// Begins to take part. The node is there when a sink is attached; until then only what this process commits is settled.
    pub(super) fn begin(
        server: &Server,
        readers: PgPool,
        seals: Arc<Seals>,
        keys: &Keys,
        membership: Membership,
    ) -> Self {
        let ledger = Arc::new(Database::new(server, readers, seals, keys, &membership));
        let waits = Arc::new(Timer(membership.clock.clone()));
        let settling =
            Settling::new(ledger.clone(), membership.terms, membership.clock.clone(), waits.clone());
        let settling = Arc::new(settling);
        let mut beside = JoinSet::new();
        let keeper = Keeper::new(membership.lease.clone());
        let waited = settling.clone();
        beside.spawn(keeper.run("settling", async move { waited.run().await }));
        let wake = Arc::new(Notify::new());
        beside.spawn(listen::listen(server.clone(), wake.clone()));
        Self {
            membership,
            ledger,
            settling,
            waits,
            wake,
            following: Lock::default(),
            attaching: tokio::sync::Mutex::default(),
            keeper,
            _beside: beside,
        }
    }

    /// As which node this process is there.
    pub(super) fn own(&self) -> Option<NodeId> {
        self.ledger.own()
    }

    /// How far the clock is, and of which fleet it is.
    pub(super) async fn committed(&self) -> Result<(u64, i64), StoreError> {
        self.ledger.look.now().await
    }

    /// Whether the primary answers.
    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        self.ledger.look.ping().await
    }

    /// Returns when the node has failed: it answers nothing any more.
    pub(super) async fn broken(&self) {
        self.keeper.broken().await;
    }

    /// Whether it has.
    pub(super) fn is_broken(&self) -> bool {
        self.keeper.is_broken()
    }

    /// Which webhooks this process tells.
    pub(super) fn tells(&self, webhooks: Vec<WebhookName>) {
        self.ledger.tells(webhooks);
    }

    /// Lets nodes be there that have these keys, beside those that have the ones until now.
    pub(super) async fn announce(&self, keys: &Keys) -> Result<(), StoreError> {
        self.ledger.announce(keys).await
    }

    /// From here on the node has these keys, which were announced, and no other is let be there that has not.
    pub(super) async fn agree(&self, keys: &Keys) -> Result<(), StoreError> {
        self.ledger.agree(keys).await
    }

    /// The clock that leases are measured by, and steps of mutations.
    pub(super) fn clock(&self) -> Arc<dyn SteadyClock> {
        self.membership.clock.clone()
    }

    /// The moment it is by that clock.
    pub(super) fn now(&self) -> Moment {
        self.membership.clock.now()
    }

    fn following(&self) -> std::sync::MutexGuard<'_, Option<Following>> {
        self.following.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the node's part in good order: it answers no more, and nobody waits for it.
    pub(super) async fn leave(&self) {
        let following = self.following().take();
        if let Some(Following { stop, ended }) = following {
            // Gone already where nobody hears it.
            let _ = stop.send(());
            let _ = ended.await;
        }
    }

    /// Loads everything live into the sink and keeps it informed from then on. Called once, by the writer, which commits
    /// nothing meanwhile; other nodes do.
    pub(super) async fn attach(&self, sink: Arc<dyn Sink>) -> Result<(), StoreError> {
        let _one = self.attaching.lock().await;
        if self.following().is_some() {
            return Err(StoreError::Conflict("the store informs somebody already"));
        }
        let Membership { lease, terms, clock, entropy, .. } = self.membership.clone();
        let mut follower = Follower::new(Parts {
            ledger: self.ledger.clone(),
            sink: Arc::new(Aside(sink)),
            lease,
            terms,
            clock,
            waits: self.waits.clone(),
            entropy,
        });
        // From here on decisions can be made.
        follower.first().await?;
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(self.keeper.run("following", follower.run(self.wake.clone(), stopped)));
        *self.following() = Some(Following { stop, ended });
        Ok(())
    }

    /// Returns when everything up to this number has reached every sink that may answer by it, of the fleet that has this
    /// epoch. Called from many tasks at once, in no order; and a caller may stop waiting.
    pub(super) async fn settle(&self, seq: u64, epoch: i64) -> Result<(), StoreError> {
        self.wake.notify_one();
        tokio::select! {
            biased;
            // Nobody would end that wait any more; and where it was given up for that, this is why.
            () = self.keeper.broken() => Err(unknown("this node has failed")),
            settled = self.settling.settle(seq, epoch) => settled,
        }
    }
}
