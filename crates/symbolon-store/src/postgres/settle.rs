//! When a committed mutation may be answered: when everybody who answers from memory knows of it.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use sqlx::PgPool;
use symbolon_core::store::{Sink, StoreError};
use tokio::sync::Mutex;

use super::changes::{Feed, changes_after};
use super::load;
use crate::seals::Seals;

/// How many mutations are read at once.
const AT_ONCE: u32 = 1_000;

/// Who sees to it that the sink hears of what is committed, here and by other nodes, and knows when a number is settled.
#[async_trait]
pub(super) trait Settle: Send + Sync {
    /// Loads everything live into the sink and keeps it informed from then on. Called once, by the writer, which commits
    /// nothing meanwhile; other nodes do.
    async fn attach(&self, sink: Arc<dyn Sink>) -> Result<(), StoreError>;
    /// Returns when everything up to this number has reached every sink that may answer by it, of the fleet that has this
    /// epoch. Called from many tasks at once, in no order.
    async fn settle(&self, seq: u64, epoch: i64) -> Result<(), StoreError>;
}

/// The sink of a process that is alone: it is told of every change before the number counts as settled.
pub(super) struct Alone {
    readers: PgPool,
    seals: Arc<Seals>,
    listener: OnceLock<Listener>,
    attaching: Mutex<()>,
}

struct Listener {
    sink: Arc<dyn Sink>,
    /// The last number that it has heard of. Held while it is told of more, for it is to hear in order.
    heard: Mutex<u64>,
}

impl Alone {
    pub(super) fn new(readers: PgPool, seals: Arc<Seals>) -> Self {
        Self { readers, seals, listener: OnceLock::new(), attaching: Mutex::new(()) }
    }
}

#[async_trait]
impl Settle for Alone {
    async fn attach(&self, sink: Arc<dyn Sink>) -> Result<(), StoreError> {
        let _one = self.attaching.lock().await;
        if self.listener.get().is_some() {
            return Err(StoreError::Conflict("the store informs somebody already"));
        }
        let heard = load::load(&self.readers, &sink, &self.seals).await?;
        // It is empty: looked at above, under the lock.
        let _ = self.listener.set(Listener { sink, heard: Mutex::new(heard) });
        Ok(())
    }

    async fn settle(&self, seq: u64, _: i64) -> Result<(), StoreError> {
        let Some(listener) = self.listener.get() else { return Ok(()) };
        let mut heard = listener.heard.lock().await;
        while *heard < seq {
            match changes_after(&self.readers, &self.seals, *heard, AT_ONCE).await? {
                Feed::Next(committed) if !committed.is_empty() => {
                    for one in committed {
                        listener.sink.apply_all(&one.changes);
                        *heard = one.seq;
                    }
                }
                Feed::Next(_) | Feed::Gap => {
                    let reason = "a change record is missing in the database: start Symbolon anew, so that it loads all";
                    return Err(StoreError::Unavailable(reason.to_owned()));
                }
            }
        }
        Ok(())
    }
}
