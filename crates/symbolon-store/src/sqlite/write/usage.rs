//! Use: counts added up, and forgotten when their days are over.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use symbolon_core::usage::{Day, KEPT_DAYS, UsageCount};

use crate::sqlite::fault::Fault;
use crate::sqlite::statement::{execute, first};

/// The most rows that one call removes: each is overwritten on the disk, and mutations wait meanwhile.
const PRUNED: i64 = 10_000;

pub(super) fn record(db: &Connection, counts: &[UsageCount]) -> Result<(), Fault> {
    // A key may occur more than once. On the right of each SET stands what the row was.
    let mut statement = db.prepare_cached(
        "INSERT INTO usage (day, token, method, path, outcome, count, last_at, last_ip)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (day, token, method, path, outcome) DO UPDATE
         SET count = count + excluded.count,
             last_ip = iif(excluded.last_at < last_at, last_ip, excluded.last_ip),
             last_at = max(last_at, excluded.last_at)",
    )?;
    for one in counts.iter().filter(|one| one.count > 0) {
        statement.execute(params![
            one.day.0,
            one.token.to_string(),
            &*one.method,
            &*one.path,
            one.outcome.as_str(),
            i64::try_from(one.count).unwrap_or(i64::MAX),
            one.last_at.as_millisecond(),
            one.last_ip.map(|ip| ip.to_string()),
        ])?;
    }
    Ok(())
}

pub(super) fn prune(db: &Connection, now: Timestamp) -> Result<(), Fault> {
    let first_kept = Day::of(now).last(KEPT_DAYS).start().0;
    // SQLite cannot limit a DELETE. So: up to and including which token, if not all.
    let end: Option<(i64, String)> = first(
        db,
        "SELECT day, token FROM usage WHERE day < ?1 ORDER BY day, token LIMIT 1 OFFSET ?2",
        params![first_kept, PRUNED - 1],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    match end {
        Some((day, token)) => {
            execute(db, "DELETE FROM usage WHERE (day, token) <= (?1, ?2)", params![day, token])?
        }
        None => execute(db, "DELETE FROM usage WHERE day < ?1", params![first_kept])?,
    };
    Ok(())
}
