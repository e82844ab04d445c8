//! What tokens ask for, and what is said to it.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use symbolon_core::ask::{Ask, MAX_ASKED};

use crate::asks::{answered, day_before, kept_since, new, not_answered, not_made};
use crate::sqlite::fault::{Fault, taken};
use crate::sqlite::statement::{execute, first};
use crate::writing::scopes;

/// The most rows that one call removes: mutations wait meanwhile.
const PRUNED: i64 = 10_000;

pub(super) fn make(db: &Connection, ask: &Ask) -> Result<(), Fault> {
    let lasts = new(ask)?;
    let made = execute(
        db,
        "INSERT INTO asks (id, service, token, scopes, lasts, reason, \"by\", made_at, revision)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
         WHERE EXISTS (SELECT 1 FROM tokens WHERE id = ?3 AND service = ?2 AND revoked_at IS NULL)
           AND (SELECT count(*) FROM asks WHERE token = ?3 AND made_at > ?10) < ?11",
        params![
            ask.id.to_string(),
            ask.service.as_str(),
            ask.token.to_string(),
            scopes(&ask.scopes),
            lasts,
            &ask.reason,
            &ask.by,
            ask.made_at.as_millisecond(),
            ask.revision.cast_signed(),
            day_before(ask),
            MAX_ASKED
        ],
    )
    .map_err(|error| taken(error, &[("asks.id", "that ask id is taken")]))?;
    if made > 0 {
        return Ok(());
    }
    let token = first(
        db,
        "SELECT 1 FROM tokens WHERE id = ?1 AND service = ?2 AND revoked_at IS NULL",
        params![ask.token.to_string(), ask.service.as_str()],
        |_| Ok(()),
    )?;
    Err(not_made(token.is_some()))
}

pub(super) fn answer(db: &Connection, ask: &Ask) -> Result<(), Fault> {
    let said = answered(ask)?;
    let changed = execute(
        db,
        "UPDATE asks SET answer = ?3, lent = ?4, until = ?5, answered_by = ?6, answered_at = ?7, note = ?8, revision = ?2
         WHERE id = ?1 AND revision = ?2 - 1",
        params![
            ask.id.to_string(),
            ask.revision.cast_signed(),
            said.word,
            said.lent,
            said.until,
            said.by,
            said.at,
            said.note
        ],
    )?;
    if changed > 0 {
        return Ok(());
    }
    let there = first(db, "SELECT 1 FROM asks WHERE id = ?1", params![ask.id.to_string()], |_| Ok(()))?;
    Err(not_answered(there.is_some()))
}

pub(super) fn prune(db: &Connection, now: Timestamp) -> Result<(), Fault> {
    execute(
        db,
        "DELETE FROM asks WHERE rowid IN (SELECT rowid FROM asks WHERE made_at <= ?1 ORDER BY made_at, id LIMIT ?2)",
        params![kept_since(now), PRUNED],
    )?;
    Ok(())
}
