//! Copies of a database, whole while it is being written to.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::connect::options;
use super::fault::cannot_open;
use super::open::{MIGRATIONS, SEALED, check_ours, fault, private, refuse_planted};
use super::read;
use crate::OpenError;

/// What is in a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The number of its schema.
    pub schema: usize,
    /// Tokens that are not revoked.
    pub tokens: u64,
    /// Users who are not removed.
    pub users: u64,
    /// System and verifier keys.
    pub keys: u64,
    /// The peppers that its digests and seals were made under: without each of them something in it is dead.
    pub peppers: Vec<u32>,
}

/// Copies the database at `from`, as it is at one moment, into a new file at `to`, for its owner alone and on the disk when
/// this returns. Whoever has the database open goes on reading and writing meanwhile. What was erased is not in the copy.
///
/// # Errors
/// As for opening it. Where it fails, what is at `to` is no copy, and is the caller's to remove.
pub async fn copy(from: &Path, to: &Path) -> Result<(), OpenError> {
    let new = |path: &Path| -> io::Result<File> { private().create_new(true).open(path) };
    // SQLite takes an empty file, and would make one that others can read.
    new(to).map_err(|error| fault(to, &error))?;
    let mut db = reading(from).await?;
    let copied = sqlx::query("VACUUM INTO ?1").bind(to.to_string_lossy()).execute(&mut db).await;
    copied.map_err(|error| cannot_open(from, &error))?;
    db.close().await.map_err(|error| cannot_open(from, &error))?;
    let written = OpenOptions::new().write(true).open(to).and_then(|file| file.sync_all());
    written.map_err(|error| fault(to, &error))
}

/// Looks through a database that nobody writes to: whether it is ours, of a schema that is known, and whole; and what is
/// in it.
///
/// # Errors
/// The first thing that is wrong with it.
pub async fn inspect(path: &Path) -> Result<Contents, OpenError> {
    let mut db = reading(path).await?;
    check_ours(&mut db, path).await?;
    refuse_planted(&mut db, path).await?;
    read::find_damage(&mut db).await.map_err(|_| OpenError::Damaged(path.to_owned()))?;
    let contents = contents(&mut db).await.map_err(|error| cannot_open(path, &error))?;
    db.close().await.map_err(|error| cannot_open(path, &error))?;
    match contents.schema {
        // An empty database is nobody's backup.
        0 => Err(OpenError::NotOurs(path.to_owned())),
        found if found > MIGRATIONS.len() => {
            Err(OpenError::Newer { path: path.to_owned(), found, known: MIGRATIONS.len() })
        }
        _ => Ok(contents),
    }
}

async fn contents(db: &mut SqliteConnection) -> Result<Contents, sqlx::Error> {
    let schema: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *db).await?;
    let schema = usize::try_from(schema).unwrap_or(0);
    if schema == 0 || schema > MIGRATIONS.len() {
        return Ok(Contents { schema, tokens: 0, users: 0, keys: 0, peppers: Vec::new() });
    }
    let (tokens, users, keys): (i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM tokens WHERE revoked_at IS NULL),
             (SELECT count(*) FROM users WHERE removed_at IS NULL), (SELECT count(*) FROM keys)",
    )
    .fetch_one(&mut *db)
    .await?;
    let mut peppers = read::digests_by_pepper(&mut *db).await?;
    if schema >= SEALED {
        peppers.extend(read::seals_by_pepper(&mut *db).await?);
    }
    let mut peppers: Vec<u32> = peppers.into_iter().map(|one| one.pepper).collect();
    peppers.sort_unstable();
    peppers.dedup();
    Ok(Contents {
        schema,
        tokens: tokens.cast_unsigned(),
        users: users.cast_unsigned(),
        keys: keys.cast_unsigned(),
        peppers,
    })
}

async fn reading(path: &Path) -> Result<SqliteConnection, OpenError> {
    if !path.is_file() {
        return Err(OpenError::NotAFile(path.to_owned()));
    }
    let options: SqliteConnectOptions = options(path).read_only(true);
    options.connect().await.map_err(|error| cannot_open(path, &error))
}
