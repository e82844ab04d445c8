//! Users and their sessions.

use jiff::Timestamp;
use sqlx::PgConnection;
use symbolon_core::id::{SessionId, UserId};
use symbolon_core::record::{PasswordHash, Session, User};
use symbolon_core::seal::Sealer;

use super::tokens;
use crate::fault::{conflict, missing};
use crate::postgres::fault::{Fault, taken};
use crate::writing::{Revoked, With, name_taken, roles, user_unchanged};

pub(super) async fn create(db: &mut PgConnection, user: &User, sealer: &Sealer) -> Result<(), Fault> {
    // Not an error where the name is taken: after one nothing could be asked in this transaction.
    let made = sqlx::query(
        "INSERT INTO users (id, name, password, active, platform_admin, roles, created_at, revision,
             password_temporary, seal)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (name) DO NOTHING",
    )
    .bind(user.id.to_string())
    .bind(user.name.as_str())
    .bind(user.password.as_ref().map(PasswordHash::as_phc))
    .bind(user.active)
    .bind(user.platform_admin)
    .bind(roles(user))
    .bind(user.created_at.as_millisecond())
    .bind(user.revision.cast_signed())
    .bind(user.password_temporary)
    .bind(sealer.seal(user).as_bytes().as_slice())
    .execute(&mut *db)
    .await
    .map_err(|error| taken(error, &[("users_pkey", "that user id is taken")]))?;
    if made.rows_affected() > 0 {
        return Ok(());
    }
    let removed: Option<bool> =
        sqlx::query_scalar("SELECT removed_at IS NOT NULL FROM users WHERE name = $1")
            .bind(user.name.as_str())
            .fetch_optional(db)
            .await?;
    Err(conflict(name_taken(removed)))
}

pub(super) async fn change(db: &mut PgConnection, user: &User, sealer: &Sealer) -> Result<(), Fault> {
    let changed = sqlx::query(
        "UPDATE users SET password = $2, active = $3, platform_admin = $4, roles = $5, revision = $6,
             password_temporary = $9, seal = $10
         WHERE id = $1 AND revision = $6 - 1 AND removed_at IS NULL AND name = $7 AND created_at = $8",
    )
    .bind(user.id.to_string())
    .bind(user.password.as_ref().map(PasswordHash::as_phc))
    .bind(user.active)
    .bind(user.platform_admin)
    .bind(roles(user))
    .bind(user.revision.cast_signed())
    .bind(user.name.as_str())
    .bind(user.created_at.as_millisecond())
    .bind(user.password_temporary)
    .bind(sealer.seal(user).as_bytes().as_slice())
    .execute(&mut *db)
    .await?;
    if changed.rows_affected() > 0 {
        return Ok(());
    }
    let found: Option<i64> =
        sqlx::query_scalar("SELECT revision FROM users WHERE id = $1 AND removed_at IS NULL")
            .bind(user.id.to_string())
            .fetch_optional(db)
            .await?;
    Err(user_unchanged(found, user))
}

/// Whether a user is there in this revision.
pub(super) async fn is_at(db: &mut PgConnection, id: UserId, revision: u64) -> Result<bool, Fault> {
    let found: Option<i32> =
        sqlx::query_scalar("SELECT 1 FROM users WHERE id = $1 AND revision = $2 AND removed_at IS NULL")
            .bind(id.to_string())
            .bind(i64::try_from(revision).unwrap_or(i64::MAX))
            .fetch_optional(db)
            .await?;
    Ok(found.is_some())
}

pub(super) async fn remove(db: &mut PgConnection, id: UserId, at: Timestamp) -> Result<Vec<Revoked>, Fault> {
    let removed = sqlx::query(
        "UPDATE users
         SET removed_at = $2, password = NULL, password_temporary = false, active = false, platform_admin = false,
             roles = '{}', seal = NULL, revision = revision + 1
         WHERE id = $1 AND removed_at IS NULL",
    )
    .bind(id.to_string())
    .bind(at.as_millisecond())
    .execute(&mut *db)
    .await?;
    if removed.rows_affected() == 0 {
        return Err(missing("that user"));
    }
    // What a rotation keeps besides digests stays: when it was, and whether a retired secret was tried.
    let revoked: Vec<(String, String, String, String)> = sqlx::query_as(
        "UPDATE tokens
         SET revoked_at = $2, updated_at = $2, digest = NULL, pepper = NULL, seal = NULL, of_old_form = false,
             foreign_hash = NULL, revision = revision + 1,
             rotation = CASE WHEN rotation IS NOT NULL THEN json_build_object(
                 'at', rotation::json -> 'at', 'first_used_at', rotation::json -> 'first_used_at', 'old', NULL,
                 'retired', '[]'::json, 'reused_at', rotation::json -> 'reused_at')::text END
         WHERE owner = $1 AND revoked_at IS NULL
         RETURNING id, service, name, (SELECT name FROM users WHERE id = $1) AS owner",
    )
    .bind(id.to_string())
    .bind(at.as_millisecond())
    .fetch_all(&mut *db)
    .await?;
    let descendants = tokens::end_descendants(db, &tokens::Of::Owner(id), at).await?;
    end_sessions(db, id).await?;
    let revoked = revoked.into_iter().map(|(id, service, name, owner)| Revoked {
        with: With::Owner,
        id,
        service,
        name,
        owner,
    });
    Ok(revoked.chain(descendants).collect())
}

pub(super) async fn start_session(
    db: &mut PgConnection,
    session: &Session,
    sealer: &Sealer,
) -> Result<(), Fault> {
    let started = sqlx::query(
        "INSERT INTO sessions (id, \"user\", created_at, expires_at, client_ip, seal)
         SELECT $1, $2, $3, $4, $5, $6 WHERE EXISTS (SELECT 1 FROM users WHERE id = $2 AND removed_at IS NULL)",
    )
    .bind(session.id.to_string())
    .bind(session.user.to_string())
    .bind(session.created_at.as_millisecond())
    .bind(session.expires_at.as_millisecond())
    .bind(session.client_ip.map(|ip| ip.to_string()))
    .bind(sealer.seal(session).as_bytes().as_slice())
    .execute(db)
    .await
    .map_err(|error| taken(error, &[("sessions_pkey", "that session id is taken")]))?;
    if started.rows_affected() == 0 { Err(missing("that user")) } else { Ok(()) }
}

pub(super) async fn end_session(db: &mut PgConnection, id: SessionId) -> Result<(), Fault> {
    sqlx::query("DELETE FROM sessions WHERE id = $1").bind(id.to_string()).execute(db).await?;
    Ok(())
}

pub(super) async fn end_sessions(db: &mut PgConnection, user: UserId) -> Result<(), Fault> {
    sqlx::query("DELETE FROM sessions WHERE \"user\" = $1").bind(user.to_string()).execute(db).await?;
    Ok(())
}
