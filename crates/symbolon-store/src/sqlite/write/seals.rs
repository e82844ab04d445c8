//! Seals and digests that are made anew: at the upgrade that brought seals, and when the pepper has been rotated.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use symbolon_core::decision::Redigest;
use symbolon_core::record::{Enforcement, Key, Session, Token, User};
use symbolon_core::seal::{Sealer, Verdict};
use symbolon_core::store::Change;

use crate::sqlite::fault::Fault;
use crate::sqlite::rows::{
    self, Row, select_enforcement, select_keys, select_sessions, select_tokens, select_users,
};
use crate::sqlite::seals::{Seals, Walk};

/// How many rows one step of the walk looks at. Mutations wait meanwhile.
const STEP: usize = 500;

/// Seals every row that grants as it is found, once: when seals come to a database that had none.
pub(in crate::sqlite) async fn seal_all(
    db: &mut SqliteConnection,
    sealer: &Sealer,
) -> Result<(), sqlx::Error> {
    let mut at = Some(Walk::START);
    while let Some(walk) = at {
        at = step(db, sealer, walk, |_| true).await?;
    }
    Ok(())
}

/// Takes the walk one step further, making seals anew that are under a former pepper; where it goes on.
pub(super) async fn reseal(
    db: &mut SqliteConnection,
    sealer: &Sealer,
    at: Walk,
) -> Result<Option<Walk>, sqlx::Error> {
    step(db, sealer, at, |verdict| verdict == Verdict::Outdated).await
}

/// One step over the table of the walk; `None` when all have been walked over.
async fn step(
    db: &mut SqliteConnection,
    sealer: &Sealer,
    at: Walk,
    anew: fn(Verdict) -> bool,
) -> Result<Option<Walk>, sqlx::Error> {
    macro_rules! table {
        ($row:ty, $select:expr, $name:literal) => {
            seal_rows::<$row>(
                db,
                sealer,
                $select,
                concat!("UPDATE ", $name, " SET seal = ?1 WHERE rowid = ?2"),
                at.after,
                anew,
            )
            .await?
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
async fn seal_rows<T: Row>(
    db: &mut SqliteConnection,
    sealer: &Sealer,
    select: &'static str,
    update: &'static str,
    after: i64,
    anew: fn(Verdict) -> bool,
) -> Result<Option<i64>, sqlx::Error> {
    let limit = i64::try_from(STEP).unwrap_or(i64::MAX);
    let found = sqlx::query(select).bind(after).bind(limit).fetch_all(&mut *db).await?;
    for row in &found {
        let Ok(value) = T::read(row) else { continue };
        if anew(sealer.check(&value, row.try_get::<Option<&[u8]>, _>("seal").ok().flatten())) {
            let at: i64 = row.try_get("at_row")?;
            let seal = sealer.seal(&value);
            sqlx::query(update).bind(seal.as_bytes().as_slice()).bind(at).execute(&mut *db).await?;
        }
    }
    let last = found.last().filter(|_| found.len() == STEP);
    last.map(|row: &SqliteRow| row.try_get("at_row")).transpose()
}

/// Moves secrets to the current pepper; what has changed by that.
pub(super) async fn redigest(
    db: &mut SqliteConnection,
    seals: &Seals,
    secrets: &[Redigest],
    now: Timestamp,
) -> Result<Vec<Change>, Fault> {
    let mut changes = Vec::new();
    for secret in secrets.iter().filter(|secret| secret.to.1 == seals.sealer().current()) {
        let Some(change) = moved(db, seals, secret).await? else { continue };
        super::change(db, &change, &seals.sealer(), now).await?;
        changes.push(change);
    }
    Ok(changes)
}

/// The change that moves a secret, if what it is of is there and as it was written.
async fn moved(
    db: &mut SqliteConnection,
    seals: &Seals,
    secret: &Redigest,
) -> Result<Option<Change>, sqlx::Error> {
    let from = secret.from.as_bytes().as_slice();
    let row = sqlx::query(select_tokens!("WHERE digest = ?1")).bind(from).fetch_optional(&mut *db).await?;
    if let Some(row) = row {
        let token = rows::sealed::<Token>(&row, seals).ok();
        return Ok(token.map(|token| {
            let revision = token.revision + 1;
            Change::TokenChanged(Token { digest: Some(secret.to), revision, ..token })
        }));
    }
    let row = sqlx::query(select_keys!("WHERE digest = ?1")).bind(from).fetch_optional(db).await?;
    let key = row.and_then(|row| rows::sealed::<Key>(&row, seals).ok());
    Ok(key.map(|key| Change::KeyChanged(Key { digest: secret.to, ..key })))
}
