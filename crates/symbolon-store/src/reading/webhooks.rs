//! What webhooks read besides the audit: how far they have come, and which tokens end.

use jiff::Timestamp;
use symbolon_core::id::TokenId;
use symbolon_core::store::{Ending, StoreError, WebhookState};

use super::{Asked, Given};
use crate::rows::{self, select_tokens};

/// As many ends as are read at a time.
const MOST: i64 = 500;

/// With the words of the index, which SQLite wants: `IS NOT` there is this.
pub(crate) const ENDINGS: &str = select_tokens!(
    "WHERE revoked_at IS NULL AND expires_at IS NOT NULL AND (told_end IS DISTINCT FROM expires_at OR told_days <> 0)
       AND expires_at <= $1 AND (expires_at, id) > ($2, $3)
     ORDER BY expires_at, id LIMIT $4"
);

pub(crate) async fn endings(
    db: &impl Asked,
    until: Timestamp,
    after: Option<(Timestamp, TokenId)>,
) -> Result<Vec<Ending>, StoreError> {
    let (at, id) =
        after.map_or_else(|| (i64::MIN, String::new()), |(at, id)| (at.as_millisecond(), id.to_string()));
    let given =
        [Given::Number(until.as_millisecond()), Given::Number(at), Given::Text(&id), Given::Number(MOST)];
    let rows = db.rows(ENDINGS, &given).await?;
    // Of one that is not what was written nothing is told, and it keeps no other from it.
    Ok(rows.iter().filter_map(|row| rows::ending(row, db.seals())).collect())
}

pub(crate) async fn webhooks(db: &impl Asked) -> Result<Vec<WebhookState>, StoreError> {
    let sql =
        "SELECT name, position, attempts, waiting_since, next_at, last_at, last_answer, disabled_at, revision
         FROM webhooks ORDER BY name";
    let rows = db.rows(sql, &[]).await?;
    Ok(rows
        .iter()
        .filter_map(|row| rows::webhook(row).map_err(|fault| fault.report("webhooks", row)).ok())
        .collect())
}
