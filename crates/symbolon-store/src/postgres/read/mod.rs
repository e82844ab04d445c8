//! What is read in PostgreSQL's own words; `whole` has what is asked of the database as a whole. What both databases are asked
//! alike is in `crate::reading`. All of it goes to the primary.

mod peppers;
mod tokens;
mod usage;
mod whole;

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Postgres};
use symbolon_core::id::TokenId;
use symbolon_core::imported::Source;
use symbolon_core::name::ServiceName;
use symbolon_core::store::StoreError;

pub(super) use self::peppers::{pepper_uses, under_pepper, unused_imports};
pub(super) use self::tokens::tokens;
pub(super) use self::usage::{requests, routes_used, usage};
pub(super) use self::whole::{check, size};
use super::again::read;
use crate::reading::{Asked, Given};
use crate::rows;
use crate::seals::Seals;

/// Connections that read.
pub(super) type Readers = crate::reading::Readers<Postgres>;

#[async_trait]
impl Asked for Readers {
    type Row = PgRow;

    async fn rows(&self, sql: &'static str, given: &[Given<'_>]) -> Result<Vec<PgRow>, StoreError> {
        // It keeps no text with that character, and takes none as a value: nothing there is like it.
        let with_zero = given.iter().any(|value| match *value {
            Given::Text(text) | Given::MaybeText(Some(text)) => text.contains('\0'),
            _ => false,
        });
        if with_zero {
            return Ok(Vec::new());
        }
        read(&self.pool, async |db| {
            let asked = given.iter().fold(sqlx::query(sql), |asked, value| match *value {
                Given::Number(number) => asked.bind(number),
                Given::Text(text) => asked.bind(text),
                Given::MaybeText(text) => asked.bind(text),
                Given::MaybeNumber(number) => asked.bind(number),
                Given::Truth(truth) => asked.bind(truth),
                Given::Blob(bytes) => asked.bind(bytes),
            });
            asked.fetch_all(db).await
        })
        .await
    }

    fn seals(&self) -> &Seals {
        &self.seals
    }
}

pub(super) async fn imported(
    db: &PgPool,
    service: &ServiceName,
    sources: &[Source],
) -> Result<Vec<(Source, TokenId)>, StoreError> {
    let sources: Vec<&[u8]> = sources.iter().map(|source| source.0.as_bytes().as_slice()).collect();
    let rows = read(db, async |db| {
        sqlx::query("SELECT id, import_source FROM tokens WHERE service = $1 AND import_source = ANY ($2)")
            .bind(service.as_str())
            .bind(&sources)
            .fetch_all(db)
            .await
    })
    .await?;
    let found = rows.iter().map(|row| rows::only(Some(row), "tokens", rows::imported_from));
    Ok(found.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}
