//! When a committed mutation may be answered: when everybody who answers from memory knows of it.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use sqlx::PgPool;
use symbolon_core::store::{Sink, StoreError};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

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
    /// epoch. Called from many tasks at once, in no order; and a caller may stop waiting.
    async fn settle(&self, seq: u64, epoch: i64) -> Result<(), StoreError>;
}

/// The sink of a process that is alone: it is told of every change before the number counts as settled.
pub(super) struct Alone {
    readers: PgPool,
    seals: Arc<Seals>,
    listener: OnceLock<Arc<Listener>>,
}

impl Alone {
    pub(super) fn new(readers: PgPool, seals: Arc<Seals>) -> Self {
        Self { readers, seals, listener: OnceLock::new() }
    }
}

#[async_trait]
impl Settle for Alone {
    async fn attach(&self, sink: Arc<dyn Sink>) -> Result<(), StoreError> {
        if self.listener.get().is_some() {
            return Err(StoreError::Conflict("the store informs somebody already"));
        }
        let heard = load::load(&self.readers, &sink, &self.seals).await?;
        sink.loaded();
        let (readers, seals) = (self.readers.clone(), self.seals.clone());
        // It is empty: the writer calls this, and waits.
        let _ = self.listener.set(Arc::new(Listener { readers, seals, sink, heard: Mutex::new(heard) }));
        Ok(())
    }

    async fn settle(&self, seq: u64, _: i64) -> Result<(), StoreError> {
        let Some(listener) = self.listener.get().cloned() else { return Ok(()) };
        // In a task of its own, which goes on when the caller goes away: it is not to stop between telling the sink and
        // noting what it was told.
        let telling = tokio::spawn(async move { listener.hear(seq).await });
        telling.await.map_err(|_| StoreError::Unavailable("the index did not take a change".to_owned()))?
    }
}

struct Listener {
    readers: PgPool,
    seals: Arc<Seals>,
    sink: Arc<dyn Sink>,
    /// The last number that it has heard of. Held while it is told of more, for it is to hear in order.
    heard: Mutex<u64>,
}

impl Listener {
    /// Tells the sink of all up to this number, and perhaps of more.
    async fn hear(&self, seq: u64) -> Result<(), StoreError> {
        let mut heard = self.heard.lock().await;
        while *heard < seq {
            let committed = match changes_after(&self.readers, &self.seals, *heard, AT_ONCE).await? {
                Feed::Next(committed) => committed,
                Feed::Gap => Vec::new(),
            };
            let Some(last) = committed.last().map(|last| last.seq) else {
                let reason =
                    "a change record is missing in the database: start Symbolon anew, so that it loads all";
                return Err(StoreError::Unavailable(reason.to_owned()));
            };
            let changes: Vec<_> = committed.into_iter().flat_map(|one| one.changes).collect();
            let sink = self.sink.clone();
            // On a thread that may wait: a sink can be busy for a while with what was written in bulk.
            spawn_blocking(move || sink.apply_all(&changes))
                .await
                .map_err(|_| StoreError::Unavailable("the index did not take a change".to_owned()))?;
            *heard = last;
        }
        Ok(())
    }
}
