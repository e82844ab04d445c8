//! What has ended is removed.

use jiff::Timestamp;
use sqlx::PgConnection;
use symbolon_core::usage::{Day, KEPT_DAYS};

use crate::postgres::fault::Fault;

/// The most rows of use that one call removes, and about as many change records: mutations wait meanwhile.
const PRUNED: i64 = 10_000;
/// How long change records are kept at least. Who comes later than that has loaded anew.
const RECORDED_MILLIS: i64 = 3_600_000;

pub(super) async fn prune(db: &mut PgConnection, at: Timestamp) -> Result<(), Fault> {
    let now = at.as_millisecond();
    sqlx::query("DELETE FROM sessions WHERE expires_at <= $1").bind(now).execute(&mut *db).await?;
    sqlx::query("DELETE FROM claims WHERE expires_at <= $1").bind(now).execute(&mut *db).await?;
    sqlx::query(
        "DELETE FROM usage WHERE (day, token, method, path, outcome) IN (
             SELECT day, token, method, path, outcome FROM usage WHERE day < $1
             ORDER BY day, token, method, path, outcome LIMIT $2)",
    )
    .bind(i64::from(Day::of(at).last(KEPT_DAYS).start().0))
    .bind(PRUNED)
    .execute(&mut *db)
    .await?;
    changes(db, now.saturating_sub(RECORDED_MILLIS)).await
}

/// Forgets the oldest change records, up to the first that is too young, or that some node has not applied; the newest stays.
/// A number goes with all of its parts, for a reader takes it as whole.
async fn changes(db: &mut PgConnection, before: i64) -> Result<(), Fault> {
    sqlx::query(
        "WITH oldest AS (SELECT seq, at FROM changes ORDER BY seq, part LIMIT $2),
              kept AS (SELECT least((SELECT min(seq) FROM oldest WHERE at >= $1),
                                    (SELECT min(applied_seq) + 1 FROM nodes),
                                    (SELECT seq FROM fleet_clock),
                                    (SELECT max(seq) + 1 FROM oldest)) AS first)
         DELETE FROM changes USING kept WHERE changes.seq < kept.first",
    )
    .bind(before)
    .bind(PRUNED)
    .execute(db)
    .await?;
    Ok(())
}
