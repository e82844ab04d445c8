//! The first load: everything live, as if it were being made now.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use symbolon_core::store::{Change, Sink};

use super::rows::{
    self, Parsed, select_enforcement, select_keys, select_sessions, select_tokens, select_users,
};

/// Rows read at a time: enough to hide the cost of a statement, few enough to hold.
const CHUNK: i64 = 1000;

/// Applies every live row to `sink`: users first, for the rest refers to them, and tokens last, for they are
/// many. Runs on the writer's connection, so nothing is committed meanwhile.
pub(super) async fn all(db: &mut SqliteConnection, sink: &dyn Sink) -> Result<(), sqlx::Error> {
    chunks(
        db,
        sink,
        "users",
        select_users!("WHERE rowid > ?1 AND removed_at IS NULL ORDER BY rowid LIMIT ?2"),
        |row| rows::user(row).map(Change::UserCreated),
    )
    .await?;
    chunks(db, sink, "keys", select_keys!("WHERE rowid > ?1 ORDER BY rowid LIMIT ?2"), |row| {
        rows::key(row).map(Change::KeyCreated)
    })
    .await?;
    chunks(db, sink, "sessions", select_sessions!("WHERE rowid > ?1 ORDER BY rowid LIMIT ?2"), |row| {
        rows::session(row).map(Change::SessionStarted)
    })
    .await?;
    chunks(db, sink, "enforcement", select_enforcement!("WHERE rowid > ?1 ORDER BY rowid LIMIT ?2"), |row| {
        rows::enforcement(row).map(Change::EnforcementSwitched)
    })
    .await?;
    chunks(
        db,
        sink,
        "tokens",
        select_tokens!("WHERE rowid > ?1 AND revoked_at IS NULL ORDER BY rowid LIMIT ?2"),
        |row| rows::token(row).map(Change::TokenCreated),
    )
    .await?;
    sink.loaded();
    Ok(())
}

/// A row that cannot be read is reported and left out: what is not loaded is denied, and the rest goes on
/// working.
async fn chunks(
    db: &mut SqliteConnection,
    sink: &dyn Sink,
    table: &'static str,
    sql: &'static str,
    parse: fn(&SqliteRow) -> Parsed<Change>,
) -> Result<(), sqlx::Error> {
    let mut after = i64::MIN;
    loop {
        let rows = sqlx::query(sql).bind(after).bind(CHUNK).fetch_all(&mut *db).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.try_get("at_row")?;
        for row in &rows {
            match parse(row) {
                Ok(change) => sink.apply(&change),
                Err(fault) => fault.report(table, row),
            }
        }
    }
}
