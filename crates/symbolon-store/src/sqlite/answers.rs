//! What the record does for changes that are sent on once.

use async_trait::async_trait;
use symbolon_core::store::{AnswerClaim, AnswerOutcome, Answers, StoreError};

use super::SqliteStore;
use super::writer::Work;

#[async_trait]
impl Answers for SqliteStore {
    async fn claim_answer(&self, claim: AnswerClaim) -> Result<(), StoreError> {
        self.write(Work::ClaimAnswer(claim)).await
    }

    async fn release_answer(&self, claim: AnswerClaim) -> Result<(), StoreError> {
        self.write(Work::ReleaseAnswer(claim)).await
    }

    async fn end_answer(&self, claim: AnswerClaim, outcome: AnswerOutcome) -> Result<(), StoreError> {
        self.write(Work::EndAnswer(claim, outcome)).await
    }
}
