//! The audit's chain, as it is followed: oldest first.

use symbolon_core::audit::{Head, Line};
use symbolon_core::store::{StoreError, UnreadableLine};

use super::{Asked, Given};
use crate::rows::{self, get, select_audit};

/// The most lines that are read at once.
const MOST: usize = 1000;

pub(crate) async fn audit_after(
    db: &impl Asked,
    after: u64,
    limit: usize,
) -> Result<Vec<Result<Line, UnreadableLine>>, StoreError> {
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let limit = i64::try_from(limit.clamp(1, MOST)).unwrap_or(i64::MAX);
    let sql = select_audit!("WHERE seq > $1 ORDER BY seq LIMIT $2");
    let rows = db.rows(sql, &[Given::Number(after), Given::Number(limit)]).await?;
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

pub(crate) async fn audit_head(db: &impl Asked) -> Result<Head, StoreError> {
    let row = db.row("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", &[]).await?;
    let head = rows::only(row.as_ref(), "audit", rows::head)?;
    Ok(head.unwrap_or(Head::EMPTY))
}
