//! The one task that writes. What waits is committed together, so that many callers share one wait for the
//! disk.

use std::sync::Arc;

use jiff::Timestamp;
use sqlx::{Connection, SqliteConnection, SqlitePool};
use symbolon_core::decision::Redigest;
use symbolon_core::id::TokenId;
use symbolon_core::name::WebhookName;
use symbolon_core::store::{Change, Mutation, Sink, StoreError, WebhookState};
use symbolon_core::usage::UsageCount;
use tokio::sync::{mpsc, oneshot};

use super::fault::{Fault, unavailable};
use super::load;
use super::open::{DatabaseFile, EMPTY_LOG, Opened};
use super::seals::{Seals, Walk};
use super::write;

/// How many mutations share one commit at most. More would keep the first of them waiting longer than the
/// disk does.
const GROUP: usize = 256;

/// What a transaction is asked to do.
#[derive(Debug)]
pub(super) enum Work {
    Commit(Box<Mutation>),
    NoteUsed(Vec<(TokenId, Timestamp)>),
    RecordUsage(Vec<UsageCount>),
    Prune(Timestamp),
    /// One step of the walk that makes seals anew, and where it goes on.
    Reseal {
        at: Walk,
        next: Option<Walk>,
    },
    /// Secrets to move to the current pepper, and what has changed by that.
    Redigest {
        secrets: Vec<Redigest>,
        now: Timestamp,
        changes: Vec<Change>,
    },
    BeginWebhooks(Vec<WebhookName>),
    SaveWebhook(Box<WebhookState>),
}

impl Work {
    /// What the sink is to hear of, once it is committed.
    fn changes(&self) -> &[Change] {
        match self {
            Self::Commit(mutation) => &mutation.changes,
            Self::Redigest { changes, .. } => changes,
            Self::NoteUsed(_)
            | Self::RecordUsage(_)
            | Self::Prune(_)
            | Self::Reseal { .. }
            | Self::BeginWebhooks(_)
            | Self::SaveWebhook(_) => &[],
        }
    }
}

type Reply = oneshot::Sender<Result<(), StoreError>>;

/// What the writer is told. Carried out in the order in which it was sent.
pub(super) enum Command {
    Write(Work, Reply),
    Attach(Arc<dyn Sink>, Reply),
    Close,
}

/// One caller's part of a transaction.
struct Asked {
    work: Work,
    reply: Reply,
    outcome: Result<(), StoreError>,
}

/// The writer's state. Fields are dropped in their order: the queue last, for its end is what `close` waits
/// for.
pub(super) struct Writer {
    /// `None` after a failure: the next transaction makes a new connection, on which no half of another is
    /// left.
    connection: Option<SqliteConnection>,
    readers: SqlitePool,
    sink: Option<Arc<dyn Sink>>,
    file: DatabaseFile,
    seals: Arc<Seals>,
    /// Taken from the queue while a transaction was being filled, and no part of it.
    held: Option<Command>,
    queue: mpsc::Receiver<Command>,
}

impl Writer {
    pub(super) fn new(opened: Opened, seals: Arc<Seals>, queue: mpsc::Receiver<Command>) -> Self {
        let Opened { file, writer, readers, .. } = opened;
        Self { connection: Some(writer), readers, sink: None, file, seals, held: None, queue }
    }

    /// Runs until told to close, or until the store is dropped.
    pub(super) async fn run(mut self) {
        while let Some(command) = self.next().await {
            match command {
                Command::Write(work, reply) => self.write(work, reply).await,
                Command::Attach(sink, reply) => {
                    let _ = reply.send(self.attach(sink).await);
                }
                Command::Close => break,
            }
        }
        self.readers.close().await;
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::error!(%error, "the database did not close cleanly");
        }
    }

    async fn next(&mut self) -> Option<Command> {
        match self.held.take() {
            Some(command) => Some(command),
            None => self.queue.recv().await,
        }
    }

    /// Writes, together with what else waits; tells the sink of what was committed, and only then answers.
    async fn write(&mut self, work: Work, reply: Reply) {
        let mut group = vec![Asked { work, reply, outcome: Ok(()) }];
        if let Err(error) = self.transaction(&mut group).await {
            tracing::error!(%error, mutations = group.len(), "a transaction failed; nothing of it is kept");
            // Also those that were refused: a refusal may rest on a neighbour that is gone now.
            for asked in group {
                let _ = asked.reply.send(Err(unavailable(&error)));
            }
            return;
        }
        for asked in group.iter().filter(|asked| asked.outcome.is_ok()) {
            for change in asked.work.changes() {
                self.seals.mend(change);
                if let Some(sink) = &self.sink {
                    sink.apply(change);
                }
            }
            if let Work::Reseal { at, next } = asked.work {
                self.seals.walked(at, next);
            }
        }
        let (pruned, written): (Vec<_>, Vec<_>) =
            group.into_iter().partition(|asked| matches!(asked.work, Work::Prune(_)));
        // A caller that has gone away does not undo what it asked for; nobody hears this send.
        let answer = |asked: Asked| drop(asked.reply.send(asked.outcome));
        written.into_iter().for_each(answer);
        if !pruned.is_empty() {
            self.empty_log().await;
            pruned.into_iter().for_each(answer);
        }
    }

    /// One transaction of many mutations. An error means that none was committed.
    async fn transaction(&mut self, group: &mut Vec<Asked>) -> Result<(), sqlx::Error> {
        let mut connection = self.connection().await?;
        let outcome = self.fill(&mut connection, group).await;
        self.settle(connection, outcome).await
    }

    /// Takes what comes in until nothing waits: those whom the last transaction let go are back by then, and
    /// need not wait for the next one.
    async fn fill(
        &mut self,
        connection: &mut SqliteConnection,
        group: &mut Vec<Asked>,
    ) -> Result<(), sqlx::Error> {
        run(connection, "BEGIN IMMEDIATE").await?;
        let mut done = 0;
        while let Some(asked) = group.get_mut(done) {
            asked.outcome = alone(connection, &mut asked.work, &self.seals).await?;
            done += 1;
            if done == GROUP {
                break;
            }
            match self.queue.try_recv() {
                Ok(Command::Write(work, reply)) => group.push(Asked { work, reply, outcome: Ok(()) }),
                Ok(other) => self.held = Some(other),
                Err(_) => {}
            }
        }
        run(connection, "COMMIT").await
    }

    async fn attach(&mut self, sink: Arc<dyn Sink>) -> Result<(), StoreError> {
        if self.sink.is_some() {
            return Err(StoreError::Conflict("the store informs somebody already"));
        }
        self.load(sink.as_ref()).await.map_err(|error| {
            tracing::error!(%error, "the record cannot be loaded");
            unavailable(&error)
        })?;
        self.sink = Some(sink);
        Ok(())
    }

    async fn load(&mut self, sink: &dyn Sink) -> Result<(), sqlx::Error> {
        let mut connection = self.connection().await?;
        let outcome = load::all(&mut connection, sink, &self.seals).await;
        self.settle(connection, outcome).await
    }

    /// Empties the write-ahead log, if nobody reads. Old pages in it hold the digests that revocations have
    /// erased since; without this they would stay there until overwritten by chance.
    async fn empty_log(&mut self) {
        let Ok(mut connection) = self.connection().await else { return };
        let emptied = sqlx::raw_sql(EMPTY_LOG).execute(&mut connection).await.map(drop);
        if let Err(error) = self.settle(connection, emptied).await {
            tracing::warn!(%error, "the write-ahead log was not emptied");
        }
    }

    /// The connection, to be handed back to [`Self::settle`].
    async fn connection(&mut self) -> Result<SqliteConnection, sqlx::Error> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => self.file.connect().await,
        }
    }

    /// Keeps a connection on which all went well, and gives up another, with what it has not committed.
    async fn settle(
        &mut self,
        mut connection: SqliteConnection,
        outcome: Result<(), sqlx::Error>,
    ) -> Result<(), sqlx::Error> {
        if outcome.is_ok() {
            self.connection = Some(connection);
        } else {
            // Fails where SQLite has rolled back by itself already.
            let _ = run(&mut connection, "ROLLBACK").await;
            let _ = connection.close().await;
        }
        outcome
    }
}

async fn run(connection: &mut SqliteConnection, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(sql).execute(connection).await.map(drop)
}

/// One piece of work in a savepoint of its own, so that a refused one leaves nothing behind and its
/// neighbours alone. The outer error means that the transaction is lost.
async fn alone(
    connection: &mut SqliteConnection,
    work: &mut Work,
    seals: &Seals,
) -> Result<Result<(), StoreError>, sqlx::Error> {
    run(connection, "SAVEPOINT alone").await?;
    let outcome = match write::work(connection, work, seals).await {
        Ok(()) => Ok(()),
        Err(fault) => {
            if let Fault::Failed(error) = &fault {
                tracing::error!(%error, "a mutation failed");
            }
            // Where SQLite answered the failure by rolling everything back, there is no savepoint and this
            // fails.
            run(connection, "ROLLBACK TO alone").await?;
            Err(fault.into())
        }
    };
    run(connection, "RELEASE alone").await?;
    Ok(outcome)
}
