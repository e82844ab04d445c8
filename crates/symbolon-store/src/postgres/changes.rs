//! The change feed, as it is read: what the whole fleet has committed, in its order.

mod record;
mod state;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use sqlx::Row;
use symbolon_core::audit::{Head, LineHash};
use symbolon_core::store::Change;

use self::record::Record;
use self::state::State;
use super::chain::{head, join_head, select_head};
use super::identity::with_here;
use super::line::Line;
use crate::rows::{Parsed, get};
use crate::seals::Seals;

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
pub(super) enum Feed<T = Vec<Committed>> {
    /// The mutations that follow, with no number left out. Empty: there is none so far.
    Next(T),
    /// A number is missing, a record is not understood, or what was read before is not what came before these: what has
    /// changed is not known, and all is to be loaded anew.
    Gap,
    /// The server is not the one that the fleet is on. By the fleet's epoch.
    Elsewhere(i64),
}

/// The mutations behind the number `after`: as many as have about `limit` records, and one at least, whole.
///
/// The records are read first and the rows in later statements, so that no row is older than its record. A row that is gone,
/// or is not what was written, becomes the change that takes it out of the index.
///
/// `known` is where the audit ended when the reader last read, and becomes where it ends now. Each line follows from all before
/// it, and every mutation writes one. So a database that has that line has all that the reader knows; and one that was put
/// back to an earlier state and has gone on since has not, though its numbers may go on just behind the reader's.
pub(super) async fn changes_after(
    line: &Line,
    seals: &Seals,
    after: u64,
    limit: i64,
    known: &mut Head,
) -> Result<Feed, sqlx::Error> {
    let records = match records(line, after, limit, known).await? {
        Feed::Next(records) => records,
        Feed::Gap => return Ok(Feed::Gap),
        Feed::Elsewhere(epoch) => return Ok(Feed::Elsewhere(epoch)),
    };
    let state = State::of(line, seals, records.values().flatten()).await?;
    let committed = |(seq, records): (u64, Vec<Record>)| Committed {
        seq,
        changes: records.into_iter().filter_map(|record| state.change(record, seals)).collect(),
    };
    Ok(Feed::Next(records.into_iter().map(committed).collect()))
}

/// The records of mutations, by the mutation's number.
type Records = BTreeMap<u64, Vec<Record>>;

/// With the clock, which tells a record that is missing from one that is still to come, and with the audit's end: all are of
/// one moment. Of the last number, where there are more records than were asked for, some may be left out: it is read the
/// next time, or with all of its records where it is the only one.
const RECORDS: &str = concat!(
    with_here!(),
    ", next AS MATERIALIZED (SELECT seq FROM changes WHERE seq > $1 ORDER BY seq, part LIMIT $2),
     until AS MATERIALIZED (
         SELECT count(*) < $2 AS all_of_them,
             CASE WHEN count(*) < $2 THEN max(seq) ELSE greatest(min(seq), max(seq) - 1) END AS seq FROM next)
     SELECT same_server, epoch, all_of_them, fleet_clock.seq AS clock, ",
    select_head!(),
    ", $4::bytea IS NULL OR EXISTS (SELECT 1 FROM audit WHERE audit.seq = $3 AND audit.hash = $4) AS goes_on,
         changes.seq, kind, id, at
     FROM here CROSS JOIN fleet_clock CROSS JOIN until",
    join_head!(),
    "LEFT JOIN changes ON changes.seq > $1 AND changes.seq <= until.seq
     ORDER BY changes.seq, part"
);

async fn records(
    line: &Line,
    after: u64,
    limit: i64,
    known: &mut Head,
) -> Result<Feed<Records>, sqlx::Error> {
    // A line that nothing can be said of stands for nothing, and would be missed for ever.
    let hash = (known.hash != LineHash::GENESIS).then(|| known.hash.as_bytes().as_slice());
    let last = known.seq;
    let rows = line
        .try_ask(async |db| {
            sqlx::query(RECORDS)
                .bind(i64::try_from(after).unwrap_or(i64::MAX))
                .bind(limit)
                .bind(i64::try_from(last).unwrap_or(i64::MAX))
                .bind(hash)
                .fetch_all(db)
                .await
        })
        .await?;
    let Some(first) = rows.first() else { return Ok(Feed::Gap) };
    if !first.try_get::<bool, _>("same_server")? {
        return Ok(Feed::Elsewhere(first.try_get("epoch")?));
    }
    let all: bool = first.try_get("all_of_them")?;
    let (Some(clock), Ok(true)) = (number(get(first, "clock")), get(first, "goes_on")) else {
        return Ok(Feed::Gap);
    };
    *known = head(first)?;
    let mut found = Records::new();
    for row in rows.iter().filter(|row| get::<Option<i64>>(*row, "seq") != Ok(None)) {
        let (Some(seq), Some(record)) = (number(get(row, "seq")), Record::read(row)) else {
            return Ok(Feed::Gap);
        };
        found.entry(seq).or_default().push(record);
    }
    let last = if all { clock } else { found.keys().last().copied().unwrap_or(clock) };
    let whole = clock >= after && found.keys().copied().eq(after + 1..=last);
    Ok(if whole { Feed::Next(found) } else { Feed::Gap })
}

fn number(column: Parsed<i64>) -> Option<u64> {
    u64::try_from(column.ok()?).ok()
}
