//! Reads of single rows and of the database as a whole; `lists` has the pages.
//!
//! Each is one statement, and so sees one moment: everything acknowledged before it.

mod audit;
mod lists;
mod peppers;
mod tokens;
mod usage;
mod webhooks;

use std::sync::Arc;

use jiff::Timestamp;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection, SqlitePool};
use symbolon_core::id::{KeyId, TokenId, UserId};
use symbolon_core::imported::Source;
use symbolon_core::name::{ServiceName, UserName};
use symbolon_core::record::{Key, Token, User};
use symbolon_core::store::{Claim, StoreError};
use symbolon_core::token::TokenPrefix;

pub(super) use self::audit::{audit_after, audit_head};
pub(super) use self::lists::{audit, keys, sessions, users};
pub(super) use self::peppers::{
    digests_by_pepper, pepper_uses, seals_by_pepper, under_pepper, unused_imports,
};
pub(super) use self::tokens::tokens;
pub(super) use self::usage::{requests, routes_used, usage};
pub(super) use self::webhooks::{endings, webhooks};
use super::fault::unavailable;
use super::planted::planted;
use crate::rows::{self, select_keys, select_tokens, select_users};
use crate::seals::Seals;

/// Connections that read, and what rows are checked with.
#[derive(Debug)]
pub(super) struct Readers {
    pub(super) pool: SqlitePool,
    pub(super) seals: Arc<Seals>,
}

pub(super) async fn token(
    db: &Readers,
    service: &ServiceName,
    id: TokenId,
) -> Result<Option<Token>, StoreError> {
    let row = sqlx::query(select_tokens!("WHERE id = ?1 AND service = ?2"))
        .bind(id.to_string())
        .bind(service.as_str())
        .fetch_optional(&db.pool)
        .await
        .map_err(|error| unavailable(&error))?;
    rows::only_sealed(row, &db.seals)
}

pub(super) async fn token_prefixed(
    db: &Readers,
    service: &ServiceName,
    prefix: TokenPrefix,
) -> Result<Option<Token>, StoreError> {
    let row = sqlx::query(select_tokens!("WHERE service = ?1 AND token_prefix = ?2"))
        .bind(service.as_str())
        .bind(prefix.as_str())
        .fetch_optional(&db.pool)
        .await
        .map_err(|error| unavailable(&error))?;
    rows::only_sealed(row, &db.seals)
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

pub(super) async fn user(db: &Readers, id: UserId) -> Result<Option<User>, StoreError> {
    let row = sqlx::query(select_users!("WHERE id = ?1 AND removed_at IS NULL"))
        .bind(id.to_string())
        .fetch_optional(&db.pool)
        .await
        .map_err(|error| unavailable(&error))?;
    rows::only_sealed(row, &db.seals)
}

pub(super) async fn user_named(db: &Readers, name: &UserName) -> Result<Option<User>, StoreError> {
    let row = sqlx::query(select_users!("WHERE name = ?1 AND removed_at IS NULL"))
        .bind(name.as_str())
        .fetch_optional(&db.pool)
        .await
        .map_err(|error| unavailable(&error))?;
    rows::only_sealed(row, &db.seals)
}

pub(super) async fn key(db: &Readers, id: KeyId) -> Result<Option<Key>, StoreError> {
    let row = sqlx::query(select_keys!("WHERE id = ?1"))
        .bind(id.to_string())
        .fetch_optional(&db.pool)
        .await
        .map_err(|error| unavailable(&error))?;
    rows::only_sealed(row, &db.seals)
}

pub(super) async fn claim(
    db: &SqlitePool,
    scope: &str,
    key: &str,
    now: Timestamp,
) -> Result<Option<Claim>, StoreError> {
    let row = sqlx::query(
        "SELECT scope, key, body, made, expires_at FROM claims WHERE scope = ?1 AND key = ?2 AND expires_at > ?3",
    )
    .bind(scope)
    .bind(key)
    .bind(now.as_millisecond())
    .fetch_optional(db)
    .await
    .map_err(|error| unavailable(&error))?;
    rows::only(row.as_ref(), "claims", rows::claim)
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
