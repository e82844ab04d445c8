//! Users and their sessions.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use symbolon_core::id::{SessionId, UserId};
use symbolon_core::record::{PasswordHash, Session, User};
use symbolon_core::seal::Sealer;

use super::tokens;
use crate::sqlite::fault::{Fault, missing, taken};
use crate::sqlite::statement::{all, execute, first};
use crate::writing::{Revoked, With, name_taken, roles, user_unchanged};

pub(super) fn create(db: &Connection, user: &User, sealer: &Sealer) -> Result<(), Fault> {
    let made = execute(
        db,
        "INSERT INTO users (id, name, password, active, platform_admin, roles, created_at, revision,
             password_temporary, seal)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            user.id.to_string(),
            user.name.as_str(),
            user.password.as_ref().map(PasswordHash::as_phc),
            user.active,
            user.platform_admin,
            roles(user),
            user.created_at.as_millisecond(),
            user.revision.cast_signed(),
            user.password_temporary,
            sealer.seal(user).as_bytes().as_slice()
        ],
    );
    let Err(error) = made else { return Ok(()) };
    let removed: Option<bool> = first(
        db,
        "SELECT removed_at IS NOT NULL FROM users WHERE name = ?1",
        params![user.name.as_str()],
        |row| row.get(0),
    )?;
    Err(taken(error, &[("users.name", name_taken(removed)), ("users.id", "that user id is taken")]))
}

pub(super) fn change(db: &Connection, user: &User, sealer: &Sealer) -> Result<(), Fault> {
    let changed = execute(
        db,
        "UPDATE users SET password = ?2, active = ?3, platform_admin = ?4, roles = ?5, revision = ?6,
             password_temporary = ?9, seal = ?10
         WHERE id = ?1 AND revision = ?6 - 1 AND removed_at IS NULL AND name = ?7 AND created_at = ?8",
        params![
            user.id.to_string(),
            user.password.as_ref().map(PasswordHash::as_phc),
            user.active,
            user.platform_admin,
            roles(user),
            user.revision.cast_signed(),
            user.name.as_str(),
            user.created_at.as_millisecond(),
            user.password_temporary,
            sealer.seal(user).as_bytes().as_slice()
        ],
    )?;
    if changed > 0 {
        return Ok(());
    }
    let found: Option<i64> = first(
        db,
        "SELECT revision FROM users WHERE id = ?1 AND removed_at IS NULL",
        params![user.id.to_string()],
        |row| row.get(0),
    )?;
    Err(user_unchanged(found, user))
}

/// Whether a user is there in this revision.
pub(super) fn is_at(db: &Connection, id: UserId, revision: u64) -> Result<bool, Fault> {
    let found = first(
        db,
        "SELECT 1 FROM users WHERE id = ?1 AND revision = ?2 AND removed_at IS NULL",
        params![id.to_string(), i64::try_from(revision).unwrap_or(i64::MAX)],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

pub(super) fn remove(db: &Connection, id: UserId, at: Timestamp) -> Result<Vec<Revoked>, Fault> {
    let removed = execute(db, "UPDATE users
         SET removed_at = ?2, password = NULL, password_temporary = 0, active = 0, platform_admin = 0, roles = '{}',
             seal = NULL, revision = revision + 1
         WHERE id = ?1 AND removed_at IS NULL", params![id.to_string(), at.as_millisecond()])?;
    if removed == 0 {
        return Err(missing("that user"));
    }
    let mut revoked = all(db, "UPDATE tokens
         SET revoked_at = ?2, updated_at = ?2, digest = NULL, pepper = NULL, seal = NULL, of_old_form = 0, foreign_hash = NULL,
             revision = revision + 1,
             rotation = json_set(rotation, '$.old', NULL, '$.retired', json('[]'))
         WHERE owner = ?1 AND revoked_at IS NULL
         RETURNING id, service, name, (SELECT name FROM users WHERE id = ?1)", params![id.to_string(), at.as_millisecond()], |row| {
        Ok(Revoked { with: With::Owner, id: row.get(0)?, service: row.get(1)?, name: row.get(2)?, owner: row.get(3)? })
    })?;
    revoked.extend(tokens::end_descendants(db, &tokens::Of::Owner(id), at)?);
    end_sessions(db, id)?;
    Ok(revoked)
}

pub(super) fn start_session(db: &Connection, session: &Session, sealer: &Sealer) -> Result<(), Fault> {
    let started = execute(db, "INSERT INTO sessions (id, user, created_at, expires_at, client_ip, seal)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM users WHERE id = ?2 AND removed_at IS NULL)", params![session.id.to_string(), session.user.to_string(), session.created_at.as_millisecond(), session.expires_at.as_millisecond(), session.client_ip.map(|ip| ip.to_string()), sealer.seal(session).as_bytes().as_slice()])
    .map_err(|error| taken(error, &[("sessions.id", "that session id is taken")]))?;
    if started == 0 { Err(missing("that user")) } else { Ok(()) }
}

pub(super) fn end_session(db: &Connection, id: SessionId) -> Result<(), Fault> {
    execute(db, "DELETE FROM sessions WHERE id = ?1", params![id.to_string()])?;
    Ok(())
}

pub(super) fn end_sessions(db: &Connection, user: UserId) -> Result<(), Fault> {
    execute(db, "DELETE FROM sessions WHERE user = ?1", params![user.to_string()])?;
    Ok(())
}
