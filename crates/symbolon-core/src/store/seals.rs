//! What the record has to do with the server's keys: rows are sealed under the current pepper, and what lies under a former
//! one is moved to it.

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreError;
use crate::decision::{Keys, Redigest};
use crate::id::{KeyId, TokenId};
use crate::seal::Kind;

/// A row that grants and is not what was written. It counts as not there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BrokenSeal {
    /// What it is a row of.
    pub kind: Kind,
    /// Its id, or the service whose enforcement it is; as found, and at most 64 characters of it.
    pub id: String,
}

/// What still rests on one pepper.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PepperUse {
    /// The pepper's number.
    pub pepper: u32,
    /// Tokens whose digest was made under it. They are moved to the current pepper when they are next used.
    pub tokens: u64,
    /// Keys likewise.
    pub keys: u64,
    /// Seals under it. They are made anew by [`Sealing::reseal`].
    pub seals: u64,
}

/// The part of the record's contract that is about keys. Rows that grant are written with their seal, and one that is not
/// what was written is not handed out: loads and lists leave it out, and a read of it alone is
/// [`StoreError::SealBroken`].
#[async_trait]
pub trait Sealing {
    /// From here on, seals under these keys. To be called before anybody digests a secret under a new pepper, and after
    /// nobody does under one that is gone.
    fn set_keys(&self, keys: &Keys);
    /// Says which keys there will be, before they are kept anywhere: whoever dies then is known to the others who share the
    /// record by those until now and by these.
    async fn announce_keys(&self, _: &Keys) -> Result<(), StoreError> {
        Ok(())
    }
    /// Has the keys that were announced, and are kept, be those of all who share the record. From here on nobody is given a
    /// lease who has others, and what is committed from here on waits until nobody holds one.
    async fn agree_keys(&self, _: &Keys) -> Result<(), StoreError> {
        Ok(())
    }
    /// From here on, [`Self::reseal`] looks at every row again, from the first on.
    fn begin_reseal(&self);
    /// Makes some hundreds of seals anew that are under a former pepper; `false` when none is left. Rows whose seal is
    /// broken stay as they are.
    async fn reseal(&self) -> Result<bool, StoreError>;
    /// Moves secrets that were presented to the current pepper. What is not there any more, and a row whose seal is broken,
    /// is left alone. The sink hears of each as a change; no audit.
    async fn redigest(&self, secrets: Vec<Redigest>, now: Timestamp) -> Result<(), StoreError>;
    /// What rests on each pepper, by its number. Counts all there is: for people who ask.
    async fn pepper_uses(&self, now: Timestamp) -> Result<Vec<PepperUse>, StoreError>;
    /// Tokens and keys whose digest was made under this pepper, at most so many of each.
    async fn under_pepper(&self, pepper: u32, limit: u32) -> Result<(Vec<TokenId>, Vec<KeyId>), StoreError>;
    /// Imported tokens that nobody has used since, and so rest on no pepper yet: how many there are, and at most so many of
    /// them.
    async fn unused_imports(&self, limit: u32) -> Result<(u64, Vec<TokenId>), StoreError>;
    /// The rows that were found not to be what was written since the store was opened, and are still there. At most
    /// 1,000, the newest among them; the log names all.
    fn broken_seals(&self) -> Vec<BrokenSeal>;
}
