//! From SQLite's result codes to the words of the contract. A bound value never gets into a text: SQLite's
//! own messages name tables and columns only, and what is passed on is a sentence from here.

use std::error::Error;
use std::path::Path;

use symbolon_core::store::StoreError;

use crate::OpenError;

pub(super) use crate::fault::{closed, conflict, known, missing};

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

/// Extended codes: a violated `UNIQUE`, and a violated `PRIMARY KEY`.
const UNIQUE: [i32; 2] = [2067, 1555];

/// Why one mutation was not written.
pub(super) type Fault = crate::fault::Fault<rusqlite::Error>;

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(refusal) => refusal,
            Fault::Failed(error) => failed(&error),
        }
    }
}

/// The conflict that a violated UNIQUE stands for: the first sentence whose `table.column` SQLite names.
pub(super) fn taken(error: rusqlite::Error, sentences: &[(&str, &'static str)]) -> Fault {
    let named = match &error {
        rusqlite::Error::SqliteFailure(fault, Some(message)) if UNIQUE.contains(&fault.extended_code) => {
            sentences.iter().find(|(column, _)| message.contains(column))
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
    let reason = match (code(error), error) {
        (Some(code), _) => return of_code(code),
        (None, sqlx::Error::PoolTimedOut) => "too many reads are waiting",
        (None, sqlx::Error::PoolClosed) => return closed(),
        (None, sqlx::Error::Io(_)) => "the database's file cannot be read or written",
        (None, _) => "the database failed",
    };
    StoreError::Unavailable(reason.to_owned())
}

/// The failure of a write or of the load as callers hear it.
pub(super) fn failed(error: &rusqlite::Error) -> StoreError {
    match code_of(error) {
        Some(code) => of_code(code),
        None => StoreError::Unavailable("the database failed".to_owned()),
    }
}

fn code_of(error: &rusqlite::Error) -> Option<i32> {
    error.sqlite_error().map(|error| error.extended_code & 0xff)
}

fn of_code(code: i32) -> StoreError {
    let reason = match code {
        BUSY | LOCKED => "another program holds the database",
        PERM | READONLY => "the database is read-only",
        FULL => "the disk is full",
        IOERR | CANTOPEN => "the database's file cannot be read or written",
        CORRUPT | NOTADB => "the database's file is damaged",
        code => return StoreError::Unavailable(format!("the database failed (SQLite code {code})")),
    };
    StoreError::Unavailable(reason.to_owned())
}

/// The failure as whoever starts the program hears it.
pub(super) fn cannot_open(path: &Path, error: &sqlx::Error) -> OpenError {
    not_opened(path, code(error), error)
}

/// The same of a connection of our own.
pub(super) fn cannot_write(path: &Path, error: &rusqlite::Error) -> OpenError {
    not_opened(path, code_of(error), error)
}

fn not_opened(path: &Path, code: Option<i32>, error: &dyn Error) -> OpenError {
    let path = path.to_owned();
    match code {
        Some(BUSY | LOCKED) => OpenError::InUse(path),
        Some(READONLY) => OpenError::ReadOnly(path),
        Some(PERM) => OpenError::NoPermission(path),
        Some(FULL) => OpenError::Full(path),
        Some(CORRUPT) => OpenError::Damaged(path),
        Some(NOTADB) => OpenError::NotADatabase(path),
        _ => OpenError::Failed { path, reason: error.to_string() },
    }
}
