//! The audit's chain: where a line is written, and the lines of an older file are taken over.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use symbolon_core::audit::{Head, Line, LineHash};
use symbolon_core::record::AuditLine;

/// Lines taken over at a time.
const CHUNK: i64 = 1000;

/// Writes lines behind the last one. There is one writer, so nobody else writes one meanwhile.
pub(super) async fn append(db: &mut SqliteConnection, said: &[AuditLine]) -> Result<(), sqlx::Error> {
    let mut head = next_to(db).await?;
    for said in said {
        let line = Line::after(head.hash, head.seq + 1, said);
        insert(db, &line).await?;
        head = Head { seq: line.seq, hash: line.hash };
    }
    Ok(())
}

/// The last line.
pub(super) async fn head(db: &mut SqliteConnection) -> Result<Head, sqlx::Error> {
    let row = sqlx::query("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetch_optional(db).await?;
    row.map_or(Ok(Head::EMPTY), |row| Ok(Head { seq: number(&row)?, hash: hash(&row)? }))
}

/// The last line that ever was, with the hash of the last that is there. They differ where lines were cut off the end:
/// their numbers are not given again, so that the gap shows.
async fn next_to(db: &mut SqliteConnection) -> Result<Head, sqlx::Error> {
    let head = head(&mut *db).await?;
    let given: Option<i64> =
        sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").fetch_optional(db).await?;
    let given = given.and_then(|seq| u64::try_from(seq).ok()).unwrap_or(0);
    Ok(Head { seq: head.seq.max(given), ..head })
}

fn number(row: &SqliteRow) -> Result<u64, sqlx::Error> {
    let seq: i64 = row.try_get("seq")?;
    u64::try_from(seq).map_err(|error| sqlx::Error::Decode(error.into()))
}

fn hash(row: &SqliteRow) -> Result<LineHash, sqlx::Error> {
    let bytes: &[u8] = row.try_get("hash")?;
    // Somebody has changed it behind our back, and the next line shall not be refused for that: it follows from nothing,
    // which is found when the chain is.
    Ok(bytes.try_into().map_or(LineHash::GENESIS, LineHash::from_bytes))
}

async fn insert(db: &mut SqliteConnection, line: &Line) -> Result<(), sqlx::Error> {
    let written = sqlx::query(
        "INSERT INTO audit (seq, at, actor, session, client_ip, request_id, action, subject, service, detail, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )
    .bind(i64::try_from(line.seq).map_err(|error| sqlx::Error::Encode(error.into()))?)
    .bind(line.at.as_millisecond())
    .bind(&line.actor)
    .bind(&line.session)
    .bind(&line.client_ip)
    .bind(&line.request_id)
    .bind(&line.action)
    .bind(&line.subject)
    .bind(&line.service)
    .bind(&line.detail)
    .bind(line.hash.as_bytes().as_slice())
    .execute(db)
    .await?;
    // A trigger that somebody has planted can drop a line and call that success.
    if written.rows_affected() == 1 {
        Ok(())
    } else {
        Err(sqlx::Error::Protocol("a line of the audit was not written".to_owned()))
    }
}

/// Takes over the lines of a file from before there was a chain, piece by piece, with the numbers and texts that they
/// have. To be called in the transaction that has renamed their table.
pub(super) async fn take_over(db: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut head = Head::EMPTY;
    loop {
        let rows = sqlx::query(
            "SELECT seq, at, actor, client_ip, request_id, action, subject, service, detail FROM audit_before
             WHERE seq > ?1 ORDER BY seq LIMIT ?2",
        )
        .bind(i64::try_from(head.seq).unwrap_or(i64::MAX))
        .bind(CHUNK)
        .fetch_all(&mut *db)
        .await?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            let mut line = before(row)?;
            line.hash = line.hash_after(head.hash);
            insert(db, &line).await?;
            head = Head { seq: line.seq, hash: line.hash };
        }
    }
    // Numbers that were given are not given again, also where the last lines are gone.
    sqlx::raw_sql(
        "DELETE FROM sqlite_sequence WHERE name = 'audit';
         UPDATE sqlite_sequence SET name = 'audit' WHERE name = 'audit_before';
         DROP TABLE audit_before",
    )
    .execute(db)
    .await
    .map(drop)
}

/// A line from before there was a chain; it has no hash yet.
fn before(row: &SqliteRow) -> Result<Line, sqlx::Error> {
    let at = Timestamp::from_millisecond(row.try_get("at")?);
    Ok(Line {
        seq: number(row)?,
        at: at.map_err(|error| sqlx::Error::Decode(error.into()))?,
        actor: row.try_get("actor")?,
        session: None,
        client_ip: row.try_get("client_ip")?,
        request_id: row.try_get("request_id")?,
        action: row.try_get("action")?,
        subject: row.try_get("subject")?,
        service: row.try_get("service")?,
        detail: row.try_get("detail")?,
        hash: LineHash::GENESIS,
    })
}
