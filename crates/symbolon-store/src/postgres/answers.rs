//! Changes that are sent on once, which go past the clock of the fleet: nobody decides by them, no index has them, and so no
//! node has to hear of one before it is acknowledged.
//!
//! What makes one of two claims the first is the primary key alone: of two nodes that claim a key at once the second waits for
//! the first's row, and then finds it. Each statement is one transaction about one row, so that none of them waits for
//! another while it holds what that one wants.

use async_trait::async_trait;
use sqlx::PgPool;
use symbolon_core::store::{AnswerClaim, AnswerOutcome, Answers, StoreError};

use super::PostgresStore;
use super::fault::unavailable;
use super::patience::answered;
use crate::rows;
use crate::writing;

/// How often a claim is tried again that found one which was released before it could be looked at.
const TRIES: usize = 8;

#[async_trait]
impl Answers for PostgresStore {
    async fn claim_answer(&self, claim: AnswerClaim) -> Result<(), StoreError> {
        self.alive()?;
        for _ in 0..TRIES {
            let made = answered(make(&self.answers, &claim)).await.map_err(|error| unavailable(&error))?;
            if made {
                return Ok(());
            }
            let row = sqlx::query(
                "SELECT fingerprint, claimed_at, outcome, status, content_type, location, etag, body
                 FROM answers WHERE token = $1 AND key = $2",
            )
            .bind(claim.token.to_string())
            .bind(&claim.key)
            .fetch_optional(&self.answers);
            let row = answered(row).await.map_err(|error| unavailable(&error))?;
            if let Some(before) = rows::only(row.as_ref(), "answers", rows::answer)? {
                return Err(StoreError::Answered(Box::new(before)));
            }
        }
        Err(StoreError::Unavailable("others kept claiming the same key and giving it up".to_owned()))
    }

    async fn release_answer(&self, claim: AnswerClaim) -> Result<(), StoreError> {
        let released = sqlx::query(
            "DELETE FROM answers WHERE token = $1 AND key = $2 AND claimed_at = $3 AND outcome IS NULL",
        )
        .bind(claim.token.to_string())
        .bind(&claim.key)
        .bind(claim.at.as_millisecond())
        .execute(&self.answers);
        answered(released).await.map(drop).map_err(|error| unavailable(&error))
    }

    async fn end_answer(&self, claim: AnswerClaim, outcome: AnswerOutcome) -> Result<(), StoreError> {
        let (word, kept) = writing::outcome(&outcome);
        let ended = sqlx::query(
            "UPDATE answers SET outcome = $4, status = $5, content_type = $6, location = $7, etag = $8, body = $9
             WHERE token = $1 AND key = $2 AND claimed_at = $3 AND outcome IS NULL",
        )
        .bind(claim.token.to_string())
        .bind(&claim.key)
        .bind(claim.at.as_millisecond())
        .bind(word)
        .bind(kept.map(|kept| i64::from(kept.status)))
        .bind(kept.and_then(|kept| kept.content_type.as_deref()))
        .bind(kept.and_then(|kept| kept.location.as_deref()))
        .bind(kept.and_then(|kept| kept.etag.as_deref()))
        .bind(kept.map(|kept| kept.body.as_slice()))
        .execute(&self.answers);
        let ended = answered(ended).await.map_err(|error| unavailable(&error))?;
        if ended.rows_affected() == 0 { Err(StoreError::NotFound("that claim")) } else { Ok(()) }
    }
}

/// Whether the claim was made. A lapsed one is replaced; one that stands is not touched.
async fn make(pool: &PgPool, claim: &AnswerClaim) -> Result<bool, sqlx::Error> {
    let made = sqlx::query(
        "INSERT INTO answers (token, key, fingerprint, claimed_at, expires_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (token, key) DO UPDATE
         SET fingerprint = excluded.fingerprint, claimed_at = excluded.claimed_at, expires_at = excluded.expires_at,
             outcome = NULL, status = NULL, content_type = NULL, location = NULL, etag = NULL, body = NULL
         WHERE answers.expires_at <= $4",
    )
    .bind(claim.token.to_string())
    .bind(&claim.key)
    .bind(claim.fingerprint.as_bytes().as_slice())
    .bind(claim.at.as_millisecond())
    .bind(claim.expires_at().as_millisecond())
    .execute(pool)
    .await?;
    Ok(made.rows_affected() > 0)
}
