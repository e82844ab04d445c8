//! The load of everything live, as if it were being made now.
//!
//! All of it is of one snapshot, in which the clock of the fleet is read too: what is committed behind that is not in the load,
//! and all before it is. Each table is read by a few connections that share the snapshot, each over pages that it takes in
//! turn, in the order in which they lie there.

mod pieces;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, Postgres, Row as _, Transaction};
use symbolon_core::audit::Head;
use symbolon_core::record::{Enforcement, Key, Session, Token, User};
use symbolon_core::store::{BrokenSeal, Change, Sink, StoreError};
use tokio::task::JoinSet;
use tokio::time::timeout;

use self::pieces::Pieces;
use super::chain::{head, join_head, select_head};
use super::fault::unavailable;
use super::identity::with_here;
use super::line::Line;
use super::patience::within;
use crate::fleet::Loaded;
use crate::loading::{BATCH, Progress, TELLING, switched};
use crate::rows::{
    self, Row, Words, select_enforcement, select_keys, select_sessions, select_tokens, select_users,
};
use crate::seals::Seals;

/// More connections than that would wait for each other at the sink, and are the readers' too.
const MOST_CONNECTIONS: usize = 4;

/// How long each statement may take, whatever all of them take: as long as the server lets it.
const STATEMENT: Duration = Duration::from_secs(10);

/// A connection has nothing to do while the sink is told of what it has read, and while others read their last piece: on a
/// machine that is overloaded, for longer than a transaction of ours may stand still otherwise. This one holds up nobody.
macro_rules! patient {
    () => {
        "SET LOCAL idle_in_transaction_session_timeout = '1min'; "
    };
}

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Reads everything live into the sink: users first, for the rest refers to them, and tokens last, for they are many. With the
/// number of the last mutation that is in it comes where the audit ended with that. After an error the sink has heard of a
/// part; it never hears here that all is loaded.
///
/// The line is what it needs; of the readers' connections it takes those that are free.
pub(super) async fn load(
    line: &Line,
    pool: &PgPool,
    sink: &Arc<dyn Sink>,
    seals: &Arc<Seals>,
) -> Result<(Loaded, Head), StoreError> {
    let load = Arc::new(Load {
        pool: pool.clone(),
        sink: sink.clone(),
        seals: seals.clone(),
        progress: Progress::default(),
    });
    let mut loading = Box::pin(line.hold(async |db| all(&load, db).await));
    let loaded = loop {
        match timeout(TELLING, &mut loading).await {
            Ok(loaded) => break loaded,
            Err(_) => load.progress.tell(),
        }
    };
    let (loaded, end) = loaded.map_err(|error| {
        tracing::error!(%error, "the record cannot be loaded");
        unavailable(&error)
    })?;
    if let Loaded::At(_) = loaded {
        seals.loaded();
    }
    Ok((loaded, end))
}

/// One load.
struct Load {
    pool: PgPool,
    sink: Arc<dyn Sink>,
    seals: Arc<Seals>,
    progress: Progress,
}

const TOKENS: &str = select_tokens!("WHERE ctid >= $1::tid AND ctid < $2::tid AND revoked_at IS NULL");

/// How one table is read.
struct Table<T> {
    name: &'static str,
    /// Of the rows on the pages from one on and before another.
    select: &'static str,
    /// What a row becomes; `None` for one that is left out. A row that is not what was written has been reported: what is not
    /// loaded is denied, and the rest goes on working.
    into: fn(Result<T, BrokenSeal>) -> Option<Change>,
}

// Not derived, for that would ask it of the rows too.
impl<T> Clone for Table<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Table<T> {}

/// What a transaction of one moment begins with.
struct Begun {
    /// Whether it is the fleet's server, and the fleet's epoch.
    same_server: bool,
    epoch: i64,
    /// The number of the last mutation before that moment, and where the audit ended then.
    seq: i64,
    end: Head,
    /// The name by which others join it.
    snapshot: String,
}

async fn begin(db: &mut PgConnection) -> Result<(Transaction<'_, Postgres>, Begun), sqlx::Error> {
    within(STATEMENT, async {
        let mut db = db.begin_with(BEGIN).await?;
        // Rows stay on their pages as long as nobody makes the tables anew, which has to wait for this lock; and it comes
        // before the snapshot.
        sqlx::raw_sql(concat!(
            patient!(),
            "LOCK TABLE users, keys, sessions, enforcement, tokens IN ACCESS SHARE MODE"
        ))
        .execute(&mut *db)
        .await?;
        let row = sqlx::query(concat!(
            with_here!(),
            " SELECT same_server, epoch, fleet_clock.seq, ",
            select_head!(),
            ", pg_export_snapshot() AS snapshot FROM here CROSS JOIN fleet_clock",
            join_head!()
        ))
        .fetch_one(&mut *db)
        .await?;
        let begun = Begun {
            same_server: row.try_get("same_server")?,
            epoch: row.try_get("epoch")?,
            seq: row.try_get("seq")?,
            end: head(&row)?,
            snapshot: row.try_get("snapshot")?,
        };
        Ok((db, begun))
    })
    .await
}

async fn all(load: &Arc<Load>, db: &mut PgConnection) -> Result<(Loaded, Head), sqlx::Error> {
    let (mut db, Begun { same_server, epoch, seq, end, snapshot }) = begin(db).await?;
    if !same_server {
        within(STATEMENT, db.rollback()).await?;
        return Ok((Loaded::Elsewhere(epoch), end));
    }
    let users: Table<User> = Table {
        name: "users",
        select: select_users!("WHERE ctid >= $1::tid AND ctid < $2::tid AND removed_at IS NULL"),
        into: |user| user.map(Change::UserCreated).ok(),
    };
    load.table(&mut db, &snapshot, users).await?;
    let keys: Table<Key> = Table {
        name: "keys",
        select: select_keys!("WHERE ctid >= $1::tid AND ctid < $2::tid"),
        into: |key| key.map(Change::KeyCreated).ok(),
    };
    load.table(&mut db, &snapshot, keys).await?;
    let sessions: Table<Session> = Table {
        name: "sessions",
        select: select_sessions!("WHERE ctid >= $1::tid AND ctid < $2::tid"),
        into: |session| session.map(Change::SessionStarted).ok(),
    };
    load.table(&mut db, &snapshot, sessions).await?;
    let enforcement: Table<Enforcement> = Table {
        name: "enforcement",
        select: select_enforcement!("WHERE ctid >= $1::tid AND ctid < $2::tid"),
        into: switched,
    };
    load.table(&mut db, &snapshot, enforcement).await?;
    load.progress.expect(within(STATEMENT, pieces::estimate(&mut db)).await?, load.sink.as_ref());
    let tokens: Table<Token> =
        Table { name: "tokens", select: TOKENS, into: |token| token.map(Change::TokenCreated).ok() };
    load.table(&mut db, &snapshot, tokens).await?;
    within(STATEMENT, db.rollback()).await?;
    Ok((Loaded::At(seq.cast_unsigned()), end))
}

impl Load {
    /// Applies one table.
    async fn table<T: Row + Send + 'static>(
        self: &Arc<Self>,
        db: &mut PgConnection,
        snapshot: &str,
        table: Table<T>,
    ) -> Result<(), sqlx::Error> {
        let pieces = Arc::new(within(STATEMENT, Pieces::of(&mut *db, table.name)).await?);
        let connections = thread::available_parallelism().map_or(1, usize::from).min(MOST_CONNECTIONS);
        let mut others = JoinSet::new();
        for _ in 1..connections.min(pieces.count()) {
            let (load, pieces, snapshot) = (self.clone(), pieces.clone(), snapshot.to_owned());
            others.spawn(async move {
                match load.join(&snapshot).await {
                    Ok(mut db) => load.take(&mut db, &pieces, table).await,
                    Err(error) => {
                        // The others do its part.
                        tracing::warn!(%error, "the record is loaded with a connection less");
                        Ok(())
                    }
                }
            });
        }
        let mut outcome = self.take(db, &pieces, table).await;
        while let Some(ended) = others.join_next().await {
            let ended = ended.unwrap_or_else(|error| match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(sqlx::Error::WorkerCrashed),
            });
            outcome = outcome.and(ended);
        }
        outcome
    }

    /// Another connection that sees the same.
    async fn join(&self, snapshot: &str) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        // The server's own word for it, which takes no parameter.
        let share = AssertSqlSafe(format!(concat!(patient!(), "SET TRANSACTION SNAPSHOT '{}'"), snapshot));
        within(STATEMENT, async {
            let mut db = self.pool.begin_with(BEGIN).await?;
            sqlx::raw_sql(share).execute(&mut *db).await?;
            Ok(db)
        })
        .await
    }

    /// Takes pieces until there are none left, or another has failed.
    async fn take<T: Row>(
        &self,
        db: &mut PgConnection,
        pieces: &Pieces,
        table: Table<T>,
    ) -> Result<(), sqlx::Error> {
        let mut words = Words::default();
        let mut batch = Vec::with_capacity(BATCH);
        while let Some([from, to]) = pieces.next() {
            // Not to be kept, and so planned for these very pages.
            let asked = sqlx::query(table.select).bind(from).bind(to).persistent(false).fetch_all(&mut *db);
            let rows = within(STATEMENT, asked).await.inspect_err(|_| pieces.stop())?;
            for row in &rows {
                batch.extend((table.into)(rows::sealed_in(row, &self.seals, &mut words)));
                if batch.len() == BATCH {
                    self.progress.hand_on(&mut batch, self.sink.as_ref());
                }
            }
        }
        self.progress.hand_on(&mut batch, self.sink.as_ref());
        Ok(())
    }
}
