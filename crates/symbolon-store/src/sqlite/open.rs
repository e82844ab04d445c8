//! Opening: one process, one file, the right file, the right schema; each step that can fail has its
//! sentence.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{ConnectOptions, Connection as _, SqliteConnection, SqlitePool};
use symbolon_core::seal::Sealer;

use super::chain;
#[cfg(feature = "postgres")]
use super::connect::connect_writing;
use super::connect::{DatabaseFile, options};
use super::fault::{cannot_open, cannot_write};
use super::planted::planted;
use super::write;
use crate::OpenError;

/// "SYMB", written by the first migration (`PRAGMA application_id`).
const OURS: i64 = 0x5359_4d42;

/// In order. One that was released is never changed: databases that have it do not run it again.
pub(super) const MIGRATIONS: [&str; 15] = [
    include_str!("../../migrations/sqlite/0001_initial.sql"),
    include_str!("../../migrations/sqlite/0002_usage.sql"),
    include_str!("../../migrations/sqlite/0003_password_temporary.sql"),
    include_str!("../../migrations/sqlite/0004_enforcement.sql"),
    include_str!("../../migrations/sqlite/0005_metadata.sql"),
    include_str!("../../migrations/sqlite/0006_rotation.sql"),
    include_str!("../../migrations/sqlite/0007_rate_limit.sql"),
    include_str!("../../migrations/sqlite/0008_restrictions.sql"),
    AUDIT_CHAIN,
    include_str!("../../migrations/sqlite/0010_seals.sql"),
    include_str!("../../migrations/sqlite/0011_imports.sql"),
    include_str!("../../migrations/sqlite/0012_webhooks.sql"),
    include_str!("../../migrations/sqlite/0013_derived.sql"),
    include_str!("../../migrations/sqlite/0014_answers.sql"),
    include_str!("../../migrations/sqlite/0015_asks.sql"),
];

/// The one that needs the program's help: no SQL computes a hash.
pub(super) const AUDIT_CHAIN: &str = include_str!("../../migrations/sqlite/0009_audit_chain.sql");

/// The schema that brought seals.
pub(super) const SEALED: usize = 10;

/// What to do with a database from before seals, in which nobody can tell what was written by us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsealed {
    /// It is sealed as it is found.
    Trust,
    /// It is refused. Otherwise whoever writes to the database could set its schema back and have it sealed anew.
    Refuse,
}

const READERS: u32 = 4;
/// How long a read waits for one of them.
const ACQUIRE: Duration = Duration::from_secs(5);
/// An open database: the parts that the store and its writer share out.
pub(super) struct Opened {
    pub(super) file: DatabaseFile,
    pub(super) writer: Connection,
    pub(super) readers: SqlitePool,
    /// How to connect for a check of the whole file.
    pub(super) checking: SqliteConnectOptions,
}

/// Opens the database at `path`, or makes it, and brings its schema up to date.
pub(super) async fn open(path: &Path, sealer: &Sealer, unsealed: Unsealed) -> Result<Opened, OpenError> {
    // Absolute, so that neither a change of directory nor a name with a meaning to SQLite (`:memory:`)
    // matters.
    let path = std::path::absolute(path).map_err(|error| fault(path, &error))?;
    let lock = lock(&path)?;
    make(&path)?;
    let path = path.as_path();
    let options = options(path);
    let open_fault = |error: sqlx::Error| cannot_open(path, &error);

    let mut first = options.connect().await.map_err(open_fault)?;
    check_ours(&mut first, path).await?;
    // Before the migrations: they write too.
    refuse_planted(&mut first, path).await?;
    let mode: String =
        sqlx::query_scalar("PRAGMA journal_mode = WAL").fetch_one(&mut first).await.map_err(open_fault)?;
    if mode != "wal" {
        let reason = "its file system cannot hold a write-ahead log".to_owned();
        return Err(OpenError::Failed { path: path.to_owned(), reason });
    }
    let file = DatabaseFile::new(path, lock);
    let mut writer = file.connect().map_err(|error| cannot_write(path, &error))?;
    // Not before there is another: the last one to close would empty the log.
    first.close().await.map_err(open_fault)?;
    let (place, sealer) = (path.to_owned(), sealer.clone());
    let migrated = tokio::task::spawn_blocking(move || {
        migrate(&mut writer, &place, &sealer, unsealed)?;
        Ok(writer)
    });
    let writer = migrated
        .await
        .map_err(|error| OpenError::Failed { path: path.to_owned(), reason: error.to_string() })??;

    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .connect_with(options.clone().read_only(true).pragma("query_only", "ON"))
        .await
        .map_err(open_fault)?;
    Ok(Opened { file, writer, readers, checking: options.pragma("query_only", "ON") })
}

/// Takes the file beside the database that stands for "in use". Two processes with one database would each
/// answer from an index of their own, and neither would hear of the other's revocations.
///
/// Not the database's file itself: closing any descriptor of that one gives up the locks that SQLite holds on
/// it (<https://www.sqlite.org/howtocorrupt.html>, section 2.2).
fn lock(path: &Path) -> Result<File, OpenError> {
    let directory = path.parent().unwrap_or(path);
    if !directory.is_dir() {
        return Err(OpenError::MissingDirectory(directory.to_owned()));
    }
    let mut name = path.to_owned().into_os_string();
    name.push(".lock");
    let name = PathBuf::from(name);
    let file = private().create(true).truncate(false).open(&name).map_err(|error| fault(&name, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(fault(&name, &error)),
    }
}

/// Makes the file if there is none, for its owner alone; SQLite gives its log the same mode. One that is
/// there is opened for writing once, so that the system's reason is heard: SQLite would go on reading.
fn make(path: &Path) -> Result<(), OpenError> {
    if path.exists() && !path.is_file() {
        return Err(OpenError::NotAFile(path.to_owned()));
    }
    match private().create(true).truncate(false).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::PermissionDenied && File::open(path).is_ok() => {
            Err(OpenError::ReadOnly(path.to_owned()))
        }
        Err(error) => Err(fault(path, &error)),
    }
}

pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

pub(super) fn fault(path: &Path, error: &io::Error) -> OpenError {
    let path = path.to_owned();
    match error.kind() {
        ErrorKind::PermissionDenied => OpenError::NoPermission(path),
        ErrorKind::ReadOnlyFilesystem => OpenError::ReadOnly(path),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => OpenError::Full(path),
        _ => OpenError::Failed { path, reason: error.to_string() },
    }
}

/// Refuses a database that another program made, before anything is written to it.
pub(super) async fn check_ours(writer: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    let (made_by, tables): (i64, i64) = sqlx::query_as(
        "SELECT (SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_schema)",
    )
    .fetch_one(writer)
    .await
    .map_err(|error| cannot_open(path, &error))?;
    if made_by == OURS || (made_by == 0 && tables == 0) {
        Ok(())
    } else {
        Err(OpenError::NotOurs(path.to_owned()))
    }
}

/// Refuses a database in which somebody else has put what acts by itself.
pub(super) async fn refuse_planted(db: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    match planted(db).await.map_err(|error| cannot_open(path, &error))? {
        None => Ok(()),
        Some(name) => Err(OpenError::Planted { path: path.to_owned(), name }),
    }
}

/// Brings the schema up to date, in one transaction. How far it is stands in the file (`PRAGMA user_version`), and each
/// migration writes its own number there. The rows are sealed as the last of them leaves them.
fn migrate(
    writer: &mut Connection,
    path: &Path,
    sealer: &Sealer,
    unsealed: Unsealed,
) -> Result<(), OpenError> {
    let open_fault = |error: rusqlite::Error| cannot_write(path, &error);
    let found: i64 = writer.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(open_fault)?;
    // No Symbolon writes a negative number; on such a file the first migration fails, as it should.
    let done = usize::try_from(found).unwrap_or(0);
    if done > MIGRATIONS.len() {
        return Err(OpenError::Newer { path: path.to_owned(), found: done, known: MIGRATIONS.len() });
    }
    if done == MIGRATIONS.len() {
        return Ok(());
    }
    // Zero is a new file: `check_ours` has seen to it that there is nothing in it.
    let sealing = (1..SEALED).contains(&done);
    if sealing && unsealed == Unsealed::Refuse {
        return Err(OpenError::Unsealed(path.to_owned()));
    }
    let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate).map_err(open_fault)?;
    run(&transaction, &MIGRATIONS[done..]).map_err(open_fault)?;
    if sealing {
        write::seal_all(&transaction, sealer).map_err(open_fault)?;
    }
    transaction.commit().map_err(open_fault)
}

fn run(db: &Connection, migrations: &[&str]) -> Result<(), rusqlite::Error> {
    for migration in migrations {
        db.execute_batch(migration)?;
        if *migration == AUDIT_CHAIN {
            chain::take_over(db)?;
        }
    }
    Ok(())
}

/// Makes a file with nothing in it but the newest schema, for its owner alone; nobody has it open.
#[cfg(feature = "postgres")]
pub(super) fn make_new(path: &Path) -> Result<(), OpenError> {
    private().create_new(true).open(path).map_err(|error| fault(path, &error))?;
    let open_fault = |error: rusqlite::Error| cannot_write(path, &error);
    let mut db = connect_writing(path).map_err(open_fault)?;
    let transaction = db.transaction().map_err(open_fault)?;
    run(&transaction, &MIGRATIONS).map_err(open_fault)?;
    transaction.commit().map_err(open_fault)
}

/// A new database under keys that do not matter.
#[cfg(test)]
pub(super) async fn open_new(path: &Path) -> Opened {
    use symbolon_core::{decision::Keys, digest::Pepper, session::SessionKey};
    let key = || zeroize::Zeroizing::new([1; 32]);
    let keys = Keys::new(Pepper::new(1, &key()), SessionKey::new(&key()));
    open(path, &Sealer::new(&keys), Unsealed::Refuse).await.unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::connect::{EMPTY_LOG, PATIENCE, connect_reading};

    fn pragma(db: &Connection, sql: &'static str) -> i64 {
        db.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    #[tokio::test]
    async fn the_writer_is_durable_and_trusts_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let opened = open_new(&directory.path().join("symbolon.db")).await;
        let again = opened.file.connect().unwrap();
        for writer in [&opened.writer, &again] {
            assert_eq!(pragma(writer, "PRAGMA synchronous"), 2, "FULL");
            assert_eq!(pragma(writer, "PRAGMA secure_delete"), 1);
            assert_eq!(pragma(writer, "PRAGMA foreign_keys"), 1);
            assert_eq!(pragma(writer, "PRAGMA trusted_schema"), 0);
            assert_eq!(pragma(writer, "PRAGMA temp_store"), 2, "MEMORY");
            let patience = Duration::from_millis(pragma(writer, "PRAGMA busy_timeout").unsigned_abs());
            assert_eq!(patience, PATIENCE);
            writer.execute_batch(EMPTY_LOG).unwrap();
            assert_eq!(pragma(writer, "PRAGMA busy_timeout"), 2_000, "patient again");
        }
    }

    #[tokio::test]
    async fn a_reader_cannot_write() {
        let directory = tempfile::tempdir().unwrap();
        let opened = open_new(&directory.path().join("symbolon.db")).await;
        let refused = sqlx::raw_sql("DELETE FROM users").execute(&opened.readers).await;
        assert!(refused.unwrap_err().to_string().contains("readonly"));
        let own = connect_reading(opened.file.path()).unwrap();
        assert!(own.execute("DELETE FROM users", []).unwrap_err().to_string().contains("readonly"));
    }
}
