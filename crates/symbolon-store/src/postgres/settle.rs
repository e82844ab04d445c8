//! When a committed mutation may be answered: when everybody who answers from memory knows of it.

use std::sync::Arc;

use async_trait::async_trait;
use symbolon_core::store::{Sink, StoreError};
/// Who sees to it that the sink hears of what is committed, here and by other nodes, and knows when a number is settled.
#[async_trait]
pub(super) trait Settle: Send + Sync {
    /// Loads everything live into the sink and keeps it informed from then on. Called once, by the writer, which commits
    /// nothing meanwhile; other nodes do.
    async fn attach(&self, sink: Arc<dyn Sink>) -> Result<(), StoreError>;
    /// Returns when everything up to this number has reached every sink that may answer by it, of the fleet that has this
    /// epoch. Called from many tasks at once, in no order; and a caller may stop waiting.
    async fn settle(&self, seq: u64, epoch: i64) -> Result<(), StoreError>;
}
