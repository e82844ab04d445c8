//! What has ended is removed, piece by piece: whoever writes waits for a piece, and goes between two.

use std::sync::atomic::Ordering;

use sqlx::PgConnection;
use symbolon_core::id::NodeId;
use symbolon_core::usage::{Day, KEPT_DAYS};

use crate::asks::kept_since;
use crate::postgres::fault::Fault;
use crate::postgres::writer::Pruning;

/// The most rows of each table that are removed at once; of change records, about.
const PIECE: i64 = 1_000;

/// Removes one piece, and notes whether there may be another.
pub(super) async fn prune(db: &mut PgConnection, asked: &Pruning) -> Result<(), Fault> {
    if !leads(db, asked.own).await? {
        return Ok(());
    }
    let now = asked.now.as_millisecond();
    let sessions = sqlx::query(
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
    )
    .bind(now);
    let claims = sqlx::query(
        "DELETE FROM claims WHERE (scope, key) IN (
             SELECT scope, key FROM claims WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
    )
    .bind(now);
    let answers = sqlx::query(
        "DELETE FROM answers WHERE (token, key) IN (
             SELECT token, key FROM answers WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
    )
    .bind(now);
    let asks = sqlx::query(
        "DELETE FROM asks WHERE id IN (SELECT id FROM asks WHERE made_at <= $1 ORDER BY made_at, id LIMIT $2)",
    )
    .bind(kept_since(asked.now));
    let usage = sqlx::query(
        "DELETE FROM usage WHERE (day, token, method, path, outcome) IN (
             SELECT day, token, method, path, outcome FROM usage WHERE day < $1
             ORDER BY day, token, method, path, outcome LIMIT $2)",
    )
    .bind(i64::from(Day::of(asked.now).last(KEPT_DAYS).start().0));
    // Forgets the oldest change records, up to the first that is younger than an hour, or that some node has not applied; the
    // newest stays. Who comes later than that has loaded anew. A number goes with all of its parts, for a reader takes it as
    // whole. The hour is the server's: a node whose clock is wrong would forget what others still want.
    let changes = sqlx::query(
        "WITH oldest AS (SELECT seq, at FROM changes ORDER BY seq, part LIMIT $2),
              kept AS (SELECT least((SELECT min(seq) FROM oldest
                                     WHERE at >= extract(epoch FROM clock_timestamp()) * 1000 - $1),
                                    (SELECT min(applied_seq) + 1 FROM nodes),
                                    (SELECT seq FROM fleet_clock),
                                    (SELECT max(seq) + 1 FROM oldest)) AS first)
         DELETE FROM changes USING kept WHERE changes.seq < kept.first",
    )
    .bind(3_600_000_i64);
    for table in [sessions, claims, answers, asks, usage, changes] {
        let removed = table.bind(PIECE).execute(&mut *db).await?.rows_affected();
        if removed >= PIECE.unsigned_abs() {
            asked.more.store(true, Ordering::Relaxed);
        }
    }
    Ok(())
}

/// Whether it is this node that does it for all: the first one that has been renewed lately.
async fn leads(db: &mut PgConnection, own: Option<NodeId>) -> Result<bool, sqlx::Error> {
    let Some(own) = own else { return Ok(true) };
    sqlx::query_scalar(
        "SELECT NOT EXISTS (
             SELECT 1 FROM nodes WHERE id < $1 AND renewed_at > clock_timestamp() - interval '1 minute')",
    )
    .bind(own.to_string())
    .fetch_one(db)
    .await
}
