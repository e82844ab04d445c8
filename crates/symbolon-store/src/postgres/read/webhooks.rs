//! What webhooks read: the audit from a place on, how far they have come, and which tokens end.

use jiff::Timestamp;
use sqlx::PgPool;
use symbolon_core::id::TokenId;
use symbolon_core::store::{Ending, StoreError, WebhookState};

use super::Readers;
use crate::postgres::fault::unavailable;
use crate::rows::{self, select_tokens};

/// As many ends as are read at a time.
const ENDINGS: i64 = 500;

macro_rules! endings {
    () => {
        select_tokens!(
            "WHERE revoked_at IS NULL AND expires_at IS NOT NULL AND (told_end IS DISTINCT FROM expires_at OR told_days <> 0)
               AND expires_at <= $1 AND (expires_at, id) > ($2, $3)
             ORDER BY expires_at, id LIMIT $4"
        )
    };
}

pub(in crate::postgres) async fn endings(
    db: &Readers,
    until: Timestamp,
    after: Option<(Timestamp, TokenId)>,
) -> Result<Vec<Ending>, StoreError> {
    let rows = sqlx::query(endings!())
        .bind(until.as_millisecond())
        .bind(after.map_or(i64::MIN, |(at, _)| at.as_millisecond()))
        .bind(after.map_or_else(String::new, |(_, id)| id.to_string()))
        .bind(ENDINGS)
        .fetch_all(&db.pool)
        .await
        .map_err(|error| unavailable(&error))?;
    // Of one that is not what was written nothing is told, and it keeps no other from it.
    Ok(rows.iter().filter_map(|row| rows::ending(row, &db.seals)).collect())
}

pub(in crate::postgres) async fn webhooks(db: &PgPool) -> Result<Vec<WebhookState>, StoreError> {
    let rows = sqlx::query(
        "SELECT name, position, attempts, waiting_since, next_at, last_at, last_answer, disabled_at, revision
         FROM webhooks ORDER BY name",
    )
    .fetch_all(db)
    .await
    .map_err(|error| unavailable(&error))?;
    Ok(rows
        .iter()
        .filter_map(|row| rows::webhook(row).map_err(|fault| fault.report("webhooks", row)).ok())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::testing::place;

    /// The walk costs what may still be told, and not what has ended over the years.
    #[tokio::test]
    async fn ends_have_their_index() {
        let plan = place().await.plan("bigint, bigint, text, bigint", endings!());
        assert!(plan.contains(" tokens_ending ") && !plan.contains("Sort"), "{plan}");
    }
}
