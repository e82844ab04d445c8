//! Connections to the database's file: of our own for the writer and the load, by sqlx for the others. All are as careful.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

/// How long a statement waits for a program that holds the file, such as a backup.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// Moves the write-ahead log into the database and cuts it to nothing. Without patience: a long read, such as
/// a check of the file, needs the log a while yet, and nobody who writes should wait for that. The last
/// number is [`PATIENCE`].
pub(super) const EMPTY_LOG: &str =
    "PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA busy_timeout = 2000";

/// More statements than the writer has.
const STATEMENTS: usize = 64;

/// The database's file, held for this process for as long as the value lives.
pub(super) struct DatabaseFile {
    path: PathBuf,
    _lock: File,
}

impl DatabaseFile {
    /// The file at `path`, for which `lock` is held.
    pub(super) fn new(path: &Path, lock: File) -> Self {
        Self { path: path.to_owned(), _lock: lock }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A connection that may write.
    pub(super) fn connect(&self) -> Result<Connection, rusqlite::Error> {
        let db = connect(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // Durable when acknowledged: the log is on the disk before COMMIT returns. And what is erased is overwritten: a
        // digest is not left in the free space of a page.
        // A token lies in a dozen indexes, so that each creation touches as many pages, mostly those that the one before
        // has touched. They are kept (16 MiB), and moved from the log into the database less often than by itself (each
        // 4,000 pages, 16 MiB too).
        db.execute_batch(
            "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
             PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4000",
        )?;
        db.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(db)
    }
}

/// A connection of our own, which reads alone.
pub(super) fn connect_reading(path: &Path) -> Result<Connection, rusqlite::Error> {
    let db = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    db.execute_batch("PRAGMA query_only = ON")?;
    Ok(db)
}

/// A connection of our own to a file that nobody else knows of.
#[cfg(feature = "postgres")]
pub(super) fn connect_writing(path: &Path) -> Result<Connection, rusqlite::Error> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
}

/// As [`options`] has it.
fn connect(path: &Path, access: OpenFlags) -> Result<Connection, rusqlite::Error> {
    // Without `SQLITE_OPEN_URI`: a path is a path. One thread at a time has a connection.
    let db = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(PATIENCE)?;
    db.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY")?;
    Ok(db)
}

pub(super) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(PATIENCE)
        .foreign_keys(true)
        // A function in a view or trigger that somebody planted in the file does not run.
        .pragma("trusted_schema", "OFF")
        // Nothing of the record in a temporary file.
        .pragma("temp_store", "MEMORY")
        .disable_statement_logging()
}
