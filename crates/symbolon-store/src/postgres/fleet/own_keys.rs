//! With which keys a fleet goes on. Each node has them in a file of its own; one that has others would let in by a session key
//! that was taken back, or not know what the others know, and so it is given no lease.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use sqlx::PgConnection;
use symbolon_core::decision::Keys;
use symbolon_core::store::StoreError;

use super::ledger::Database;
use crate::OpenError;
use crate::postgres::connect::Server;
use crate::postgres::fault::cannot_open;

/// Whether the keys that a parameter is the mark of are those of a row of `fleet`, or are about to be. Until the first node has
/// been there nobody has said which they are.
macro_rules! same_keys {
    ($mark:literal) => {
        concat!(
            "(fleet.keys IS NULL OR fleet.keys = ",
            $mark,
            " OR fleet.next_keys IS NOT DISTINCT FROM ",
            $mark,
            ")"
        )
    };
}

pub(super) use same_keys;

/// The keys of this node, by the mark that the fleet's row has of them.
pub(super) struct OwnKeys {
    mark: Mutex<String>,
    /// Whether the log has been told that they are not the fleet's.
    told: AtomicBool,
}

impl OwnKeys {
    pub(super) fn new(keys: &Keys) -> Self {
        Self { mark: Mutex::new(keys.mark()), told: AtomicBool::default() }
    }

    pub(super) fn mark(&self) -> String {
        self.mark.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Why this node is given no lease. The log is told at once, and once.
    pub(super) fn others(&self) -> StoreError {
        let reason = "the keys of the fleet were changed: copy keys.toml from a node that serves, and start this one anew";
        if !self.told.swap(true, Ordering::SeqCst) {
            tracing::error!("{reason}; until then it answers that nothing can be known");
        }
        StoreError::Unavailable(reason.to_owned())
    }
}

impl Database {
    /// As [`super::Fleet::announce`].
    pub(super) async fn announce(&self, keys: &Keys) -> Result<(), StoreError> {
        let (own, next) = (self.keys.mark(), keys.mark());
        let statement = concat!("UPDATE fleet SET next_keys = $1 WHERE ", same_keys!("$2"));
        self.set(statement, &[next, own]).await
    }

    /// As [`super::Fleet::agree`].
    pub(super) async fn agree(&self, keys: &Keys) -> Result<(), StoreError> {
        // First: until the statement is done, the row has both.
        *self.keys.mark.lock().unwrap_or_else(PoisonError::into_inner) = keys.mark();
        let statement = "UPDATE fleet SET keys = $1, next_keys = NULL WHERE keys = $1 OR next_keys = $1";
        self.set(statement, &[keys.mark()]).await
    }

    async fn set(&self, statement: &'static str, marks: &[String]) -> Result<(), StoreError> {
        let done = async |db: &mut PgConnection| {
            let query = marks.iter().fold(sqlx::query(statement), sqlx::query::Query::bind);
            query.execute(db).await
        };
        if self.node.ask(done).await?.rows_affected() == 0 { Err(self.keys.others()) } else { Ok(()) }
    }
}

/// Says for a node that is about to be there which keys it has, where nobody has said so of the fleet; and ends a change of
/// keys that was broken off after they were kept.
pub(super) async fn bind(db: &mut PgConnection, mark: &str) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE fleet SET keys = $1, next_keys = NULL WHERE keys IS NULL OR next_keys = $1")
        .bind(mark)
        .execute(db)
        .await
        .map(drop)
}

/// Refuses keys that are not the fleet's.
pub(in crate::postgres) async fn compare(
    db: &mut PgConnection,
    server: &Server,
    keys: &Keys,
) -> Result<(), OpenError> {
    let same: bool = sqlx::query_scalar(concat!("SELECT ", same_keys!("$1"), " FROM fleet"))
        .bind(keys.mark())
        .fetch_one(db)
        .await
        .map_err(|error| cannot_open(server.place(), &error))?;
    if same { Ok(()) } else { Err(OpenError::OtherKeys(server.place().to_owned())) }
}
