//! Tokens: made, changed, given to another owner, revoked; never moved to another service, and never revived.

use jiff::Timestamp;
use sqlx::{Row, SqliteConnection};
use symbolon_core::name::ScopeName;
use symbolon_core::record::Token;
use symbolon_core::store::Room;

use crate::sqlite::fault::{Fault, conflict, missing, taken};

/// A list of names as JSON. Names have a narrow alphabet and need no escapes, but that is their module's to
/// know.
fn scopes(token: &Token) -> String {
    token.scopes.iter().map(ScopeName::as_str).collect::<serde_json::Value>().to_string()
}

fn metadata(token: &Token) -> String {
    serde_json::json!(token.metadata.entries()).to_string()
}

pub(super) async fn create(db: &mut SqliteConnection, token: &Token) -> Result<(), Fault> {
    let Some((digest, pepper)) = &token.digest else {
        return Err(conflict("a new token has a digest"));
    };
    if token.revoked_at.is_some() {
        return Err(conflict("a new token is not revoked"));
    }
    let made = sqlx::query(
        "INSERT INTO tokens (id, service, name, description, owner, token_prefix, scopes, profile, disabled,
             created_at, updated_at, expires_at, last_used_at, revision, digest, pepper, metadata)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17
         WHERE EXISTS (SELECT 1 FROM users WHERE id = ?5 AND removed_at IS NULL)",
    )
    .bind(token.id.to_string())
    .bind(token.service.as_str())
    .bind(&token.name)
    .bind(&token.description)
    .bind(token.owner.to_string())
    .bind(token.token_prefix.as_str())
    .bind(scopes(token))
    .bind(&token.profile)
    .bind(token.disabled)
    .bind(token.created_at.as_millisecond())
    .bind(token.updated_at.as_millisecond())
    .bind(token.expires_at.map(Timestamp::as_millisecond))
    .bind(token.last_used_at.map(Timestamp::as_millisecond))
    .bind(token.revision.cast_signed())
    .bind(digest.as_bytes().as_slice())
    .bind(pepper)
    .bind(metadata(token))
    .execute(db)
    .await
    .map_err(|error| {
        taken(
            error,
            &[
                ("tokens.token_prefix", "that token_prefix is taken in its service"),
                ("tokens.digest", "that secret is taken"),
                ("tokens.id", "that token id is taken"),
            ],
        )
    })?;
    if made.rows_affected() == 0 { Err(missing("the owner")) } else { Ok(()) }
}

/// What a change may do to the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// The token keeps its owner.
    Same,
    /// It gets another, who is there.
    Other,
}

pub(super) async fn change(db: &mut SqliteConnection, token: &Token, owner: Owner) -> Result<(), Fault> {
    match (&token.revoked_at, &token.digest) {
        (Some(_), Some(_)) => return Err(conflict("a revoked token has no digest")),
        (None, None) => return Err(conflict("a token that is not revoked has a digest")),
        _ => {}
    }
    let changed = sqlx::query(
        "UPDATE tokens
         SET name = ?2, description = ?3, scopes = ?4, profile = ?5, disabled = ?6, updated_at = ?7,
             expires_at = ?8, revoked_at = ?10, revision = ?11, digest = ?12, pepper = ?13, metadata = ?18,
             owner = ?15,
             -- The editor may not know of the latest uses.
             last_used_at = coalesce(max(last_used_at, ?9), last_used_at, ?9)
         WHERE id = ?1 AND revision = ?11 - 1 AND revoked_at IS NULL
           AND service = ?14 AND token_prefix = ?16 AND created_at = ?17
           AND (owner = ?15 OR (?19 AND EXISTS (SELECT 1 FROM users WHERE id = ?15 AND removed_at IS NULL)))",
    )
    .bind(token.id.to_string())
    .bind(&token.name)
    .bind(&token.description)
    .bind(scopes(token))
    .bind(&token.profile)
    .bind(token.disabled)
    .bind(token.updated_at.as_millisecond())
    .bind(token.expires_at.map(Timestamp::as_millisecond))
    .bind(token.last_used_at.map(Timestamp::as_millisecond))
    .bind(token.revoked_at.map(Timestamp::as_millisecond))
    .bind(token.revision.cast_signed())
    .bind(token.digest.as_ref().map(|(digest, _)| digest.as_bytes().as_slice()))
    .bind(token.digest.map(|(_, pepper)| pepper))
    .bind(token.service.as_str())
    .bind(token.owner.to_string())
    .bind(token.token_prefix.as_str())
    .bind(token.created_at.as_millisecond())
    .bind(metadata(token))
    .bind(owner == Owner::Other)
    .execute(&mut *db)
    .await
    .map_err(|error| taken(error, &[("tokens.digest", "that secret is taken")]))?;
    if changed.rows_affected() == 0 { Err(why_not(db, token, owner).await?) } else { Ok(()) }
}

/// Why a change found no row to change.
async fn why_not(db: &mut SqliteConnection, token: &Token, owner: Owner) -> Result<Fault, sqlx::Error> {
    let select = "SELECT revoked_at IS NOT NULL AS revoked, revision,
                      EXISTS (SELECT 1 FROM users WHERE id = ?2 AND removed_at IS NULL) AS owned
                  FROM tokens WHERE id = ?1";
    let row = sqlx::query(select)
        .bind(token.id.to_string())
        .bind(token.owner.to_string())
        .fetch_optional(db)
        .await?;
    let Some(row) = row else { return Ok(missing("that token")) };
    Ok(if row.try_get("revoked")? {
        conflict("that token is revoked")
    } else if row.try_get::<i64, _>("revision")?.checked_add(1) != Some(token.revision.cast_signed()) {
        conflict("that token was changed meanwhile")
    } else if owner == Owner::Other && !row.try_get::<bool, _>("owned")? {
        missing("the owner")
    } else {
        conflict("a token keeps its service, owner, token_prefix and time of creation")
    })
}

/// Whether the user has so few live tokens of the service that there may be so many more.
pub(super) async fn has_room(db: &mut SqliteConnection, room: &Room, now: Timestamp) -> Result<bool, Fault> {
    let live: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM tokens
         WHERE service = ?1 AND owner = ?2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?3)
           AND (?4 IS NULL OR max(created_at, updated_at, coalesce(last_used_at, created_at)) > ?4)",
    )
    .bind(room.service.as_str())
    .bind(room.owner.to_string())
    .bind(now.as_millisecond())
    .bind(room.idle_since.map(Timestamp::as_millisecond))
    .fetch_one(db)
    .await?;
    Ok(live.saturating_add(room.more.into()) <= room.most.into())
}
