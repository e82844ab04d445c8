//! What a transaction does, piece by piece. Each guard is part of the statement that it guards; only when a
//! statement has found nothing to change is the row looked at, to say why.

mod answers;
mod asks;
mod enforcement;
mod keys;
mod seals;
mod tokens;
mod usage;
mod users;
mod webhooks;

use jiff::Timestamp;
use rusqlite::{Connection, params};
use symbolon_core::id::TokenId;
use symbolon_core::seal::Sealer;
use symbolon_core::store::{Change, Claim, Mutation, Standing, StoreError};

use self::tokens::Of;
use super::chain;
use super::fault::{Fault, conflict};
use super::statement::{execute, first};
use super::writer::Work;
use crate::rows;
use crate::seals::Seals;
use crate::writing::Revoked;

pub(super) use self::seals::seal_all;
use crate::writing::Owner;

/// Does one piece of work inside the caller's savepoint. After an error the caller rolls back to it.
pub(super) fn work(db: &Connection, work: &mut Work, seals: &Seals) -> Result<(), Fault> {
    match work {
        Work::Commit(mutation) => commit(db, mutation, &seals.sealer()),
        Work::Reseal { at, next } => {
            *next = self::seals::reseal(db, &seals.sealer(), *at)?;
            Ok(())
        }
        Work::Redigest { secrets, now, changes } => {
            *changes = self::seals::redigest(db, seals, secrets, *now)?;
            Ok(())
        }
        Work::NoteUsed(uses) => note_used(db, uses),
        Work::RecordUsage(counts) => usage::record(db, counts),
        Work::Prune(now) => prune(db, *now),
        Work::BeginWebhooks(names) => webhooks::begin(db, names),
        Work::SaveWebhook(state) => webhooks::save(db, state),
        Work::ClaimAnswer(claim) => answers::claim(db, claim),
        Work::ReleaseAnswer(claim) => answers::release(db, claim),
        Work::EndAnswer(claim, outcome) => answers::end(db, claim, outcome),
    }
}

fn commit(db: &Connection, mutation: &Mutation, sealer: &Sealer) -> Result<(), Fault> {
    if !stands(db, mutation.standing)? {
        return Err(Fault::Refused(StoreError::CallerChanged));
    }
    // The claim first: a repeated request hears that it was made before, and not that its name is taken.
    if let Some(claim) = &mutation.claim {
        make_claim(db, claim, mutation.now)?;
    }
    for (user, revision) in &mutation.judged_by {
        if !users::is_at(db, *user, *revision)? {
            return Err(conflict("a user by whom it was judged was changed meanwhile"));
        }
    }
    for room in &mutation.room {
        if !tokens::has_room(db, room, mutation.now)? {
            return Err(Fault::Refused(StoreError::NoRoom));
        }
    }
    let mut revoked = Vec::new();
    for one in &mutation.changes {
        revoked.extend(change(db, one, sealer, mutation.now)?);
    }
    chain::append(db, &mutation.audit)?;
    if let Some(line) = mutation.audit.first() {
        let lines: Vec<_> = revoked.into_iter().map(|token| token.line(line)).collect();
        chain::append(db, &lines)?;
    }
    Ok(())
}

/// Writes one change and its change record; the tokens that it revokes besides.
fn change(db: &Connection, change: &Change, sealer: &Sealer, now: Timestamp) -> Result<Vec<Revoked>, Fault> {
    let mut revoked = Vec::new();
    let (kind, id) = apply(db, change, sealer, &mut revoked)?;
    execute(
        db,
        "INSERT INTO changes (kind, id, at) VALUES (?1, ?2, ?3)",
        params![kind, id, now.as_millisecond()],
    )?;
    Ok(revoked)
}

/// Whether what the caller's right rests on is as it was.
fn stands(db: &Connection, standing: Standing) -> Result<bool, Fault> {
    let found = match standing {
        Standing::Given => return Ok(true),
        Standing::Session { session, user, revision } => first(
            db,
            "SELECT 1 FROM sessions JOIN users ON users.id = sessions.user \
             WHERE sessions.id = ?1 AND users.id = ?2 AND users.revision = ?3 AND users.removed_at IS NULL",
            params![session.to_string(), user.to_string(), i64::try_from(revision).unwrap_or(i64::MAX)],
            |_| Ok(()),
        )?,
        Standing::Key(id) => {
            first(db, "SELECT 1 FROM keys WHERE id = ?1", params![id.to_string()], |_| Ok(()))?
        }
    };
    Ok(found.is_some())
}

/// Writes one change; what it is called and of what it is, for the change record. Tokens that it revokes besides are added
/// to `revoked`.
fn apply(
    db: &Connection,
    change: &Change,
    sealer: &Sealer,
    revoked: &mut Vec<Revoked>,
) -> Result<(&'static str, String), Fault> {
    Ok(match change {
        Change::TokenCreated(token) => {
            tokens::create(db, token, sealer)?;
            ("token.created", token.id.to_string())
        }
        Change::TokenChanged(token) => {
            tokens::change(db, token, sealer, Owner::Same)?;
            if let Some(at) = token.revoked_at {
                revoked.extend(tokens::end_descendants(db, &Of::Token(token.id), at)?);
            }
            ("token.changed", token.id.to_string())
        }
        Change::TokenOwned(token) => {
            tokens::change(db, token, sealer, Owner::Other)?;
            ("token.owned", token.id.to_string())
        }
        Change::UserCreated(user) => {
            users::create(db, user, sealer)?;
            ("user.created", user.id.to_string())
        }
        Change::UserChanged(user) => {
            users::change(db, user, sealer)?;
            ("user.changed", user.id.to_string())
        }
        Change::UserRemoved(id, at) => {
            revoked.extend(users::remove(db, *id, *at)?);
            ("user.removed", id.to_string())
        }
        Change::SessionStarted(session) => {
            users::start_session(db, session, sealer)?;
            ("session.started", session.id.to_string())
        }
        Change::SessionEnded(id) => {
            users::end_session(db, *id)?;
            ("session.ended", id.to_string())
        }
        Change::SessionsEnded(user) => {
            users::end_sessions(db, *user)?;
            ("sessions.ended", user.to_string())
        }
        Change::KeyCreated(key) => {
            keys::create(db, key, sealer)?;
            ("key.created", key.id.to_string())
        }
        Change::KeyRemoved(id) => {
            keys::remove(db, *id)?;
            ("key.removed", id.to_string())
        }
        Change::EnforcementSwitched(switched) => {
            enforcement::switch(db, switched, sealer)?;
            ("enforcement.switched", switched.service.to_string())
        }
        Change::TokenErased(id, at) => {
            tokens::erase(db, *id, *at)?;
            revoked.extend(tokens::end_descendants(db, &Of::Token(*id), *at)?);
            ("token.erased", id.to_string())
        }
        Change::KeyChanged(key) => {
            keys::change(db, key, sealer)?;
            ("key.changed", key.id.to_string())
        }
        Change::EndingTold(token, told) => {
            webhooks::tell_ending(db, *token, *told)?;
            ("ending.told", token.to_string())
        }
        Change::WebhookRetried(name) => {
            webhooks::retry(db, name)?;
            ("webhook.retried", name.to_string())
        }
        Change::AskMade(ask) => {
            asks::make(db, ask)?;
            ("ask.made", ask.id.to_string())
        }
        Change::AskAnswered(ask) => {
            asks::answer(db, ask)?;
            ("ask.answered", ask.id.to_string())
        }
    })
}

fn make_claim(db: &Connection, claim: &Claim, now: Timestamp) -> Result<(), Fault> {
    // A lapsed claim is replaced; one that stands is not touched.
    let made = execute(
        db,
        "INSERT INTO claims (scope, key, body, made, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (scope, key) DO UPDATE
         SET body = excluded.body, made = excluded.made, expires_at = excluded.expires_at
         WHERE claims.expires_at <= ?6",
        params![
            &claim.scope,
            &claim.key,
            claim.body.as_bytes().as_slice(),
            &claim.made,
            claim.expires_at.as_millisecond(),
            now.as_millisecond()
        ],
    )?;
    if made > 0 {
        return Ok(());
    }
    let before = first(
        db,
        "SELECT scope, key, body, made, expires_at FROM claims WHERE scope = ?1 AND key = ?2",
        params![&claim.scope, &claim.key],
        |row| Ok(rows::only(Some(row), "claims", rows::claim)),
    )?;
    let before = before.transpose().map_err(Fault::Refused)?.flatten();
    Err(Fault::Refused(before.map_or(StoreError::NotFound("that claim"), StoreError::Claimed)))
}

fn note_used(db: &Connection, uses: &[(TokenId, Timestamp)]) -> Result<(), Fault> {
    // A token may occur more than once.
    let mut statement = db.prepare_cached(
        "UPDATE tokens SET last_used_at = ?2 WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at < ?2)",
    )?;
    for (id, at) in uses {
        statement.execute(params![id.to_string(), at.as_millisecond()])?;
    }
    Ok(())
}

fn prune(db: &Connection, at: Timestamp) -> Result<(), Fault> {
    let now = at.as_millisecond();
    execute(db, "DELETE FROM sessions WHERE expires_at <= ?1", params![now])?;
    execute(db, "DELETE FROM claims WHERE expires_at <= ?1", params![now])?;
    answers::prune(db, at)?;
    asks::prune(db, at)?;
    usage::prune(db, at)
}
