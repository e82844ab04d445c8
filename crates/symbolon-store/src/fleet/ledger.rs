//! What a fleet asks of its database.

use std::sync::Arc;

use async_trait::async_trait;
use symbolon_core::id::NodeId;
use symbolon_core::store::{Change, Sink, StoreError};

/// What a renewal found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// The node is renewed; the number of the last mutation that was committed before.
    At(u64),
    /// The node is not there any more: somebody waited for it in vain.
    Removed,
    /// The database is not the one that the fleet was last on: a copy has taken its place. By its number then.
    Elsewhere(i64),
}

/// Committed mutations behind the one that was asked about.
#[derive(Debug, Clone)]
pub(crate) enum Feed {
    /// In their order and without a gap, the number of the last one among them; perhaps none, and perhaps not all.
    Changes(u64, Vec<Change>),
    /// Some are there no more, or follow from something else than the node knows. That cannot be mended by what is left.
    Gap,
    /// The database is there, and took too long over it.
    Late,
    /// As [`Renewal::Elsewhere`].
    Elsewhere(i64),
}

/// What has come of a load of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loaded {
    /// All is told as it was at one moment; the number of the last mutation before that.
    At(u64),
    /// As [`Renewal::Elsewhere`]. Nothing was told.
    Elsewhere(i64),
}

/// A node that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Present {
    /// Which.
    pub(crate) id: NodeId,
    /// How often it was renewed. It tells whether a node has been silent since it was looked at.
    pub(crate) renewals: u64,
    /// Through which mutation it knows everything.
    pub(crate) applied: u64,
}

/// Who is there at one moment, by the database that the fleet is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Observation {
    /// Counts how often another database took the place of the one before.
    pub(crate) epoch: i64,
    /// The number of the last mutation.
    pub(crate) seq: u64,
    /// Everybody.
    pub(crate) nodes: Vec<Present>,
}

/// The database, as nodes speak of themselves and of each other in it. Each call is one statement or one transaction, committed
/// durably when it returns; an error says nothing of whether it was done, unless it says so. None hangs: each ends, within a
/// second or so, in an answer or an error; a load, some seconds after it was last heard of.
///
/// A database that is not the fleet's, or not any more, answers nothing that is relied on.
#[async_trait]
pub(crate) trait Ledger: Send + Sync {
    /// Puts a node there that never was, and that knows everything through `applied` (rule 2).
    async fn register(&self, id: NodeId, applied: u64) -> Result<(), StoreError>;
    /// Renews a node that knows everything through `applied` (rule 3).
    async fn renew(&self, id: NodeId, applied: u64) -> Result<Renewal, StoreError>;
    /// What was committed behind `after`; rows are read in a later statement than their numbers (rule 4). A gap, where the
    /// database is not the one any more, or has not all, that the last answer or load was of.
    async fn changes(&self, after: u64) -> Result<Feed, StoreError>;
    /// Applies everything live to the sink, as it is at one moment (rule 4).
    async fn load(&self, sink: &Arc<dyn Sink>) -> Result<Loaded, StoreError>;
    /// Who is there (rules 5 and 6). An error where it is not the fleet's database that would have to say so.
    async fn observe(&self) -> Result<Observation, StoreError>;
    /// Removes those of these nodes that were renewed just so often (rule 6). Each stands for itself.
    async fn remove(&self, silent: &[(NodeId, u64)]) -> Result<Vec<(NodeId, String)>, StoreError>;
    /// Takes a node away that holds no lease and asks for none any more.
    async fn leave(&self, id: NodeId) -> Result<(), StoreError>;
    /// Makes the database that took the place of the one before the fleet's own, if its number is still `epoch` (rule 11).
    /// To be called when no lease is held any more that was granted by the one before.
    ///
    /// # Errors
    /// Besides: [`put_back`], where it knows of fewer mutations than `newest`.
    async fn adopt(&self, epoch: i64, newest: u64) -> Result<(), StoreError>;
}

/// Why nothing is answered from a database that knows of `seq` mutations, by a node that knew of `newest`: it is an older copy,
/// perhaps, which knows nothing of what was acknowledged since.
pub(crate) fn put_back(seq: u64, newest: u64) -> StoreError {
    StoreError::Unavailable(format!(
        "the database knows of {seq} mutations, and the node knew of {newest}: it was put back to an older state, or a copy took \
         its place that is behind. Nothing is answered from it; see to it that the right one is reached, or restart the nodes \
         where it is meant to be so"
    ))
}
