//! Use: counts added up, and forgotten when their days are over.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use symbolon_core::usage::{Day, KEPT_DAYS, UsageCount};

use crate::sqlite::fault::Fault;
use crate::sqlite::statement::{execute, first};

/// The most rows that one call removes: each is overwritten on the disk, and mutations wait meanwhile.
const PRUNED: i64 = 10_000;

pub(super) fn record(db: &Connection, counts: &[UsageCount]) -> Result<(), Fault> {
    // One statement for the whole batch, in which a key may occur more than once.
    let rows: serde_json::Value = counts
        .iter()
        .map(|one| {
            serde_json::json!([
                one.day.0,
                one.token.to_string(),
                &*one.method,
                &*one.path,
                one.outcome.as_str(),
                i64::try_from(one.count).unwrap_or(i64::MAX),
                one.last_at.as_millisecond(),
                one.last_ip.map(|ip| ip.to_string()),
            ])
        })
        .collect();
    // On the right of each SET stands what the row was.
    execute(
        db,
        "INSERT INTO usage (day, token, method, path, outcome, count, last_at, last_ip)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
             value ->> 7
         FROM json_each(?1) WHERE (value ->> 5) > 0
         ON CONFLICT (day, token, method, path, outcome) DO UPDATE
         SET count = count + excluded.count,
             last_ip = iif(excluded.last_at < last_at, last_ip, excluded.last_ip),
             last_at = max(last_at, excluded.last_at)",
        params![rows.to_string()],
    )?;
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
