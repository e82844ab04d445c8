//! Claims on keys of changes that are sent on, and what was answered.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use symbolon_core::store::{AnswerClaim, AnswerOutcome, StoreError};

use crate::rows;
use crate::sqlite::fault::{Fault, missing};
use crate::sqlite::statement::{execute, first};
use crate::writing;

/// The most rows that one call removes: each is overwritten on the disk, and mutations wait meanwhile.
const PRUNED: i64 = 10_000;

pub(super) fn claim(db: &Connection, claim: &AnswerClaim) -> Result<(), Fault> {
    // A lapsed claim is replaced; one that stands is not touched.
    let made = execute(
        db,
        "INSERT INTO answers (token, key, fingerprint, claimed_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (token, key) DO UPDATE
         SET fingerprint = excluded.fingerprint, claimed_at = excluded.claimed_at, expires_at = excluded.expires_at,
             outcome = NULL, status = NULL, content_type = NULL, location = NULL, etag = NULL, body = NULL
         WHERE answers.expires_at <= ?4",
        params![
            claim.token.to_string(),
            &claim.key,
            claim.fingerprint.as_bytes().as_slice(),
            claim.at.as_millisecond(),
            claim.expires_at().as_millisecond()
        ],
    )?;
    if made > 0 {
        return Ok(());
    }
    let before = first(
        db,
        "SELECT fingerprint, claimed_at, outcome, status, content_type, location, etag, body
         FROM answers WHERE token = ?1 AND key = ?2",
        params![claim.token.to_string(), &claim.key],
        |row| Ok(rows::only(Some(row), "answers", rows::answer)),
    )?;
    let before = before.transpose().map_err(Fault::Refused)?.flatten();
    Err(Fault::Refused(
        before.map_or(StoreError::NotFound("that claim"), |before| StoreError::Answered(Box::new(before))),
    ))
}

pub(super) fn release(db: &Connection, claim: &AnswerClaim) -> Result<(), Fault> {
    execute(
        db,
        "DELETE FROM answers WHERE token = ?1 AND key = ?2 AND claimed_at = ?3 AND outcome IS NULL",
        params![claim.token.to_string(), &claim.key, claim.at.as_millisecond()],
    )?;
    Ok(())
}

pub(super) fn end(db: &Connection, claim: &AnswerClaim, outcome: &AnswerOutcome) -> Result<(), Fault> {
    let (word, kept) = writing::outcome(outcome);
    let ended = execute(
        db,
        "UPDATE answers SET outcome = ?4, status = ?5, content_type = ?6, location = ?7, etag = ?8, body = ?9
         WHERE token = ?1 AND key = ?2 AND claimed_at = ?3 AND outcome IS NULL",
        params![
            claim.token.to_string(),
            &claim.key,
            claim.at.as_millisecond(),
            word,
            kept.map(|kept| kept.status),
            kept.and_then(|kept| kept.content_type.as_deref()),
            kept.and_then(|kept| kept.location.as_deref()),
            kept.and_then(|kept| kept.etag.as_deref()),
            kept.map(|kept| kept.body.as_slice())
        ],
    )?;
    if ended == 0 { Err(missing("that claim")) } else { Ok(()) }
}

pub(super) fn prune(db: &Connection, now: Timestamp) -> Result<(), Fault> {
    execute(
        db,
        "DELETE FROM answers WHERE rowid IN (
             SELECT rowid FROM answers WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
        params![now.as_millisecond(), PRUNED],
    )?;
    Ok(())
}
