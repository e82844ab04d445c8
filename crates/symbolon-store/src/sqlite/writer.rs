//! The one thread that writes. What waits is committed together, so that many callers share one wait for the disk.
//!
//! It has its connection to itself and waits for nobody between two statements of a transaction: handing each of them to
//! another thread, and waiting to be woken, took longer than the statements.

use std::sync::Arc;
use std::{io, thread};

use jiff::Timestamp;
use rusqlite::Connection;
use sqlx::SqlitePool;
use symbolon_core::decision::Redigest;
use symbolon_core::id::TokenId;
use symbolon_core::name::WebhookName;
use symbolon_core::store::{AnswerClaim, AnswerOutcome, Change, Mutation, Sink, StoreError, WebhookState};
use symbolon_core::usage::UsageCount;
use tokio::sync::{mpsc, oneshot};

use super::connect::{DatabaseFile, EMPTY_LOG};
use super::fault::{Fault, failed};
use super::load::Load;
use super::open::Opened;
use super::statement::execute;
use super::write;
use crate::seals::{Seals, Walk};

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
    ClaimAnswer(AnswerClaim),
    ReleaseAnswer(AnswerClaim),
    EndAnswer(AnswerClaim, AnswerOutcome),
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
            | Self::SaveWebhook(_)
            | Self::ClaimAnswer(_)
            | Self::ReleaseAnswer(_)
            | Self::EndAnswer(..) => &[],
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
    connection: Option<Connection>,
    readers: SqlitePool,
    sink: Option<Arc<dyn Sink>>,
    file: DatabaseFile,
    seals: Arc<Seals>,
    /// Taken from the queue while a transaction was being filled, and no part of it.
    held: Option<Command>,
    queue: mpsc::Receiver<Command>,
}

impl Writer {
    /// Starts it. It ends when it is told to close, or when the store is dropped.
    pub(super) fn start(
        opened: Opened,
        seals: Arc<Seals>,
        queue: mpsc::Receiver<Command>,
    ) -> Result<(), io::Error> {
        let Opened { file, writer, readers, .. } = opened;
        let writer = Self { connection: Some(writer), readers, sink: None, file, seals, held: None, queue };
        let (ended, end) = oneshot::channel();
        thread::Builder::new().name("symbolon-writer".to_owned()).spawn(move || {
            // Nobody hears this where the runtime is gone; then all is dropped here.
            let _ = ended.send(writer.run());
        })?;
        tokio::spawn(async move {
            if let Ok(writer) = end.await {
                writer.close().await;
            }
        });
        Ok(())
    }

    fn run(mut self) -> Self {
        while let Some(command) = self.next() {
            match command {
                Command::Write(work, reply) => self.write(work, reply),
                Command::Attach(sink, reply) => {
                    let _ = reply.send(self.attach(sink));
                }
                Command::Close => break,
            }
        }
        self
    }

    /// Closes the readers first: the last connection to close empties the log, and one that reads cannot.
    async fn close(mut self) {
        self.readers.close().await;
        if let Some(connection) = self.connection.take() {
            let closed = tokio::task::spawn_blocking(|| connection.close().map_err(|(_, error)| error)).await;
            if let Ok(Err(error)) = closed {
                tracing::error!(%error, "the database did not close cleanly");
            }
        }
    }

    fn next(&mut self) -> Option<Command> {
        match self.held.take() {
            Some(command) => Some(command),
            None => self.queue.blocking_recv(),
        }
    }

    /// Writes, together with what else waits; tells the sink of what was committed, and only then answers.
    fn write(&mut self, work: Work, reply: Reply) {
        let mut group = vec![Asked { work, reply, outcome: Ok(()) }];
        if let Err(error) = self.transaction(&mut group) {
            tracing::error!(%error, mutations = group.len(), "a transaction failed; nothing of it is kept");
            // Also those that were refused: a refusal may rest on a neighbour that is gone now.
            for asked in group {
                let _ = asked.reply.send(Err(failed(&error)));
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
            self.empty_log();
            pruned.into_iter().for_each(answer);
        }
    }

    /// One transaction of many mutations. An error means that none was committed.
    fn transaction(&mut self, group: &mut Vec<Asked>) -> Result<(), rusqlite::Error> {
        let connection = self.connection()?;
        let outcome = self.fill(&connection, group);
        self.settle(connection, outcome)
    }

    /// Takes what comes in until nothing waits: those whom the last transaction let go are back by then, and
    /// need not wait for the next one.
    fn fill(&mut self, connection: &Connection, group: &mut Vec<Asked>) -> Result<(), rusqlite::Error> {
        execute(connection, "BEGIN IMMEDIATE", [])?;
        let mut done = 0;
        while let Some(asked) = group.get_mut(done) {
            asked.outcome = alone(connection, &mut asked.work, &self.seals)?;
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
        execute(connection, "COMMIT", []).map(drop)
    }

    fn attach(&mut self, sink: Arc<dyn Sink>) -> Result<(), StoreError> {
        if self.sink.is_some() {
            return Err(StoreError::Conflict("the store informs somebody already"));
        }
        // Waited for here, so that nothing is committed meanwhile.
        let load = Load { path: self.file.path(), sink: sink.as_ref(), seals: &self.seals };
        load.run().map_err(|error| {
            tracing::error!(%error, "the record cannot be loaded");
            failed(&error)
        })?;
        self.sink = Some(sink);
        Ok(())
    }

    /// Empties the write-ahead log, if nobody reads. Old pages in it hold the digests that revocations have
    /// erased since; without this they would stay there until overwritten by chance.
    fn empty_log(&mut self) {
        let Ok(connection) = self.connection() else { return };
        let emptied = connection.execute_batch(EMPTY_LOG);
        if let Err(error) = self.settle(connection, emptied) {
            tracing::warn!(%error, "the write-ahead log was not emptied");
        }
    }

    /// The connection, to be handed back to [`Self::settle`].
    fn connection(&mut self) -> Result<Connection, rusqlite::Error> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => self.file.connect(),
        }
    }

    /// Keeps a connection on which all went well, and gives up another, with what it has not committed.
    fn settle(
        &mut self,
        connection: Connection,
        outcome: Result<(), rusqlite::Error>,
    ) -> Result<(), rusqlite::Error> {
        if outcome.is_ok() {
            self.connection = Some(connection);
        } else {
            // Fails where SQLite has rolled back by itself already.
            let _ = execute(&connection, "ROLLBACK", []);
            let _ = connection.close();
        }
        outcome
    }
}

/// One piece of work in a savepoint of its own, so that a refused one leaves nothing behind and its
/// neighbours alone. The outer error means that the transaction is lost.
fn alone(
    connection: &Connection,
    work: &mut Work,
    seals: &Seals,
) -> Result<Result<(), StoreError>, rusqlite::Error> {
    execute(connection, "SAVEPOINT alone", [])?;
    let outcome = match write::work(connection, work, seals) {
        Ok(()) => Ok(()),
        Err(fault) => {
            if let Fault::Failed(error) = &fault {
                tracing::error!(%error, "a mutation failed");
            }
            // Where SQLite answered the failure by rolling everything back, there is no savepoint and this
            // fails.
            execute(connection, "ROLLBACK TO alone", [])?;
            Err(fault.into())
        }
    };
    execute(connection, "RELEASE alone", [])?;
    Ok(outcome)
}
