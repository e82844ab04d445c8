//! The change feed, as it is read: what the whole fleet has committed, in its order.

mod record;
mod state;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::PgPool;
use symbolon_core::store::{Change, StoreError};

use self::record::Record;
use self::state::State;
use super::fault::unavailable;
use super::patience::within;
use crate::rows::{Parsed, get};
use crate::seals::Seals;

/// How long a statement may take: as long as the server lets it. A node that waits for more is a node without a lease.
const FOLLOWING: Duration = Duration::from_secs(10);

/// What one mutation has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Committed {
    /// Its number.
    pub(super) seq: u64,
    /// Its changes, in their order. Each carries what holds now, which may be what a later mutation has made of it.
    pub(super) changes: Vec<Change>,
}

/// What has come of reading on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Feed {
    /// The mutations that follow, with no number left out. Empty: there is none so far.
    Next(Vec<Committed>),
    /// A number is missing, or a record is not understood: what has changed is not known, and all is to be loaded anew.
    Gap,
}

/// The mutations behind the number `after`, at most `limit` of them.
///
/// The records are read first and the rows in later statements, so that no row is older than its record. A row that is gone,
/// or is not what was written, becomes the change that takes it out of the index.
pub(super) async fn changes_after(
    db: &PgPool,
    seals: &Seals,
    after: u64,
    limit: u32,
) -> Result<Feed, StoreError> {
    let Some(records) = records(db, after, limit).await? else { return Ok(Feed::Gap) };
    let state = State::of(db, seals, records.values().flatten()).await?;
    let committed = |(seq, records): (u64, Vec<Record>)| Committed {
        seq,
        changes: records.into_iter().filter_map(|record| state.change(record, seals)).collect(),
    };
    Ok(Feed::Next(records.into_iter().map(committed).collect()))
}

/// The records of the mutations that follow, by the mutation's number; `None` where a number is missing, or a record is not
/// understood.
async fn records(
    db: &PgPool,
    after: u64,
    limit: u32,
) -> Result<Option<BTreeMap<u64, Vec<Record>>>, StoreError> {
    let until = after.saturating_add(limit.into());
    // With the clock, which tells a record that is missing from one that is still to come: both are of one moment.
    let asked = sqlx::query(
        "SELECT fleet_clock.seq AS clock, changes.seq, kind, id, at
         FROM fleet_clock LEFT JOIN changes ON changes.seq > $1 AND changes.seq <= $2
         ORDER BY changes.seq, part",
    )
    .bind(i64::try_from(after).unwrap_or(i64::MAX))
    .bind(i64::try_from(until).unwrap_or(i64::MAX))
    .fetch_all(db);
    let rows = within(FOLLOWING, asked).await.map_err(|error| unavailable(&error))?;
    let Some(clock) = rows.first().and_then(|row| number(get(row, "clock"))) else { return Ok(None) };
    let mut found = BTreeMap::<_, Vec<_>>::new();
    for row in rows.iter().filter(|row| get::<Option<i64>>(*row, "seq") != Ok(None)) {
        let (Some(seq), Some(record)) = (number(get(row, "seq")), Record::read(row)) else {
            return Ok(None);
        };
        found.entry(seq).or_default().push(record);
    }
    let whole = clock >= after && found.keys().copied().eq(after + 1..=until.min(clock));
    Ok(whole.then_some(found))
}

fn number(column: Parsed<i64>) -> Option<u64> {
    u64::try_from(column.ok()?).ok()
}
