//! What is read of either database alike: single rows here, pages in `lists`, what tokens ask for in `asks`, the audit's chain in `audit`, and what webhooks
//! read in `webhooks`. What the two understand differently is in their own `read`.
//!
//! Each read is one statement, and so sees one moment: everything acknowledged before it. Parameters are written `$1`, which
//! both take.

pub(crate) mod asks;
mod audit;
pub(crate) mod lists;
pub(crate) mod tokens;
pub(crate) mod webhooks;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::{Database, Pool};
use symbolon_core::id::{KeyId, TokenId, UserId};
use symbolon_core::name::{ServiceName, UserName};
use symbolon_core::record::{Key, Token, User};
use symbolon_core::store::{Claim, StoreError};
use symbolon_core::token::TokenPrefix;

use crate::rows::{self, Columns, get, select_keys, select_tokens, select_users};
use crate::seals::Seals;

pub(crate) use self::asks::{ask, asks};
pub(crate) use self::audit::{audit_after, audit_head};
pub(crate) use self::lists::{audit, keys, sessions, users};
pub(crate) use self::webhooks::{endings, webhooks};

/// Connections that read, and what rows are checked with.
#[derive(Debug)]
pub(crate) struct Readers<D: Database> {
    pub(crate) pool: Pool<D>,
    pub(crate) seals: Arc<Seals>,
}

/// A value that a statement is asked with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Given<'a> {
    Number(i64),
    Text(&'a str),
    MaybeText(Option<&'a str>),
    MaybeNumber(Option<i64>),
    Truth(bool),
    /// Of no column that is asked about: what SQLite sorts after every text.
    Blob(&'a [u8]),
}

/// A database as it is asked.
#[async_trait]
pub(crate) trait Asked: Sync {
    type Row: Columns + Send + Sync;

    /// The rows that a statement finds with these values.
    async fn rows(&self, sql: &'static str, given: &[Given<'_>]) -> Result<Vec<Self::Row>, StoreError>;

    /// What the rows are checked with.
    fn seals(&self) -> &Seals;

    /// The row of a statement that finds one at the most.
    async fn row(&self, sql: &'static str, given: &[Given<'_>]) -> Result<Option<Self::Row>, StoreError> {
        Ok(self.rows(sql, given).await?.into_iter().next())
    }
}

pub(crate) async fn token(
    db: &impl Asked,
    service: &ServiceName,
    id: TokenId,
) -> Result<Option<Token>, StoreError> {
    let sql = select_tokens!("WHERE id = $1 AND service = $2");
    let row = db.row(sql, &[Given::Text(&id.to_string()), Given::Text(service.as_str())]).await?;
    rows::only_sealed(row, db.seals())
}

pub(crate) async fn token_prefixed(
    db: &impl Asked,
    service: &ServiceName,
    prefix: TokenPrefix,
) -> Result<Option<Token>, StoreError> {
    let sql = select_tokens!("WHERE service = $1 AND token_prefix = $2");
    let row = db.row(sql, &[Given::Text(service.as_str()), Given::Text(prefix.as_str())]).await?;
    rows::only_sealed(row, db.seals())
}

pub(crate) async fn children(db: &impl Asked, parent: TokenId, now: Timestamp) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) AS children FROM tokens
               WHERE parent = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)";
    let parent = parent.to_string();
    let row = db.row(sql, &[Given::Text(&parent), Given::Number(now.as_millisecond())]).await?;
    let count: Option<i64> = row.map(|row| get(&row, "children")).transpose()?;
    Ok(count.unwrap_or(0).unsigned_abs())
}

pub(crate) async fn user(db: &impl Asked, id: UserId) -> Result<Option<User>, StoreError> {
    let sql = select_users!("WHERE id = $1 AND removed_at IS NULL");
    rows::only_sealed(db.row(sql, &[Given::Text(&id.to_string())]).await?, db.seals())
}

pub(crate) async fn user_named(db: &impl Asked, name: &UserName) -> Result<Option<User>, StoreError> {
    let sql = select_users!("WHERE name = $1 AND removed_at IS NULL");
    rows::only_sealed(db.row(sql, &[Given::Text(name.as_str())]).await?, db.seals())
}

pub(crate) async fn key(db: &impl Asked, id: KeyId) -> Result<Option<Key>, StoreError> {
    let sql = select_keys!("WHERE id = $1");
    rows::only_sealed(db.row(sql, &[Given::Text(&id.to_string())]).await?, db.seals())
}

pub(crate) async fn claim(
    db: &impl Asked,
    scope: &str,
    key: &str,
    now: Timestamp,
) -> Result<Option<Claim>, StoreError> {
    let sql = "SELECT scope, key, body, made, expires_at FROM claims WHERE scope = $1 AND key = $2 AND expires_at > $3";
    let given = [Given::Text(scope), Given::Text(key), Given::Number(now.as_millisecond())];
    rows::only(db.row(sql, &given).await?.as_ref(), "claims", rows::claim)
}
