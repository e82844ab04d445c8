//! The rows of a table in pieces, for as many as like to take one.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;

/// A table with row numbers over no more than this is one piece.
const ONE_PIECE: i128 = 4_096;
/// Into so many pieces a longer one is divided. A bound: where somebody has given one row a number far from the others, the
/// pieces between are empty, and the rows are there still.
const PIECES: u64 = 256;

/// Places at which it is looked how many rows there are, and how many rows are looked at.
const SAMPLES: i128 = 32;
const LOOK: i64 = 100;
/// A row of a table has no fewer bytes, with what of it is in indexes.
const ROW: i64 = 256;

/// Pieces that were not taken yet.
#[derive(Debug)]
pub(super) struct Ranges {
    /// The first row's number and the last one's; beyond 64 bits, for their difference may be.
    first: i128,
    last: i128,
    pieces: u64,
    taken: AtomicU64,
}

impl Ranges {
    pub(super) fn of(db: &Connection, table: &'static str) -> Result<Self, rusqlite::Error> {
        let Some((first, last)) = ends(db, table)? else { return Ok(Self::over(0, -1)) };
        Ok(Self::over(first, last))
    }

    fn over(first: i128, last: i128) -> Self {
        let pieces = match last - first + 1 {
            0 => 0,
            ..=ONE_PIECE => 1,
            _ => PIECES,
        };
        Self { first, last, pieces, taken: AtomicU64::new(0) }
    }

    pub(super) fn count(&self) -> usize {
        usize::try_from(self.pieces).unwrap_or(1)
    }

    /// The next piece.
    pub(super) fn next(&self) -> Option<RangeInclusive<i64>> {
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        if number >= self.pieces {
            return None;
        }
        let begin = |number: u64| {
            self.first + (self.last - self.first + 1) * i128::from(number) / i128::from(self.pieces)
        };
        let end = begin(number + 1) - 1;
        // Both lie between two numbers of rows, which have 64 bits.
        Some(i64::try_from(begin(number)).ok()?..=i64::try_from(end).ok()?)
    }
}

/// The numbers of the first and the last row.
fn ends(db: &Connection, table: &'static str) -> Result<Option<(i128, i128)>, rusqlite::Error> {
    // Each by itself, for both in one statement are found by a walk over all rows.
    let sql = format!("SELECT (SELECT min(rowid) FROM {table}), (SELECT max(rowid) FROM {table})");
    let (first, last): (Option<i64>, Option<i64>) =
        db.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(first.zip(last).map(|(first, last)| (first.into(), last.into())))
}

/// About how many rows of a table there are of which `condition` holds, by a look at few of them. A count would take as
/// long as a good part of the load.
pub(super) fn estimate(
    db: &Connection,
    table: &'static str,
    condition: &'static str,
) -> Result<u64, rusqlite::Error> {
    let Some((first, last)) = ends(db, table)? else { return Ok(0) };
    let span = last - first + 1;
    if span <= ONE_PIECE {
        return Ok(u64::try_from(span).unwrap_or(0));
    }
    let mut look = db.prepare(&format!(
        "SELECT max(at), sum(wanted) FROM (SELECT rowid AS at, {condition} AS wanted FROM {table} NOT INDEXED
         WHERE rowid >= ?1 ORDER BY rowid LIMIT ?2)"
    ))?;
    let (mut seen, mut wanted) = (0_i128, 0_i128);
    for sample in 0..SAMPLES {
        let begin = i64::try_from(first + span * sample / SAMPLES).unwrap_or(i64::MAX);
        let (end, found): (Option<i64>, Option<i64>) =
            look.query_row([begin, LOOK], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let Some(end) = end else { break };
        seen += i128::from(end) - i128::from(begin) + 1;
        wanted += i128::from(found.unwrap_or(0));
    }
    let about = u64::try_from(span * wanted / seen.max(1)).unwrap_or(u64::MAX);
    // Whatever the numbers of the rows say, they lie in this file.
    let bytes: i64 = db.query_row(
        "SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)",
        [],
        |row| row.get(0),
    )?;
    Ok(about.min((bytes / ROW).unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(first: i128, last: i128) -> Vec<RangeInclusive<i64>> {
        let ranges = Ranges::over(first, last);
        std::iter::from_fn(|| ranges.next()).collect()
    }

    #[test]
    fn the_pieces_are_the_whole_and_nothing_twice() {
        let (min, max) = (i128::from(i64::MIN), i128::from(i64::MAX));
        for (first, last) in
            [(1, 1), (1, 4_096), (1, 4_097), (-7, 1_000_000), (min, max), (min, min + 1), (5, max)]
        {
            let pieces = pieces(first, last);
            assert_eq!(i128::from(*pieces[0].start()), first);
            assert_eq!(i128::from(*pieces[pieces.len() - 1].end()), last);
            assert!(pieces.iter().all(|piece| !piece.is_empty()));
            assert!(pieces.windows(2).all(|two| two[0].end() + 1 == *two[1].start()), "{first} to {last}");
        }
        assert_eq!(pieces(0, -1), []);
    }

    #[test]
    fn an_estimate_is_near_the_truth_and_bound_by_the_file() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(
            "CREATE TABLE t (gone INTEGER, pad TEXT);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
             INSERT INTO t SELECT CASE WHEN i % 4 = 0 THEN 1 END, printf('%.*c', 400, 'x') FROM n",
        )
        .unwrap();
        let about = estimate(&db, "t", "gone IS NULL").unwrap();
        assert!((14_000..=16_000).contains(&about), "{about}");
        db.execute("INSERT INTO t (rowid) VALUES (9223372036854775807)", []).unwrap();
        let about = estimate(&db, "t", "gone IS NULL").unwrap();
        assert!(about < 40_000, "{about}");
    }
}
