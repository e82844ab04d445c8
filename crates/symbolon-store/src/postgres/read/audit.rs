//! The audit's chain, as it is followed: oldest first.

use sqlx::PgPool;
use symbolon_core::audit::{Head, Line};
use symbolon_core::store::{StoreError, UnreadableLine};

use crate::postgres::fault::unavailable;
use crate::rows::{self, get, select_audit};

/// The most lines that are read at once.
const MOST: usize = 1000;

pub(in crate::postgres) async fn audit_after(
    db: &PgPool,
    after: u64,
    limit: usize,
) -> Result<Vec<Result<Line, UnreadableLine>>, StoreError> {
    let rows = sqlx::query(select_audit!("WHERE seq > $1 ORDER BY seq LIMIT $2"))
        .bind(i64::try_from(after).unwrap_or(i64::MAX))
        .bind(i64::try_from(limit.clamp(1, MOST)).unwrap_or(i64::MAX))
        .fetch_all(db)
        .await
        .map_err(|error| unavailable(&error))?;
    let lines = rows.iter().map(|row| match rows::audit(row) {
        Ok(line) => Ok(Ok(line)),
        Err(fault) => {
            fault.report("audit", row);
            // The number is the row's own key and always an integer.
            let seq: i64 = get(row, "seq")?;
            Ok(Err(UnreadableLine { seq: u64::try_from(seq).unwrap_or(0) }))
        }
    });
    lines.collect()
}

pub(in crate::postgres) async fn audit_head(db: &PgPool) -> Result<Head, StoreError> {
    let row = sqlx::query("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
        .fetch_optional(db)
        .await
        .map_err(|error| unavailable(&error))?;
    let head = rows::only(row.as_ref(), "audit", rows::head)?;
    Ok(head.unwrap_or(Head::EMPTY))
}
