//! The first load: everything live, as if it were being made now.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use symbolon_core::name::NameFault;
use symbolon_core::record::Enforcement;
use symbolon_core::store::{BrokenSeal, Change, Sink};

use super::rows::{self, select_enforcement, select_keys, select_sessions, select_tokens, select_users};
use super::seals::Seals;

/// Rows read at a time: enough to hide the cost of a statement, few enough to hold.
const CHUNK: i64 = 1000;

/// Applies every live row to `sink`: users first, for the rest refers to them, and tokens last, for they are
/// many. Runs on the writer's connection, so nothing is committed meanwhile.
pub(super) async fn all(
    db: &mut SqliteConnection,
    sink: &dyn Sink,
    seals: &Seals,
) -> Result<(), sqlx::Error> {
    chunks(
        db,
        sink,
        seals,
        select_users!("WHERE rowid > ?1 AND removed_at IS NULL ORDER BY rowid LIMIT ?2"),
        |row, seals| rows::sealed(row, seals).map(Change::UserCreated).ok(),
    )
    .await?;
    chunks(db, sink, seals, select_keys!("WHERE rowid > ?1 ORDER BY rowid LIMIT ?2"), |row, seals| {
        rows::sealed(row, seals).map(Change::KeyCreated).ok()
    })
    .await?;
    chunks(db, sink, seals, select_sessions!("WHERE rowid > ?1 ORDER BY rowid LIMIT ?2"), |row, seals| {
        rows::sealed(row, seals).map(Change::SessionStarted).ok()
    })
    .await?;
    chunks(db, sink, seals, select_enforcement!("WHERE rowid > ?1 ORDER BY rowid LIMIT ?2"), |row, seals| {
        let switched = rows::sealed(row, seals).or_else(|broken| enforced(&broken)).ok();
        switched.map(Change::EnforcementSwitched)
    })
    .await?;
    chunks(
        db,
        sink,
        seals,
        select_tokens!("WHERE rowid > ?1 AND revoked_at IS NULL ORDER BY rowid LIMIT ?2"),
        |row, seals| rows::sealed(row, seals).map(Change::TokenCreated).ok(),
    )
    .await?;
    seals.loaded();
    sink.loaded();
    Ok(())
}

/// What holds of a service whose switch is not what was written: left out, it would hold no more, and the configuration may
/// say that nothing is enforced.
fn enforced(broken: &BrokenSeal) -> Result<Enforcement, NameFault> {
    Ok(Enforcement { service: broken.id.parse()?, enforce: true, since: Timestamp::UNIX_EPOCH })
}

/// A row that is not what was written has been reported, and is left out: what is not loaded is denied, and the rest goes
/// on working.
async fn chunks(
    db: &mut SqliteConnection,
    sink: &dyn Sink,
    seals: &Seals,
    sql: &'static str,
    parse: fn(&SqliteRow, &Seals) -> Option<Change>,
) -> Result<(), sqlx::Error> {
    let mut after = i64::MIN;
    loop {
        let rows = sqlx::query(sql).bind(after).bind(CHUNK).fetch_all(&mut *db).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.try_get("at_row")?;
        rows.iter().filter_map(|row| parse(row, seals)).for_each(|change| sink.apply(&change));
    }
}
