//! A record of very many tokens, in a fraction of the time that is needed to make them as they come.
//!
//! Every row is written by the store itself, with its seal, its change record and its part of the audit. But each token has
//! a place in fourteen indexes, and where it comes in most of them is chance: keeping a million of those up to date takes
//! minutes. So the rows are first written into a table that has no indexes, then moved at once, and the indexes are made at
//! the end, by sorting. The schema is as it was; what remains of the detour is free space in the file.

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use symbolon_core::store::{Change, PageQuery, Store};
use symbolon_store::SqliteStore;
use tokio::task::JoinSet;

use crate::{Outcome, world};

/// Tokens that are made by one call of the store. Of more, SQLite would keep what it needs to take back each row for as long
/// as the call lasts, and look through it at each row.
const BATCH: usize = 64;
/// Calls under way at once; those that wait are committed together.
const CALLS: usize = 256;

/// In memory as far as it goes (2 GiB), and without a way back: who is interrupted has no record.
const CARELESS: &str = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -2097152;
     PRAGMA threads = 2; PRAGMA trusted_schema = OFF";

/// Makes a record at `path` with `count` tokens in it, and closes it; the secret of one of them.
pub(crate) async fn make(path: &Path, count: usize) -> Outcome<String> {
    world::make(path, 0).await?;
    let fault = |why: rusqlite::Error| format!("the record cannot be filled: {why}");
    let indexes = part(path).map_err(fault)?;
    let secret = fill(path, count).await?;
    join(path, &indexes).map_err(fault)?;
    Ok(secret)
}

/// Sets the table of the tokens aside, without what it is indexed by, and puts one in its place that takes rows as they come.
/// The answer makes the indexes anew.
fn part(path: &Path) -> Result<String, rusqlite::Error> {
    let db = Connection::open(path)?;
    let of_tokens = "FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'tokens' AND sql IS NOT NULL";
    let all = |what: &str| {
        let sql = format!("SELECT coalesce(group_concat({what}, ';'), '') {of_tokens}");
        db.query_row(&sql, [], |row| row.get::<_, String>(0))
    };
    let (indexes, none) = (all("sql")?, all("'DROP INDEX ' || name")?);
    db.execute_batch(&none)?;
    db.execute_batch("ALTER TABLE tokens RENAME TO indexed; CREATE TABLE tokens AS SELECT * FROM indexed")?;
    Ok(indexes)
}

/// Fills the record through the store.
async fn fill(path: &Path, count: usize) -> Outcome<String> {
    let catalog = world::service()?.catalog;
    let fault = |why: &dyn std::fmt::Display| format!("the record cannot be filled: {why}");
    let store = Arc::new(SqliteStore::open(path, &world::keys()).await.map_err(|why| fault(&why))?);
    let everybody = PageQuery { after: None, limit: world::OWNERS };
    let owners = store.users(&everybody).await.map_err(|why| fault(&why))?.items;
    let (mut calls, mut done, mut secret) = (JoinSet::new(), 0, None);
    let mut owners = owners.iter().cycle();
    while done < count {
        let mut changes = Vec::with_capacity(BATCH);
        for owner in owners.by_ref().take(BATCH.min(count - done)) {
            let (token, new) = world::token(&catalog, owner)?;
            changes.push(Change::TokenCreated(token));
            secret = Some(new);
        }
        done += changes.len();
        let store = store.clone();
        calls.spawn(async move { world::commit(&*store, changes).await });
        // Now it is handed to the writer, which is a thread of its own.
        tokio::task::yield_now().await;
        while calls.len() >= CALLS {
            let Some(call) = calls.join_next().await else { break };
            call.map_err(|why| fault(&why))?.map_err(|why| fault(&why))?;
        }
    }
    for call in calls.join_all().await {
        call.map_err(|why| fault(&why))?;
    }
    store.close().await;
    secret.map(|secret| secret.reveal().to_owned()).ok_or_else(|| "a record without tokens".to_owned())
}

/// Moves the rows to where they belong, and makes the indexes.
fn join(path: &Path, indexes: &str) -> Result<(), rusqlite::Error> {
    let db = Connection::open(path)?;
    db.execute_batch(CARELESS)?;
    // Those that are computed of others are not among them.
    let columns: String =
        db.query_row("SELECT group_concat(name) FROM pragma_table_info('indexed')", [], |row| row.get(0))?;
    db.execute_batch(&format!(
        "BEGIN;
         INSERT INTO indexed ({columns}) SELECT {columns} FROM tokens ORDER BY rowid;
         DROP TABLE tokens;
         ALTER TABLE indexed RENAME TO tokens;
         {indexes};
         COMMIT;"
    ))?;
    db.close().map_err(|(_, why)| why)
}
