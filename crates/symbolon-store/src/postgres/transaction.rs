//! Transactions on a connection of our own. After a failure the next one makes a new connection, on which no half of another
//! is left.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::{Connection, PgConnection};
use symbolon_core::lease::SteadyClock;
use symbolon_core::store::StoreError;
use tokio::time::timeout;

use super::chain::{Ledger, NoBeginning, begin_upkeep};
use super::codes::{is_known_undone, is_passing, loses_all};
use super::connect::Server;
use super::fault::Fault;
use super::fault::unavailable;
use super::write;
use super::writer::{Asked, Upkeep, Waiting, Work};
use crate::seals::{Seals, Walk};

/// How often a transaction is begun again that another one stood in the way of.
const ATTEMPTS: u32 = 3;
/// How long all statements of a transaction may take. The server ends those that take long; this is for a server of which
/// nothing is heard any more.
const STATEMENTS: Duration = Duration::from_secs(30);
/// How long the answer to a commit may take, which waits for a synchronous standby too.
const COMMIT: Duration = Duration::from_secs(10);

const SILENT: &str = "the database does not answer";
const UNKNOWN: &str = "the connection was lost during the commit, so that it is not known whether the change was made: look \
                       before you try again";

/// Why nothing of a transaction was committed, or nobody knows.
#[derive(Debug)]
pub(super) enum Lost {
    /// It may go through when it is begun again.
    Passing(String),
    /// It is undone.
    Undone(String),
    /// The commit was sent, and its answer did not come.
    Unknown,
}

impl Lost {
    pub(super) fn reason(&self) -> &str {
        match self {
            Self::Passing(reason) | Self::Undone(reason) => reason,
            Self::Unknown => UNKNOWN,
        }
    }
}

impl From<&Lost> for StoreError {
    fn from(lost: &Lost) -> Self {
        Self::Unavailable(lost.reason().to_owned())
    }
}

impl From<sqlx::Error> for Lost {
    fn from(error: sqlx::Error) -> Self {
        let reason = match unavailable(&error) {
            StoreError::Unavailable(reason) => reason,
            other => other.to_string(),
        };
        tracing::warn!(%error, "the database failed");
        if is_passing(&error) { Self::Passing(reason) } else { Self::Undone(reason) }
    }
}

impl From<NoBeginning> for Lost {
    fn from(error: NoBeginning) -> Self {
        match error {
            NoBeginning::Failed(error) => error.into(),
            NoBeginning::Forbidden(reason) => Self::Undone(reason.to_owned()),
        }
    }
}

/// Where a committed group stands in the order of all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Committed {
    pub(super) seq: u64,
    pub(super) epoch: i64,
}

/// The connection that writes, and what is needed for it.
pub(super) struct Transactions {
    connection: Option<PgConnection>,
    server: Server,
    seals: Arc<Seals>,
    /// By which it is measured how long a mutation waited for its turn.
    clock: Arc<dyn SteadyClock>,
}

impl Transactions {
    pub(super) fn new(server: Server, seals: Arc<Seals>, clock: Arc<dyn SteadyClock>) -> Self {
        Self { connection: None, server, seals, clock }
    }

    pub(super) async fn close(&mut self) {
        if let Some(connection) = self.connection.take() {
            // The server has ended it already, or will.
            let _ = connection.close().await;
        }
    }

    /// One transaction of many mutations. `None` where there was nothing to commit, for all were refused or had nothing to do.
    pub(super) async fn group(
        &mut self,
        group: &mut Vec<Asked>,
        waiting: &mut Waiting,
    ) -> Result<Option<Committed>, Lost> {
        let mut attempt = 1;
        loop {
            match self.attempt(group, waiting).await {
                Err(Lost::Passing(reason)) if attempt < ATTEMPTS => {
                    tracing::warn!(reason, attempt, "a transaction is begun again");
                    attempt += 1;
                }
                other => return other,
            }
        }
    }

    async fn attempt(
        &mut self,
        group: &mut Vec<Asked>,
        waiting: &mut Waiting,
    ) -> Result<Option<Committed>, Lost> {
        let kept = self.connection.is_some();
        let mut db = self.connect().await?;
        let ledger = match timeout(STATEMENTS, Ledger::begin(&mut db)).await {
            Ok(Ok(ledger)) => ledger,
            // The server was restarted since, perhaps. Nothing was done, and on a new connection it may be.
            Ok(Err(NoBeginning::Failed(error))) if kept => {
                return Err(Lost::Passing(Lost::from(error).reason().to_owned()));
            }
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => return Err(Lost::Undone(SILENT.to_owned())),
        };
        let filling = fill(&mut db, ledger, group, waiting, &self.seals, &*self.clock);
        let filled = timeout(STATEMENTS, filling).await;
        let committed = filled.unwrap_or_else(|_| Err(Lost::Undone(SILENT.to_owned())))?;
        if committed.is_some() {
            commit(&mut db).await?;
        }
        self.connection = Some(db);
        Ok(committed)
    }

    /// One piece of upkeep, in its turn: it touches rows that mutations touch, and in another order. Where a walk goes on.
    pub(super) async fn upkeep(&mut self, upkeep: &Upkeep) -> Result<Option<Walk>, StoreError> {
        let mut db = self.connect().await.map_err(|lost| StoreError::from(&lost))?;
        match timeout(STATEMENTS, begin_upkeep(&mut db)).await {
            Ok(begun) => begun.map_err(|error| StoreError::from(&Lost::from(error)))?,
            Err(_) => return Err(StoreError::Unavailable(SILENT.to_owned())),
        }
        match timeout(STATEMENTS, write::upkeep(&mut db, upkeep, &self.seals)).await {
            Err(_) => Err(StoreError::Unavailable(SILENT.to_owned())),
            Ok(Err(Fault::Refused(refusal))) => {
                rollback(&mut db).await.map_err(|lost| StoreError::from(&lost))?;
                self.connection = Some(db);
                Err(refusal)
            }
            Ok(Err(fault)) => Err(fault.into()),
            Ok(Ok(next)) => {
                commit(&mut db).await.map_err(|lost| StoreError::from(&lost))?;
                self.connection = Some(db);
                Ok(next)
            }
        }
    }

    /// The connection, to be put back when all went well on it.
    async fn connect(&mut self) -> Result<PgConnection, Lost> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => Ok(self.server.connect().await?),
        }
    }
}

async fn rollback(db: &mut PgConnection) -> Result<(), Lost> {
    sqlx::raw_sql("ROLLBACK").execute(db).await?;
    Ok(())
}

async fn commit(db: &mut PgConnection) -> Result<(), Lost> {
    match timeout(COMMIT, sqlx::raw_sql("COMMIT").execute(db)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) if is_known_undone(&error) => Err(error.into()),
        Ok(Err(error)) => {
            tracing::error!(%error, "the database did not say whether it has committed");
            Err(Lost::Unknown)
        }
        Err(_) => Err(Lost::Unknown),
    }
}

/// Does all that is asked, up to the commit. Takes along what comes in meanwhile: those whom the last transaction let go are
/// back by then, and need not wait for the next one. `None` where it has rolled back, for there was nothing to commit.
async fn fill(
    db: &mut PgConnection,
    mut ledger: Ledger,
    group: &mut Vec<Asked>,
    waiting: &mut Waiting,
    seals: &Seals,
    clock: &dyn SteadyClock,
) -> Result<Option<Committed>, Lost> {
    let mut now = Timestamp::UNIX_EPOCH;
    let mut savepoint = false;
    let mut done = 0;
    waiting.join(group);
    while done < group.len() {
        // The first that is alone needs none: where it is refused there is nothing else to keep.
        let shared = group.len() > 1;
        if shared {
            let mark = if savepoint { "RELEASE SAVEPOINT alone; SAVEPOINT alone" } else { "SAVEPOINT alone" };
            sqlx::raw_sql(mark).execute(&mut *db).await?;
            savepoint = true;
        }
        let asked = &mut group[done];
        asked.begun = clock.now();
        if let Work::Commit(mutation) = &asked.work {
            now = mutation.now;
        }
        asked.outcome = match write::work(db, &mut asked.work, seals, &mut ledger).await {
            Ok(()) => Ok(()),
            Err(Fault::Failed(error)) if loses_all(&error) => return Err(error.into()),
            Err(fault) => {
                if let Fault::Failed(error) = &fault {
                    tracing::error!(%error, "a mutation failed");
                }
                if !shared {
                    asked.outcome = Err(fault.into());
                    break;
                }
                sqlx::raw_sql("ROLLBACK TO SAVEPOINT alone").execute(&mut *db).await?;
                Err(fault.into())
            }
        };
        done += 1;
        waiting.join(group);
    }
    if ledger.is_empty() {
        rollback(db).await?;
        return Ok(None);
    }
    let committed = Committed { seq: ledger.seq.unsigned_abs(), epoch: ledger.epoch };
    ledger.write(db, now).await?;
    Ok(Some(committed))
}
