//! Tokens: made, changed, given to another owner, revoked; never moved to another service, and never revived.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use symbolon_core::foreign::ForeignHash;
use symbolon_core::id::{TokenId, UserId};
use symbolon_core::record::Token;
use symbolon_core::seal::Sealer;
use symbolon_core::store::Room;

use crate::sqlite::fault::{Fault, conflict, known, missing, taken};
use crate::sqlite::statement::{all, execute, first};
use crate::writing::{
    FoundToken, Owner, Revoked, With, one_secret, owner_or_parent, scopes, token_unchanged,
};
use crate::{loans, rotation};

fn metadata(token: &Token) -> String {
    serde_json::json!(token.metadata.entries()).to_string()
}

fn rate_limit(token: &Token) -> Option<String> {
    token.rate_limit.map(|rate| rate.to_string())
}

fn change_limit(token: &Token) -> Option<String> {
    token.change_limit.map(|rate| rate.to_string())
}

fn restrictions(token: &Token) -> String {
    serde_json::json!(token.restrictions).to_string()
}

pub(super) fn create(db: &Connection, token: &Token, sealer: &Sealer) -> Result<(), Fault> {
    if token.revoked_at.is_some() {
        return Err(conflict("a new token is not revoked"));
    }
    if let Some((_, pepper)) = token.digest {
        known(sealer, pepper)?;
    }
    one_secret(token)?;
    let made = execute(db, "INSERT INTO tokens (id, service, name, description, owner, token_prefix, scopes, profile, disabled,
             created_at, updated_at, expires_at, last_used_at, revision, digest, pepper, metadata, rotation,
             rate_limit, restrictions, seal, import_source, old_prefix, of_old_form, foreign_hash,
             parent, depth, derive, change_limit, loans)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
             ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30
         WHERE EXISTS (SELECT 1 FROM users WHERE id = ?5 AND removed_at IS NULL)
           AND (?26 IS NULL OR EXISTS (SELECT 1 FROM tokens WHERE id = ?26 AND revoked_at IS NULL))", params![token.id.to_string(), token.service.as_str(), &token.name, &token.description, token.owner.to_string(), token.token_prefix.as_str(), scopes(&token.scopes), &token.profile, token.disabled, token.created_at.as_millisecond(), token.updated_at.as_millisecond(), token.expires_at.map(Timestamp::as_millisecond), token.last_used_at.map(Timestamp::as_millisecond), token.revision.cast_signed(), token.digest.as_ref().map(|(digest, _)| digest.as_bytes().as_slice()), token.digest.map(|(_, pepper)| pepper), metadata(token), rotation::written(&token.rotation), rate_limit(token), restrictions(token), sealer.seal(token).as_bytes().as_slice(), token.imported.as_ref().map(|imported| imported.source.0.as_bytes().as_slice()), token.imported.as_ref().map(|imported| imported.old_prefix.as_str()), token.is_of_old_form(), token.foreign().map(ForeignHash::as_text), token.parent.map(|parent| parent.id.to_string()), token.parent.map(|parent| parent.depth), token.derive, change_limit(token), loans::written(&token.loans)])
    .map_err(|error| {
        taken(
            error,
            &[
                ("tokens.token_prefix", "that token_prefix is taken in its service"),
                ("tokens.digest", "that secret is taken"),
                ("tokens.import_source", "that row was imported before"),
                ("tokens.id", "that token id is taken"),
            ],
        )
    })?;
    if made == 0 { Err(not_made(db, token)?) } else { Ok(()) }
}

/// Why a new token found nothing to hang on.
fn not_made(db: &Connection, token: &Token) -> Result<Fault, rusqlite::Error> {
    let owned = "SELECT 1 FROM users WHERE id = ?1 AND removed_at IS NULL";
    let owned = first(db, owned, params![token.owner.to_string()], |_| Ok(()))?;
    Ok(owner_or_parent(owned.is_some()))
}

pub(super) fn change(db: &Connection, token: &Token, sealer: &Sealer, owner: Owner) -> Result<(), Fault> {
    one_secret(token)?;
    if let Some((_, pepper)) = token.digest {
        known(sealer, pepper)?;
    }
    let seal = token.revoked_at.is_none().then(|| sealer.seal(token));
    let changed = execute(
        db,
        "UPDATE tokens
         SET name = ?2, description = ?3, scopes = ?4, profile = ?5, disabled = ?6, updated_at = ?7,
             expires_at = ?8, revoked_at = ?10, revision = ?11, digest = ?12, pepper = ?13, metadata = ?18,
             rotation = ?19, rate_limit = ?20, restrictions = ?21, seal = ?22,
             of_old_form = ?23, foreign_hash = ?24, owner = ?15, derive = ?26, change_limit = ?27, loans = ?28,
             -- The editor may not know of the latest uses.
             last_used_at = coalesce(max(last_used_at, ?9), last_used_at, ?9)
         WHERE id = ?1 AND revision = ?11 - 1 AND revoked_at IS NULL
           AND service = ?14 AND token_prefix = ?16 AND created_at = ?17 AND parent IS ?29 AND depth IS ?30
           AND (owner = ?15 OR (?25 AND EXISTS (SELECT 1 FROM users WHERE id = ?15 AND removed_at IS NULL)))",
        params![
            token.id.to_string(),
            &token.name,
            &token.description,
            scopes(&token.scopes),
            &token.profile,
            token.disabled,
            token.updated_at.as_millisecond(),
            token.expires_at.map(Timestamp::as_millisecond),
            token.last_used_at.map(Timestamp::as_millisecond),
            token.revoked_at.map(Timestamp::as_millisecond),
            token.revision.cast_signed(),
            token.digest.as_ref().map(|(digest, _)| digest.as_bytes().as_slice()),
            token.digest.map(|(_, pepper)| pepper),
            token.service.as_str(),
            token.owner.to_string(),
            token.token_prefix.as_str(),
            token.created_at.as_millisecond(),
            metadata(token),
            rotation::written(&token.rotation),
            rate_limit(token),
            restrictions(token),
            seal.as_ref().map(|seal| seal.as_bytes().as_slice()),
            token.is_of_old_form(),
            token.foreign().map(ForeignHash::as_text),
            owner == Owner::Other,
            token.derive,
            change_limit(token),
            loans::written(&token.loans),
            token.parent.map(|parent| parent.id.to_string()),
            token.parent.map(|parent| parent.depth)
        ],
    )
    .map_err(|error| taken(error, &[("tokens.digest", "that secret is taken")]))?;
    if changed == 0 { Err(why_not(db, token, owner)?) } else { Ok(()) }
}

/// Revokes a token whatever its row says, and leaves of the row what can be read.
pub(super) fn erase(db: &Connection, id: TokenId, at: Timestamp) -> Result<(), Fault> {
    let erased = execute(
        db,
        "UPDATE tokens
         SET revoked_at = ?2, created_at = min(max(created_at, 0), ?2), updated_at = ?2, expires_at = NULL,
             last_used_at = NULL, digest = NULL, pepper = NULL, seal = NULL, scopes = '[]', metadata = '{}',
             rotation = NULL, rate_limit = NULL, restrictions = '{}', of_old_form = 0, foreign_hash = NULL,
             derive = 0, change_limit = NULL, loans = NULL, revision = 1
         WHERE id = ?1 AND revoked_at IS NULL",
        params![id.to_string(), at.as_millisecond()],
    )?;
    if erased > 0 {
        return Ok(());
    }
    let there = first(db, "SELECT 1 FROM tokens WHERE id = ?1", params![id.to_string()], |_| Ok(()))?;
    there.ok_or_else(|| missing("that token"))
}

/// Revokes what descends from tokens, at all distances.
macro_rules! end_descendants {
    ($of:literal) => {
        concat!(
            "WITH RECURSIVE gone (id) AS (
                 SELECT id FROM tokens WHERE ",
            $of,
            " UNION SELECT tokens.id FROM tokens JOIN gone ON tokens.parent = gone.id)
             UPDATE tokens
             SET revoked_at = ?2, updated_at = ?2, digest = NULL, pepper = NULL, seal = NULL, of_old_form = 0,
                 foreign_hash = NULL, revision = revision + 1,
                 rotation = json_set(rotation, '$.old', NULL, '$.retired', json('[]'))
             WHERE id IN (SELECT id FROM gone) AND revoked_at IS NULL
             RETURNING id, service, name,
                 coalesce((SELECT users.name FROM users WHERE users.id = tokens.owner), owner)"
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
pub(super) fn end_descendants(db: &Connection, of: &Of, at: Timestamp) -> Result<Vec<Revoked>, Fault> {
    let (sql, id) = match of {
        Of::Token(id) => (end_descendants!("id = ?1"), id.to_string()),
        Of::Owner(id) => (end_descendants!("owner = ?1 AND revoked_at = ?2"), id.to_string()),
    };
    Ok(all(db, sql, params![id, at.as_millisecond()], |row| {
        Ok(Revoked {
            with: With::Parent,
            id: row.get(0)?,
            service: row.get(1)?,
            name: row.get(2)?,
            owner: row.get(3)?,
        })
    })?)
}

/// Why a change found no row to change.
fn why_not(db: &Connection, token: &Token, owner: Owner) -> Result<Fault, rusqlite::Error> {
    let select = "SELECT revoked_at IS NOT NULL AS revoked, revision,
                      EXISTS (SELECT 1 FROM users WHERE id = ?2 AND removed_at IS NULL) AS owned
                  FROM tokens WHERE id = ?1";
    let row = first(db, select, params![token.id.to_string(), token.owner.to_string()], |row| {
        Ok((row.get::<_, bool>("revoked")?, row.get::<_, i64>("revision")?, row.get::<_, bool>("owned")?))
    })?;
    let found = row.map(|(revoked, revision, owned)| FoundToken { revoked, revision, owned });
    Ok(token_unchanged(found, token, owner))
}

/// Whether the user has so few live tokens of the service that there may be so many more.
pub(super) fn has_room(db: &Connection, room: &Room, now: Timestamp) -> Result<bool, Fault> {
    let live: i64 = first(
        db,
        "SELECT count(*) FROM tokens
         WHERE service = ?1 AND owner = ?2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?3)
           AND (?4 IS NULL OR max(created_at, updated_at, coalesce(last_used_at, created_at)) > ?4)",
        params![
            room.service.as_str(),
            room.owner.to_string(),
            now.as_millisecond(),
            room.idle_since.map(Timestamp::as_millisecond)
        ],
        |row| row.get(0),
    )?
    .unwrap_or(0);
    Ok(live.saturating_add(room.more.into()) <= room.most.into())
}
