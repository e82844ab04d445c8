//! What is read in SQLite's own words, and of the database as a whole; what both databases are asked alike is in
//! `crate::reading`.

mod peppers;
mod tokens;
mod usage;

use async_trait::async_trait;
use sqlx::sqlite::{Sqlite, SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions, Connection, SqliteConnection, SqlitePool};
use symbolon_core::id::TokenId;
use symbolon_core::imported::Source;
use symbolon_core::name::ServiceName;
use symbolon_core::store::StoreError;

pub(super) use self::peppers::{
    digests_by_pepper, pepper_uses, seals_by_pepper, under_pepper, unused_imports,
};
pub(super) use self::tokens::tokens;
pub(super) use self::usage::{requests, routes_used, usage};
use super::fault::unavailable;
use super::planted::planted;
use crate::reading::{Asked, Given};
use crate::rows;
use crate::seals::Seals;

/// Connections that read.
pub(super) type Readers = crate::reading::Readers<Sqlite>;

#[async_trait]
impl Asked for Readers {
    type Row = SqliteRow;

    async fn rows(&self, sql: &'static str, given: &[Given<'_>]) -> Result<Vec<SqliteRow>, StoreError> {
        let asked = given.iter().fold(sqlx::query(sql), |asked, value| match *value {
            Given::Number(number) => asked.bind(number),
            Given::Text(text) => asked.bind(text),
            Given::MaybeText(text) => asked.bind(text),
            Given::MaybeNumber(number) => asked.bind(number),
            Given::Truth(truth) => asked.bind(truth),
            Given::Blob(bytes) => asked.bind(bytes),
        });
        asked.fetch_all(&self.pool).await.map_err(|error| unavailable(&error))
    }

    fn seals(&self) -> &Seals {
        &self.seals
    }
}

pub(super) async fn imported(
    db: &SqlitePool,
    service: &ServiceName,
    sources: &[Source],
) -> Result<Vec<(Source, TokenId)>, StoreError> {
    let digits = |source: &Source| {
        source.0.as_bytes().iter().fold(String::new(), |digits, byte| format!("{digits}{byte:02x}"))
    };
    let sources: serde_json::Value = sources.iter().map(digits).collect();
    let rows = sqlx::query(
        "SELECT id, import_source FROM tokens
         WHERE service = ?1 AND import_source IN (SELECT unhex(value) FROM json_each(?2))",
    )
    .bind(service.as_str())
    .bind(sources.to_string())
    .fetch_all(db)
    .await
    .map_err(|error| unavailable(&error))?;
    let found = rows.iter().map(|row| rows::only(Some(row), "tokens", rows::imported_from));
    Ok(found.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// A read that has to go to the file: a constant would be answered without it.
pub(super) async fn ping(db: &SqlitePool) -> Result<(), StoreError> {
    sqlx::query_scalar::<_, bool>("SELECT EXISTS (SELECT 1 FROM users)")
        .fetch_one(db)
        .await
        .map(drop)
        .map_err(|error| unavailable(&error))
}

/// The bytes of the pages, whether they lie in the database's file yet or in its log.
pub(super) async fn size(db: &SqlitePool) -> Result<u64, StoreError> {
    sqlx::query_scalar::<_, i64>(
        "SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)",
    )
    .fetch_one(db)
    .await
    .map(i64::cast_unsigned)
    .map_err(|error| unavailable(&error))
}

/// Looks through the whole file, on a connection that may write and does not: on one opened for reading,
/// SQLite leaves CHECK constraints out of the schema, and so out of its check.
pub(super) async fn check(db: &SqliteConnectOptions) -> Result<(), StoreError> {
    let mut db = db.connect().await.map_err(|error| unavailable(&error))?;
    let finding = find_damage(&mut db).await;
    // Closed before the answer, or the file would stay open behind whoever closes the store next.
    let closed = db.close().await.map_err(|error| unavailable(&error));
    finding.and(closed)
}

pub(super) async fn find_damage(db: &mut SqliteConnection) -> Result<(), StoreError> {
    if let Some(name) = planted(&mut *db).await.map_err(|error| unavailable(&error))? {
        let detail = format!("somebody has put {name:?} into the database's schema, where it acts by itself");
        return Err(StoreError::Unavailable(detail));
    }
    // One finding is enough to know. It names tables, indexes and row numbers, never values.
    let finding: String = sqlx::query_scalar("PRAGMA integrity_check(1)")
        .fetch_one(&mut *db)
        .await
        .map_err(|error| unavailable(&error))?;
    if finding != "ok" {
        return Err(StoreError::Unavailable(format!("the database's file is damaged: {finding}")));
    }
    let orphan = sqlx::query("PRAGMA foreign_key_check")
        .fetch_optional(db)
        .await
        .map_err(|error| unavailable(&error))?;
    match orphan {
        None => Ok(()),
        Some(_) => {
            Err(StoreError::Unavailable("a row of the record names a user that is not there".to_owned()))
        }
    }
}
