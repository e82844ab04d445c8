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
        "INSERT INTO asks (id, service, token, scopes, lasts, reason, \"by\", made_at, mark, revision)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
         WHERE EXISTS (SELECT 1 FROM tokens WHERE id = ?3 AND service = ?2 AND revoked_at IS NULL)
           AND (SELECT count(*) FROM asks WHERE token = ?3 AND made_at > ?11) < ?12",
        params![
            ask.id.to_string(),
            ask.service.as_str(),
            ask.token.to_string(),
            scopes(&ask.scopes),
            lasts,
            &ask.reason,
            &ask.by,
            ask.made_at.as_millisecond(),
            ask.mark.as_bytes().as_slice(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::open::open_new;

    #[tokio::test]
    async fn many_asks_are_forgotten_piece_by_piece_and_the_oldest_first() {
        let directory = tempfile::tempdir().unwrap();
        let db = open_new(&directory.path().join("symbolon.db")).await.writer;
        db.execute_batch(
            "INSERT INTO asks (id, service, token, scopes, lasts, reason, \"by\", made_at, mark, revision)
             WITH RECURSIVE numbers (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < 15000)
             SELECT 'ask' || n, 'odin', 'tok', '[]', 1, '', '', 15001 - n, zeroblob(32), 1 FROM numbers",
        )
        .unwrap();
        let now = Timestamp::from_millisecond(1_700_000_000_000).unwrap();
        for left in [[10_001, 15_000, 5_000], [0, 0, 0]] {
            prune(&db, now).unwrap();
            let sql = "SELECT coalesce(min(made_at), 0), coalesce(max(made_at), 0), count(*) FROM asks";
            let found = db.query_row(sql, [], |row| Ok([row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?]));
            assert_eq!(found.unwrap(), left);
        }
    }
}
