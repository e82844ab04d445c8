//! Seals and digests that are made anew when the pepper has been rotated.

use jiff::Timestamp;
use sqlx::PgConnection;
use symbolon_core::decision::Redigest;
use symbolon_core::record::{Enforcement, Key, Session, Token, User};
use symbolon_core::seal::{Sealer, Verdict};
use symbolon_core::store::Change;

use super::apply;
use crate::postgres::chain::Done;
use crate::postgres::fault::Fault;
use crate::rows::{
    self, Row, Words, get, select_enforcement, select_keys, select_sessions, select_tokens, select_users,
};
use crate::seals::{Seals, Walk};

/// How many rows one step of the walk looks at. Mutations wait meanwhile.
const STEP: usize = 500;

/// Takes the walk one step further, making seals anew that are under a former pepper; where it goes on.
pub(super) async fn reseal(
    db: &mut PgConnection,
    sealer: &Sealer,
    at: Walk,
) -> Result<Option<Walk>, sqlx::Error> {
    macro_rules! table {
        ($row:ty, $select:expr, $name:literal) => {
            seal_rows::<$row>(
                db,
                sealer,
                $select,
                concat!(
                    "UPDATE ",
                    $name,
                    " SET seal = anew.seal FROM unnest($1::bigint[], $2::bytea[]) AS anew (at_row, seal) WHERE rowid = at_row"
                ),
                at.after,
            )
            .await?
        };
    }
    let after = match at.table {
        0 => table!(
            User,
            select_users!("WHERE rowid > $1 AND removed_at IS NULL ORDER BY rowid LIMIT $2"),
            "users"
        ),
        1 => table!(Key, select_keys!("WHERE rowid > $1 ORDER BY rowid LIMIT $2"), "keys"),
        2 => table!(Session, select_sessions!("WHERE rowid > $1 ORDER BY rowid LIMIT $2"), "sessions"),
        3 => table!(
            Enforcement,
            select_enforcement!("WHERE rowid > $1 ORDER BY rowid LIMIT $2"),
            "enforcement"
        ),
        4 => table!(
            Token,
            select_tokens!("WHERE rowid > $1 AND revoked_at IS NULL ORDER BY rowid LIMIT $2"),
            "tokens"
        ),
        _ => return Ok(None),
    };
    Ok(Some(after.map_or(at.next_table(), |after| Walk { after, ..at })))
}

/// Seals the rows of one step anew whose seal is outdated; after which row the next step begins, if there is one. A row that
/// cannot be read stays as it is: whoever loads it says so.
async fn seal_rows<T: Row>(
    db: &mut PgConnection,
    sealer: &Sealer,
    select: &'static str,
    update: &'static str,
    after: i64,
) -> Result<Option<i64>, sqlx::Error> {
    let limit = i64::try_from(STEP).unwrap_or(i64::MAX);
    let found = sqlx::query(select).bind(after).bind(limit).fetch_all(&mut *db).await?;
    let mut words = Words::default();
    let (mut places, mut seals) = (Vec::new(), Vec::new());
    let mut last = None;
    for row in &found {
        last = get::<i64>(row, "at_row").ok();
        let Some(value) = T::read(row, &mut words).ok() else { continue };
        let seal = get::<Option<&[u8]>>(row, T::SEAL).ok().flatten();
        if let (Some(place), Verdict::Outdated) = (last, sealer.check(&value, seal)) {
            places.push(place);
            seals.push(sealer.seal(&value).as_bytes().to_vec());
        }
    }
    if !places.is_empty() {
        sqlx::query(update).bind(places).bind(seals).execute(db).await?;
    }
    Ok(last.filter(|_| found.len() == STEP))
}

/// Moves secrets to the current pepper; what has changed by that.
pub(super) async fn redigest(
    db: &mut PgConnection,
    seals: &Seals,
    secrets: &[Redigest],
    now: Timestamp,
) -> Result<(Vec<Change>, Done), Fault> {
    let (mut changes, mut done) = (Vec::new(), Done::default());
    for secret in secrets.iter().filter(|secret| secret.to.1 == seals.sealer().current()) {
        let Some(change) = moved(db, seals, secret).await? else { continue };
        apply::change(db, &change, &seals.sealer(), now, &mut done).await?;
        changes.push(change);
    }
    Ok((changes, done))
}

/// The change that moves a secret, if what it is of is there and as it was written.
async fn moved(
    db: &mut PgConnection,
    seals: &Seals,
    secret: &Redigest,
) -> Result<Option<Change>, sqlx::Error> {
    let from = secret.from.as_bytes().as_slice();
    let token = sqlx::query(select_tokens!("WHERE digest = $1")).bind(from).fetch_optional(&mut *db).await?;
    if let Some(row) = token {
        return Ok(rows::sealed::<Token>(&row, seals).ok().map(|token| {
            let revision = token.revision + 1;
            Change::TokenChanged(Token { digest: Some(secret.to), revision, ..token })
        }));
    }
    let key = sqlx::query(select_keys!("WHERE digest = $1")).bind(from).fetch_optional(db).await?;
    let key = key.and_then(|row| rows::sealed::<Key>(&row, seals).ok());
    Ok(key.map(|key| Change::KeyChanged(Key { digest: secret.to, ..key })))
}
