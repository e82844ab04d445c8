//! The one task that writes. What waits is committed together, so that many callers share one wait for the server's disk,
//! and one turn at the clock of the fleet.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use jiff::Timestamp;
use symbolon_core::decision::Redigest;
use symbolon_core::id::NodeId;
use symbolon_core::lease::Moment;
use symbolon_core::name::WebhookName;
use symbolon_core::store::{Change, CommitSteps, Mutation, Sink, StoreError, WebhookState};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::connect::Server;
use super::fleet::Fleet;
use super::transaction::{Lost, Transactions};
use crate::seals::{Seals, Walk};

/// How many mutations share one commit at most. More would keep the first of them waiting longer than the disk does.
pub(super) const GROUP: usize = 256;

/// What a transaction is asked to do.
#[derive(Debug)]
pub(super) enum Work {
    Commit(Box<Mutation>),
    /// Secrets to move to the current pepper, and what has changed by that.
    Redigest {
        secrets: Vec<Redigest>,
        now: Timestamp,
        changes: Vec<Change>,
    },
    Upkeep(Upkeep),
}

/// What nobody has to hear of, and so does not move the clock.
#[derive(Debug)]
pub(super) enum Upkeep {
    Prune(Pruning),
    /// One step of the walk that makes seals anew.
    Reseal(Walk),
    /// Those of this node, and as which it is there.
    BeginWebhooks(Vec<WebhookName>, Option<NodeId>),
    SaveWebhook(Box<WebhookState>),
}

/// One piece of what has ended, which is removed.
#[derive(Debug)]
pub(super) struct Pruning {
    pub(super) now: Timestamp,
    /// As which node this process is there: one of them does it for all. Whoever is none does it too.
    pub(super) own: Option<NodeId>,
    /// Whether there is more of it, once it is done.
    pub(super) more: Arc<AtomicBool>,
}

impl Work {
    /// What was changed, once it is committed.
    fn changes(&self) -> &[Change] {
        match self {
            Self::Commit(mutation) => &mutation.changes,
            Self::Redigest { changes, .. } => changes,
            Self::Upkeep(_) => &[],
        }
    }
}

pub(super) type Reply = oneshot::Sender<Result<(), StoreError>>;

/// What the writer is told. Carried out in the order in which it was sent.
pub(super) enum Command {
    Write(Asked),
    Attach(Arc<dyn Sink>, Reply),
    Close,
}

/// One caller's part of a transaction.
pub(super) struct Asked {
    pub(super) work: Work,
    pub(super) reply: Reply,
    pub(super) outcome: Result<(), StoreError>,
    /// When it was asked for.
    since: Moment,
    /// When its turn came, the last time that it was tried.
    pub(super) begun: Moment,
}

impl Asked {
    pub(super) fn new(work: Work, reply: Reply, now: Moment) -> Self {
        Self { work, reply, outcome: Ok(()), since: now, begun: now }
    }

    /// How long its steps took, if it was acknowledged and somebody's mutation.
    fn steps(&self, committed: Moment, settled: Moment) -> Option<[Duration; 3]> {
        let acknowledged = self.outcome.is_ok() && matches!(self.work, Work::Commit(_));
        acknowledged
            .then(|| [self.begun.since(self.since), committed.since(self.begun), settled.since(committed)])
    }

    /// A caller that has gone away does not undo what it asked for; nobody hears this.
    fn answer(self) {
        let _ = self.reply.send(self.outcome);
    }
}

/// What was handed over and is not begun.
pub(super) struct Waiting {
    /// Taken from the queue while a transaction was being filled, and no part of it.
    held: Option<Command>,
    queue: mpsc::Receiver<Command>,
}

impl Waiting {
    async fn next(&mut self) -> Option<Command> {
        match self.held.take() {
            Some(command) => Some(command),
            None => self.queue.recv().await,
        }
    }

    /// Takes what waits and can go along, until a group is full.
    pub(super) fn join(&mut self, group: &mut Vec<Asked>) {
        while group.len() < GROUP && self.held.is_none() {
            match self.queue.try_recv() {
                Ok(Command::Write(asked @ Asked { work: Work::Commit(_) | Work::Redigest { .. }, .. })) => {
                    group.push(asked);
                }
                Ok(other) => self.held = Some(other),
                Err(_) => return,
            }
        }
    }
}

/// The writer's state. Fields are dropped in their order: the queue last, for its end is what `close` waits for.
pub(super) struct Writer {
    transactions: Transactions,
    seals: Arc<Seals>,
    fleet: Arc<Fleet>,
    steps: Arc<CommitSteps>,
    /// Groups that are committed and wait to be settled.
    answering: JoinSet<()>,
    waiting: Waiting,
}

impl Writer {
    /// Starts it. It ends when it is told to close, or when the store is dropped; then `last` is done.
    pub(super) fn start(
        server: Server,
        seals: Arc<Seals>,
        fleet: Arc<Fleet>,
        steps: Arc<CommitSteps>,
        queue: mpsc::Receiver<Command>,
        last: impl Future<Output = ()> + Send + 'static,
    ) {
        let transactions = Transactions::new(server, seals.clone(), fleet.clock());
        let waiting = Waiting { held: None, queue };
        let mut writer = Self { transactions, seals, fleet, steps, answering: JoinSet::new(), waiting };
        tokio::spawn(async move {
            writer.run().await;
            // Whoever was promised an answer gets it.
            while writer.answering.join_next().await.is_some() {}
            writer.transactions.close().await;
            last.await;
        });
    }

    async fn run(&mut self) {
        while let Some(command) = self.waiting.next().await {
            while self.answering.try_join_next().is_some() {}
            match command {
                Command::Write(Asked { work: Work::Upkeep(upkeep), reply, .. }) => {
                    let _ = reply.send(self.upkeep(upkeep).await);
                }
                Command::Write(asked) => self.write(asked).await,
                Command::Attach(sink, reply) => {
                    let _ = reply.send(self.fleet.attach(sink).await);
                }
                Command::Close => break,
            }
        }
    }

    /// Writes, together with what else waits. Who was refused hears it at once; the others when it is settled, for which the
    /// next group does not wait.
    async fn write(&mut self, first: Asked) {
        let mut group = vec![first];
        let committed = match self.transactions.group(&mut group, &mut self.waiting).await {
            Ok(committed) => committed,
            Err(lost) => return refuse_all(group, &lost),
        };
        let (written, refused): (Vec<_>, Vec<_>) = group.into_iter().partition(|asked| asked.outcome.is_ok());
        refused.into_iter().for_each(Asked::answer);
        for change in written.iter().flat_map(|asked| asked.work.changes()) {
            self.seals.mend(change);
        }
        let Some(committed) = committed else { return written.into_iter().for_each(Asked::answer) };
        let (fleet, steps) = (self.fleet.clone(), self.steps.clone());
        let written_at = fleet.now();
        self.answering.spawn(async move {
            let settled = fleet.settle(committed.seq, committed.epoch).await.map_err(|error| {
                tracing::error!(%error, seq = committed.seq, "a committed mutation was not settled");
                match error {
                    StoreError::Unavailable(reason) => reason,
                    other => other.to_string(),
                }
            });
            let settled_at = fleet.now();
            for mut asked in written {
                asked.outcome = settled.clone().map_err(StoreError::Unavailable);
                if let Some(took) = asked.steps(written_at, settled_at) {
                    steps.took(took);
                }
                asked.answer();
            }
        });
    }

    async fn upkeep(&mut self, upkeep: Upkeep) -> Result<(), StoreError> {
        let next = self.transactions.upkeep(&upkeep).await?;
        if let Upkeep::Reseal(at) = upkeep {
            self.seals.walked(at, next);
        }
        Ok(())
    }
}

fn refuse_all(group: Vec<Asked>, lost: &Lost) {
    tracing::error!(reason = lost.reason(), mutations = group.len(), "a transaction failed");
    // Also those that were refused: a refusal may rest on a neighbour that is gone now.
    for mut asked in group {
        asked.outcome = Err(lost.into());
        asked.answer();
    }
}
