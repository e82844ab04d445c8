//! What tokens ask for, as it is read. It is written as any other change.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Page, PageQuery, StoreError};
use crate::ask::Ask;
use crate::id::{AskId, TokenId, UserId};
use crate::name::ServiceName;

/// Which asks to list, newest first.
#[derive(Debug, Clone)]
pub struct AskQuery {
    /// Of which tokens somebody may know.
    pub seen: SeenAsks,
    /// Of this service alone.
    pub service: Option<ServiceName>,
    /// Of this token alone.
    pub token: Option<TokenId>,
    /// Those alone that wait for an answer: they have none, were made after `open_since`, and their tokens are not revoked.
    pub open: bool,
    /// [`OPEN`](crate::ask::OPEN) before now.
    pub open_since: Timestamp,
    /// The page.
    pub page: PageQuery,
}

/// Whose asks somebody may know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeenAsks {
    /// Everybody's.
    All,
    /// Those of all tokens of these services, and those of the tokens of this owner, as they are owned now.
    Of {
        /// The services.
        services: Vec<ServiceName>,
        /// The owner.
        owner: UserId,
    },
}

/// What the record does for asks. None of them is sealed: a row gives nobody a right.
#[async_trait]
pub trait Asks: Send + Sync {
    /// One ask.
    async fn ask(&self, id: AskId) -> Result<Option<Ask>, StoreError>;
    /// Asks. A cursor that the store did not make is [`StoreError::NotFound`].
    async fn asks(&self, query: &AskQuery) -> Result<Page<Ask>, StoreError>;
}
