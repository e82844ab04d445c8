//! Tokens: made, changed, given to another owner, revoked; never moved to another service, and never revived.

use jiff::Timestamp;
use sqlx::PgConnection;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use symbolon_core::foreign::ForeignHash;
use symbolon_core::id::{TokenId, UserId};
use symbolon_core::record::Token;
use symbolon_core::seal::{Seal, Sealer};
use symbolon_core::store::Room;

use crate::fault::{conflict, known, missing};
use crate::postgres::fault::{Fault, taken};
use crate::writing::{
    FoundToken, Owner, Revoked, With, one_secret, owner_or_parent, scopes, token_unchanged,
};
use crate::{loans, rotation};

/// Binds what both a new token and a changed one are written with, from `$1` to `$28`.
fn bound<'q>(
    query: Query<'q, sqlx::Postgres, PgArguments>,
    token: &'q Token,
    seal: Option<&Seal>,
) -> Query<'q, sqlx::Postgres, PgArguments> {
    query
        .bind(token.id.to_string())
        .bind(token.service.as_str())
        .bind(&token.name)
        .bind(&token.description)
        .bind(token.owner.to_string())
        .bind(token.token_prefix.as_str())
        .bind(scopes(&token.scopes))
        .bind(&token.profile)
        .bind(token.disabled)
        .bind(token.created_at.as_millisecond())
        .bind(token.updated_at.as_millisecond())
        .bind(token.expires_at.map(Timestamp::as_millisecond))
        .bind(token.last_used_at.map(Timestamp::as_millisecond))
        .bind(token.revision.cast_signed())
        .bind(token.digest.as_ref().map(|(digest, _)| digest.as_bytes().to_vec()))
        .bind(token.digest.map(|(_, pepper)| i64::from(pepper)))
        .bind(serde_json::json!(token.metadata.entries()).to_string())
        .bind(rotation::written(&token.rotation))
        .bind(token.rate_limit.map(|rate| rate.to_string()))
        .bind(serde_json::json!(token.restrictions).to_string())
        .bind(seal.map(|seal| seal.as_bytes().to_vec()))
        .bind(token.is_of_old_form())
        .bind(token.foreign().map(ForeignHash::as_text))
        .bind(token.parent.map(|parent| parent.id.to_string()))
        .bind(token.parent.map(|parent| i64::from(parent.depth)))
        .bind(i64::from(token.derive))
        .bind(token.change_limit.map(|rate| rate.to_string()))
        .bind(loans::written(&token.loans))
}

pub(super) async fn create(db: &mut PgConnection, token: &Token, sealer: &Sealer) -> Result<(), Fault> {
    if token.revoked_at.is_some() {
        return Err(conflict("a new token is not revoked"));
    }
    if let Some((_, pepper)) = token.digest {
        known(sealer, pepper)?;
    }
    one_secret(token)?;
    let insert = sqlx::query(
        "INSERT INTO tokens (id, service, name, description, owner, token_prefix, scopes, profile, disabled,
             created_at, updated_at, expires_at, last_used_at, revision, digest, pepper, metadata, rotation,
             rate_limit, restrictions, seal, of_old_form, foreign_hash, parent, depth, derive, change_limit, loans,
             import_source, old_prefix)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
             $23, $24, $25, $26, $27, $28, $29, $30
         WHERE EXISTS (SELECT 1 FROM users WHERE id = $5 AND removed_at IS NULL)
           AND ($24 IS NULL OR EXISTS (SELECT 1 FROM tokens WHERE id = $24 AND revoked_at IS NULL))",
    );
    let imported = token.imported.as_ref();
    let made = bound(insert, token, Some(&sealer.seal(token)))
        .bind(imported.map(|imported| imported.source.0.as_bytes().as_slice()))
        .bind(imported.map(|imported| imported.old_prefix.as_str()))
        .execute(&mut *db)
        .await
        .map_err(|error| {
            taken(
                error,
                &[
                    ("tokens_service_token_prefix_key", "that token_prefix is taken in its service"),
                    ("tokens_digest_key", "that secret is taken"),
                    ("tokens_imported", "that row was imported before"),
                    ("tokens_pkey", "that token id is taken"),
                ],
            )
        })?;
    if made.rows_affected() == 0 { Err(not_made(db, token).await?) } else { Ok(()) }
}

/// Why a new token found nothing to hang on.
async fn not_made(db: &mut PgConnection, token: &Token) -> Result<Fault, sqlx::Error> {
    let owned: Option<i32> = sqlx::query_scalar("SELECT 1 FROM users WHERE id = $1 AND removed_at IS NULL")
        .bind(token.owner.to_string())
        .fetch_optional(db)
        .await?;
    Ok(owner_or_parent(owned.is_some()))
}

pub(super) async fn change(
    db: &mut PgConnection,
    token: &Token,
    sealer: &Sealer,
    owner: Owner,
) -> Result<(), Fault> {
    one_secret(token)?;
    if let Some((_, pepper)) = token.digest {
        known(sealer, pepper)?;
    }
    let seal = token.revoked_at.is_none().then(|| sealer.seal(token));
    let update = sqlx::query(
        "UPDATE tokens
         SET name = $3, description = $4, owner = $5, scopes = $7, profile = $8, disabled = $9, updated_at = $11,
             expires_at = $12, revision = $14, digest = $15, pepper = $16, metadata = $17, rotation = $18,
             rate_limit = $19, restrictions = $20, seal = $21, of_old_form = $22, foreign_hash = $23, revoked_at = $29,
             derive = $26, change_limit = $27, loans = $28,
             -- The editor may not know of the latest uses.
             last_used_at = greatest(last_used_at, $13)
         WHERE id = $1 AND revision = $14 - 1 AND revoked_at IS NULL
           AND service = $2 AND token_prefix = $6 AND created_at = $10
           AND parent IS NOT DISTINCT FROM $24 AND depth IS NOT DISTINCT FROM $25
           AND (owner = $5 OR ($30 AND EXISTS (SELECT 1 FROM users WHERE id = $5 AND removed_at IS NULL)))",
    );
    let changed = bound(update, token, seal.as_ref())
        .bind(token.revoked_at.map(Timestamp::as_millisecond))
        .bind(owner == Owner::Other)
        .execute(&mut *db)
        .await
        .map_err(|error| taken(error, &[("tokens_digest_key", "that secret is taken")]))?;
    if changed.rows_affected() == 0 { Err(why_not(db, token, owner).await?) } else { Ok(()) }
}

/// Revokes a token whatever its row says, and leaves of the row what can be read.
pub(super) async fn erase(db: &mut PgConnection, id: TokenId, at: Timestamp) -> Result<(), Fault> {
    let erased = sqlx::query(
        "UPDATE tokens
         SET revoked_at = $2, created_at = least(greatest(created_at, 0), $2), updated_at = $2, expires_at = NULL,
             last_used_at = NULL, digest = NULL, pepper = NULL, seal = NULL, scopes = '[]', metadata = '{}',
             rotation = NULL, rate_limit = NULL, restrictions = '{}', of_old_form = false, foreign_hash = NULL,
             derive = 0, change_limit = NULL, loans = NULL, revision = 1
         WHERE id = $1 AND revoked_at IS NULL",
    )
    .bind(id.to_string())
    .bind(at.as_millisecond())
    .execute(&mut *db)
    .await?;
    if erased.rows_affected() > 0 {
        return Ok(());
    }
    let there: Option<i32> = sqlx::query_scalar("SELECT 1 FROM tokens WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(db)
        .await?;
    there.map(drop).ok_or_else(|| missing("that token"))
}

/// Revokes what descends from tokens, at all distances. What a rotation keeps besides digests stays.
macro_rules! end_descendants {
    ($of:literal) => {
        concat!(
            "WITH RECURSIVE gone (id) AS (
                 SELECT id FROM tokens WHERE ",
            $of,
            " UNION SELECT tokens.id FROM tokens JOIN gone ON tokens.parent = gone.id)
             UPDATE tokens
             SET revoked_at = $2, updated_at = $2, digest = NULL, pepper = NULL, seal = NULL, of_old_form = false,
                 foreign_hash = NULL, revision = revision + 1,
                 rotation = CASE WHEN rotation IS NOT NULL THEN json_build_object(
                     'at', rotation::json -> 'at', 'first_used_at', rotation::json -> 'first_used_at', 'old', NULL,
                     'retired', '[]'::json, 'reused_at', rotation::json -> 'reused_at')::text END
             WHERE id IN (SELECT id FROM gone) AND revoked_at IS NULL
             RETURNING id, service, name,
                 coalesce((SELECT users.name FROM users WHERE users.id = tokens.owner), owner) AS owner"
        )
    };
}

/// Whose descendants end.
pub(super) enum Of {
    /// This token's, which is revoked.
    Token(TokenId),
    /// Those of all tokens of a user who was removed, at this moment.
    Owner(UserId),
}

/// Revokes what descends from tokens that are revoked.
pub(super) async fn end_descendants(
    db: &mut PgConnection,
    of: &Of,
    at: Timestamp,
) -> Result<Vec<Revoked>, Fault> {
    let (sql, id) = match of {
        Of::Token(id) => (end_descendants!("id = $1"), id.to_string()),
        Of::Owner(id) => (end_descendants!("owner = $1 AND revoked_at = $2"), id.to_string()),
    };
    let ended: Vec<(String, String, String, String)> =
        sqlx::query_as(sql).bind(id).bind(at.as_millisecond()).fetch_all(db).await?;
    let ended = ended.into_iter();
    Ok(ended
        .map(|(id, service, name, owner)| Revoked { with: With::Parent, id, service, name, owner })
        .collect())
}

/// Why a change found no row to change.
async fn why_not(db: &mut PgConnection, token: &Token, owner: Owner) -> Result<Fault, sqlx::Error> {
    let row: Option<(bool, i64, bool)> = sqlx::query_as(
        "SELECT revoked_at IS NOT NULL, revision,
             EXISTS (SELECT 1 FROM users WHERE id = $2 AND removed_at IS NULL)
         FROM tokens WHERE id = $1",
    )
    .bind(token.id.to_string())
    .bind(token.owner.to_string())
    .fetch_optional(db)
    .await?;
    let found = row.map(|(revoked, revision, owned)| FoundToken { revoked, revision, owned });
    Ok(token_unchanged(found, token, owner))
}

/// Whether the user has so few live tokens of the service that there may be so many more.
pub(super) async fn has_room(db: &mut PgConnection, room: &Room, now: Timestamp) -> Result<bool, Fault> {
    let live: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM tokens
         WHERE service = $1 AND owner = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $3)
           AND ($4::bigint IS NULL OR greatest(created_at, updated_at, last_used_at) > $4)",
    )
    .bind(room.service.as_str())
    .bind(room.owner.to_string())
    .bind(now.as_millisecond())
    .bind(room.idle_since.map(Timestamp::as_millisecond))
    .fetch_one(db)
    .await?;
    Ok(live.saturating_add(room.more.into()) <= room.most.into())
}
