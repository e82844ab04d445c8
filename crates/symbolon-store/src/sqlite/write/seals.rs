//! Seals and digests that are made anew: at the upgrade that brought seals, and when the pepper has been rotated.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use symbolon_core::decision::Redigest;
use symbolon_core::record::{Enforcement, Key, Session, Token, User};
use symbolon_core::seal::{Sealer, Verdict};
use symbolon_core::store::Change;

use crate::rows::{
    self, Row, Words, get, select_enforcement, select_keys, select_sessions, select_tokens, select_users,
};
use crate::seals::{Seals, Walk};
use crate::sqlite::fault::Fault;
use crate::sqlite::statement::{all, execute, first};

/// How many rows one step of the walk looks at. Mutations wait meanwhile.
const STEP: usize = 500;

/// Seals every row that grants as it is found, once: when seals come to a database that had none.
pub(in crate::sqlite) fn seal_all(db: &Connection, sealer: &Sealer) -> Result<(), rusqlite::Error> {
    let mut at = Some(Walk::START);
    while let Some(walk) = at {
        at = step(db, sealer, walk, |_| true)?;
    }
    Ok(())
}

/// Takes the walk one step further, making seals anew that are under a former pepper; where it goes on.
pub(super) fn reseal(db: &Connection, sealer: &Sealer, at: Walk) -> Result<Option<Walk>, rusqlite::Error> {
    step(db, sealer, at, |verdict| verdict == Verdict::Outdated)
}

/// One step over the table of the walk; `None` when all have been walked over.
fn step(
    db: &Connection,
    sealer: &Sealer,
    at: Walk,
    anew: fn(Verdict) -> bool,
) -> Result<Option<Walk>, rusqlite::Error> {
    macro_rules! table {
        ($row:ty, $select:expr, $name:literal) => {
            seal_rows::<$row>(
                db,
                sealer,
                $select,
                concat!("UPDATE ", $name, " SET seal = ?1 WHERE rowid = ?2"),
                at.after,
                anew,
            )?
        };
    }
    let after = match at.table {
        0 => table!(
            User,
            select_users!("WHERE rowid > ?1 AND removed_at IS NULL ORDER BY rowid LIMIT ?2"),
            "users"
        ),
        1 => table!(Key, select_keys!("WHERE rowid > ?1 ORDER BY rowid LIMIT ?2"), "keys"),
        2 => table!(Session, select_sessions!("WHERE rowid > ?1 ORDER BY rowid LIMIT ?2"), "sessions"),
        3 => table!(
            Enforcement,
            select_enforcement!("WHERE rowid > ?1 ORDER BY rowid LIMIT ?2"),
            "enforcement"
        ),
        4 => table!(
            Token,
            select_tokens!("WHERE rowid > ?1 AND revoked_at IS NULL ORDER BY rowid LIMIT ?2"),
            "tokens"
        ),
        _ => return Ok(None),
    };
    Ok(Some(after.map_or(at.next_table(), |after| Walk { after, ..at })))
}

/// Seals the rows of one step for which `anew` says so; after which row the next step begins, if there is one. A row that
/// cannot be read stays as it is: whoever loads it says so.
fn seal_rows<T: Row>(
    db: &Connection,
    sealer: &Sealer,
    select: &'static str,
    update: &'static str,
    after: i64,
    anew: fn(Verdict) -> bool,
) -> Result<Option<i64>, rusqlite::Error> {
    let limit = i64::try_from(STEP).unwrap_or(i64::MAX);
    let mut words = Words::default();
    // `None` for those that are left as they are.
    let found = all(db, select, params![after, limit], |row| {
        let at: i64 = row.get("at_row")?;
        let seal = T::read(row, &mut words).ok().and_then(|value| {
            let found = get::<Option<&[u8]>>(row, T::SEAL).ok().flatten();
            anew(sealer.check(&value, found)).then(|| sealer.seal(&value))
        });
        Ok((at, seal))
    })?;
    for (at, seal) in &found {
        if let Some(seal) = seal {
            execute(db, update, params![seal.as_bytes().as_slice(), at])?;
        }
    }
    Ok(found.last().filter(|_| found.len() == STEP).map(|(at, _)| *at))
}

/// Moves secrets to the current pepper; what has changed by that.
pub(super) fn redigest(
    db: &Connection,
    seals: &Seals,
    secrets: &[Redigest],
    now: Timestamp,
) -> Result<Vec<Change>, Fault> {
    let mut changes = Vec::new();
    for secret in secrets.iter().filter(|secret| secret.to.1 == seals.sealer().current()) {
        let Some(change) = moved(db, seals, secret)? else { continue };
        super::change(db, &change, &seals.sealer(), now)?;
        changes.push(change);
    }
    Ok(changes)
}

/// The change that moves a secret, if what it is of is there and as it was written.
fn moved(db: &Connection, seals: &Seals, secret: &Redigest) -> Result<Option<Change>, rusqlite::Error> {
    let from = secret.from.as_bytes().as_slice();
    let token = first(db, select_tokens!("WHERE digest = ?1"), params![from], |row| {
        Ok(rows::sealed::<Token>(row, seals).ok())
    })?;
    if let Some(token) = token {
        return Ok(token.map(|token| {
            let revision = token.revision + 1;
            Change::TokenChanged(Token { digest: Some(secret.to), revision, ..token })
        }));
    }
    let key = first(db, select_keys!("WHERE digest = ?1"), params![from], |row| {
        Ok(rows::sealed::<Key>(row, seals).ok())
    })?;
    Ok(key.flatten().map(|key| Change::KeyChanged(Key { digest: secret.to, ..key })))
}
