//! The audit's chain: where a line is written, and the lines of an older file are taken over.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use symbolon_core::audit::{Head, Line, LineHash};
use symbolon_core::record::AuditLine;

use super::statement::{all, execute, first};

/// Lines taken over at a time.
const CHUNK: i64 = 1000;

/// Writes lines behind the last one. There is one writer, so nobody else writes one meanwhile.
pub(super) fn append(db: &Connection, said: &[AuditLine]) -> Result<(), rusqlite::Error> {
    let mut head = next_to(db)?;
    for said in said {
        let line = Line::after(head.hash, head.seq + 1, said);
        insert(db, &line)?;
        head = Head { seq: line.seq, hash: line.hash };
    }
    Ok(())
}

/// The last line that ever was, with the hash of the last that is there. They differ where lines were cut off the end:
/// their numbers are not given again, so that the gap shows.
fn next_to(db: &Connection) -> Result<Head, rusqlite::Error> {
    let last = first(db, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", [], |row| {
        // Somebody has changed it behind our back, and the next line shall not be refused for that: it follows from
        // nothing, which is found when the chain is.
        let hash = row.get_ref("hash")?.as_blob().ok().and_then(|bytes| bytes.try_into().ok());
        Ok(Head { seq: number(row)?, hash: hash.map_or(LineHash::GENESIS, LineHash::from_bytes) })
    })?;
    let head = last.unwrap_or(Head::EMPTY);
    let given: Option<i64> =
        first(db, "SELECT seq FROM sqlite_sequence WHERE name = 'audit'", [], |row| row.get(0))?;
    let given = given.and_then(|seq| u64::try_from(seq).ok()).unwrap_or(0);
    Ok(Head { seq: head.seq.max(given), ..head })
}

fn number(row: &Row<'_>) -> Result<u64, rusqlite::Error> {
    let seq: i64 = row.get("seq")?;
    u64::try_from(seq).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, seq))
}

fn insert(db: &Connection, line: &Line) -> Result<(), rusqlite::Error> {
    let written = execute(db, "INSERT INTO audit (seq, at, actor, session, client_ip, request_id, action, subject, service, detail, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)", params![i64::try_from(line.seq).unwrap_or(i64::MAX), line.at.as_millisecond(), &line.actor, &line.session, &line.client_ip, &line.request_id, &line.action, &line.subject, &line.service, &line.detail, line.hash.as_bytes().as_slice()])?;
    // A trigger that somebody has planted can drop a line and call that success.
    if written == 1 { Ok(()) } else { Err(rusqlite::Error::StatementChangedRows(written)) }
}

/// Takes over the lines of a file from before there was a chain, piece by piece, with the numbers and texts that they
/// have. To be called in the transaction that has renamed their table.
pub(super) fn take_over(db: &Connection) -> Result<(), rusqlite::Error> {
    let mut head = Head::EMPTY;
    loop {
        let lines = all(
            db,
            "SELECT seq, at, actor, client_ip, request_id, action, subject, service, detail FROM audit_before
             WHERE seq > ?1 ORDER BY seq LIMIT ?2",
            params![i64::try_from(head.seq).unwrap_or(i64::MAX), CHUNK],
            before,
        )?;
        if lines.is_empty() {
            break;
        }
        for mut line in lines {
            line.hash = line.hash_after(head.hash);
            insert(db, &line)?;
            head = Head { seq: line.seq, hash: line.hash };
        }
    }
    // Numbers that were given are not given again, also where the last lines are gone.
    db.execute_batch(
        "DELETE FROM sqlite_sequence WHERE name = 'audit';
         UPDATE sqlite_sequence SET name = 'audit' WHERE name = 'audit_before';
         DROP TABLE audit_before",
    )
}

/// A line from before there was a chain; it has no hash yet.
fn before(row: &Row<'_>) -> Result<Line, rusqlite::Error> {
    let at: i64 = row.get("at")?;
    Ok(Line {
        seq: number(row)?,
        at: Timestamp::from_millisecond(at).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(1, at))?,
        actor: row.get("actor")?,
        session: None,
        client_ip: row.get("client_ip")?,
        request_id: row.get("request_id")?,
        action: row.get("action")?,
        subject: row.get("subject")?,
        service: row.get("service")?,
        detail: row.get("detail")?,
        hash: LineHash::GENESIS,
    })
}
