//! The pages of a table in pieces, for as many as like to take one.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use sqlx::PgConnection;

/// So many pages, of 8 KiB each, are read at once: a few thousand rows at most, which are held meanwhile.
const PIECE: u64 = 64;

/// A row of a table has no fewer bytes.
const ROW: i64 = 256;

/// Pieces that were not taken yet.
#[derive(Debug)]
pub(super) struct Pieces {
    /// How many pages there are.
    pages: u64,
    /// The first that was not taken.
    next: AtomicU64,
    stopped: AtomicBool,
}

impl Pieces {
    /// Those of a table, as it is now: what comes behind it was written later.
    pub(super) async fn of(db: &mut PgConnection, table: &'static str) -> Result<Self, sqlx::Error> {
        let pages: i64 = sqlx::query_scalar(
            "SELECT pg_relation_size($1::regclass) / current_setting('block_size')::bigint",
        )
        .bind(table)
        .fetch_one(db)
        .await?;
        Ok(Self::over(pages.cast_unsigned()))
    }

    fn over(pages: u64) -> Self {
        Self { pages, next: AtomicU64::new(0), stopped: AtomicBool::default() }
    }

    /// How many there are in all.
    pub(super) fn count(&self) -> usize {
        usize::try_from(self.pages.div_ceil(PIECE)).unwrap_or(usize::MAX)
    }

    /// The next piece: the place of its first row, and the place behind its last one.
    pub(super) fn next(&self) -> Option<[String; 2]> {
        if self.stopped.load(Ordering::Relaxed) {
            return None;
        }
        let first = self.next.fetch_add(PIECE, Ordering::Relaxed);
        (first < self.pages).then(|| [first, first + PIECE].map(|page| format!("({page},0)")))
    }

    /// Nobody is to take another.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

/// About how many tokens there are that are not revoked: as the server knows by its last look, or else no more than there is
/// room for. A count would take as long as a good part of the load.
pub(super) async fn estimate(db: &mut PgConnection) -> Result<u64, sqlx::Error> {
    let (known, bytes): (f32, i64) = sqlx::query_as(
        "SELECT reltuples, pg_relation_size('tokens') FROM pg_class WHERE oid = 'tokens_live'::regclass",
    )
    .fetch_one(db)
    .await?;
    let room = u64::try_from(bytes / ROW).unwrap_or(0);
    // Zero or less, as long as nobody has looked.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is rounded, and bounded")]
    let known = known.max(0.0) as u64;
    Ok(if known == 0 { room } else { known.min(room) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_are_the_whole_and_nothing_twice() {
        for pages in [0, 1, 63, 64, 65, 1_000] {
            let pieces = Pieces::over(pages);
            let taken: Vec<_> = std::iter::from_fn(|| pieces.next()).collect();
            assert_eq!(taken.len(), pieces.count(), "{pages}");
            assert!(taken.windows(2).all(|two| two[0][1] == two[1][0]), "{pages}: {taken:?}");
            assert!(taken.first().is_none_or(|[first, _]| first == "(0,0)"), "{pages}: {taken:?}");
        }
        assert_eq!(Pieces::over(65).count(), 2);
    }

    #[test]
    fn what_was_stopped_gives_nothing_more() {
        let pieces = Pieces::over(1_000);
        assert!(pieces.next().is_some());
        pieces.stop();
        assert_eq!(pieces.next(), None);
    }
}
