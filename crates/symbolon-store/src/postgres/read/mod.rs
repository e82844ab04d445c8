//! Reads of single rows; `lists` has the pages, and `whole` what is asked of the database as a whole.
//!
//! Each is one statement, and so sees one moment: everything acknowledged before it, for all of them go to the primary.

mod audit;
mod lists;
mod peppers;
mod tokens;
mod usage;
mod webhooks;
mod whole;

use std::sync::Arc;

use jiff::Timestamp;
use sqlx::PgPool;
use symbolon_core::id::{KeyId, TokenId, UserId};
use symbolon_core::imported::Source;
use symbolon_core::name::{ServiceName, UserName};
use symbolon_core::record::{Key, Token, User};
use symbolon_core::store::{Claim, StoreError};
use symbolon_core::token::TokenPrefix;

pub(super) use self::audit::{audit_after, audit_head};
pub(super) use self::lists::{audit, keys, sessions, users};
pub(super) use self::peppers::{pepper_uses, under_pepper, unused_imports};
pub(super) use self::tokens::tokens;
pub(super) use self::usage::{requests, routes_used, usage};
pub(super) use self::webhooks::{endings, webhooks};
pub(super) use self::whole::{check, ping, size};
use super::fault::unavailable;
use crate::rows::{self, select_keys, select_tokens, select_users};
use crate::seals::Seals;

/// Connections that read, and what rows are checked with.
#[derive(Debug)]
pub(super) struct Readers {
    pub(super) pool: PgPool,
    pub(super) seals: Arc<Seals>,
}

/// Whether no text in the database is like this one: it keeps none with that character, and takes none as a parameter.
fn matches_nothing(text: Option<&String>) -> bool {
    text.is_some_and(|text| text.contains('\0'))
}

pub(super) async fn token(
    db: &Readers,
    service: &ServiceName,
    id: TokenId,
) -> Result<Option<Token>, StoreError> {
    let row = sqlx::query(select_tokens!("WHERE id = $1 AND service = $2"))
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
    let row = sqlx::query(select_tokens!("WHERE service = $1 AND token_prefix = $2"))
        .bind(service.as_str())
        .bind(prefix.as_str())
        .fetch_optional(&db.pool)
        .await
        .map_err(|error| unavailable(&error))?;
    rows::only_sealed(row, &db.seals)
}

pub(super) async fn imported(
    db: &PgPool,
    service: &ServiceName,
    sources: &[Source],
) -> Result<Vec<(Source, TokenId)>, StoreError> {
    let sources: Vec<&[u8]> = sources.iter().map(|source| source.0.as_bytes().as_slice()).collect();
    let rows =
        sqlx::query("SELECT id, import_source FROM tokens WHERE service = $1 AND import_source = ANY ($2)")
            .bind(service.as_str())
            .bind(sources)
            .fetch_all(db)
            .await
            .map_err(|error| unavailable(&error))?;
    let found = rows.iter().map(|row| rows::only(Some(row), "tokens", rows::imported_from));
    Ok(found.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

pub(super) async fn user(db: &Readers, id: UserId) -> Result<Option<User>, StoreError> {
    let row = sqlx::query(select_users!("WHERE id = $1 AND removed_at IS NULL"))
        .bind(id.to_string())
        .fetch_optional(&db.pool)
        .await
        .map_err(|error| unavailable(&error))?;
    rows::only_sealed(row, &db.seals)
}

pub(super) async fn user_named(db: &Readers, name: &UserName) -> Result<Option<User>, StoreError> {
    let row = sqlx::query(select_users!("WHERE name = $1 AND removed_at IS NULL"))
        .bind(name.as_str())
        .fetch_optional(&db.pool)
        .await
        .map_err(|error| unavailable(&error))?;
    rows::only_sealed(row, &db.seals)
}

pub(super) async fn key(db: &Readers, id: KeyId) -> Result<Option<Key>, StoreError> {
    let row = sqlx::query(select_keys!("WHERE id = $1"))
        .bind(id.to_string())
        .fetch_optional(&db.pool)
        .await
        .map_err(|error| unavailable(&error))?;
    rows::only_sealed(row, &db.seals)
}

pub(super) async fn claim(
    db: &PgPool,
    scope: &str,
    key: &str,
    now: Timestamp,
) -> Result<Option<Claim>, StoreError> {
    let row = sqlx::query(
        "SELECT scope, key, body, made, expires_at FROM claims WHERE scope = $1 AND key = $2 AND expires_at > $3",
    )
    .bind(scope)
    .bind(key)
    .bind(now.as_millisecond())
    .fetch_optional(db)
    .await
    .map_err(|error| unavailable(&error))?;
    rows::only(row.as_ref(), "claims", rows::claim)
}
