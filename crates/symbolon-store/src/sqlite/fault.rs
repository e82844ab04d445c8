//! From SQLite's result codes to the words of the contract. A bound value never gets into a text: SQLite's
//! own messages name tables and columns only, and what is passed on is a sentence from here.

use std::path::Path;

use symbolon_core::seal::Sealer;
use symbolon_core::store::StoreError;

use crate::OpenError;

// Primary result codes (https://www.sqlite.org/rescode.html); the extended ones carry them in their low byte.
const PERM: i32 = 3;
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READONLY: i32 = 8;
const IOERR: i32 = 10;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANTOPEN: i32 = 14;
const NOTADB: i32 = 26;

/// Why one mutation was not written.
#[derive(Debug)]
pub(super) enum Fault {
    /// The record's rules refuse it; the database is well.
    Refused(StoreError),
    /// The database failed.
    Failed(sqlx::Error),
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(refusal) => refusal,
            Fault::Failed(error) => unavailable(&error),
        }
    }
}

/// A conflict with what is stored.
pub(super) fn conflict(sentence: &'static str) -> Fault {
    Fault::Refused(StoreError::Conflict(sentence))
}

/// Refuses a digest under a pepper that nobody looks under any more.
pub(super) fn known(sealer: &Sealer, pepper: u32) -> Result<(), Fault> {
    if sealer.knows(pepper) { Ok(()) } else { Err(conflict("the pepper was retired meanwhile; try again")) }
}

/// What was to be changed is not there.
pub(super) fn missing(what: &'static str) -> Fault {
    Fault::Refused(StoreError::NotFound(what))
}

/// The conflict that a violated UNIQUE stands for: the first sentence whose `table.column` SQLite names.
pub(super) fn taken(error: sqlx::Error, sentences: &[(&str, &'static str)]) -> Fault {
    let named = match &error {
        sqlx::Error::Database(fault) if fault.is_unique_violation() => {
            sentences.iter().find(|(column, _)| fault.message().contains(column))
        }
        _ => None,
    };
    named.map_or(Fault::Failed(error), |(_, sentence)| conflict(sentence))
}

fn code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

/// The failure as callers hear it.
pub(super) fn unavailable(error: &sqlx::Error) -> StoreError {
    let reason = match code(error) {
        Some(BUSY | LOCKED) => "another program holds the database",
        Some(PERM | READONLY) => "the database is read-only",
        Some(FULL) => "the disk is full",
        Some(IOERR | CANTOPEN) => "the database's file cannot be read or written",
        Some(CORRUPT | NOTADB) => "the database's file is damaged",
        Some(code) => return StoreError::Unavailable(format!("the database failed (SQLite code {code})")),
        None => match error {
            sqlx::Error::PoolTimedOut => "too many reads are waiting",
            sqlx::Error::PoolClosed => return closed(),
            sqlx::Error::Io(_) => "the database's file cannot be read or written",
            _ => "the database failed",
        },
    };
    StoreError::Unavailable(reason.to_owned())
}

/// What a store that was closed answers.
pub(super) fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".to_owned())
}

/// The failure as whoever starts the program hears it.
pub(super) fn cannot_open(path: &Path, error: &sqlx::Error) -> OpenError {
    let path = path.to_owned();
    match code(error) {
        Some(BUSY | LOCKED) => OpenError::InUse(path),
        Some(READONLY) => OpenError::ReadOnly(path),
        Some(PERM) => OpenError::NoPermission(path),
        Some(FULL) => OpenError::Full(path),
        Some(CORRUPT) => OpenError::Damaged(path),
        Some(NOTADB) => OpenError::NotADatabase(path),
        _ => OpenError::Failed { path, reason: error.to_string() },
    }
}
