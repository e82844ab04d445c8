//! A node that says nothing: whoever waits for what is committed to be so everywhere waits until it is let go.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use symbolon_core::store::Store;
use tokio::sync::{Notify, watch};

use crate::between::Between;

#[derive(Clone)]
pub(super) struct Hold(Arc<Inner>);

struct Inner {
    held: watch::Sender<bool>,
    waited_for: Notify,
    /// How often the record was read.
    reads: AtomicU64,
    /// How often it had been when somebody waited last.
    before: AtomicU64,
}

impl Default for Hold {
    fn default() -> Self {
        let (held, waited_for) = (watch::Sender::new(false), Notify::new());
        Self(Arc::new(Inner { held, waited_for, reads: AtomicU64::new(0), before: AtomicU64::new(0) }))
    }
}

impl Hold {
    /// A record of which whoever waits for it is held.
    pub(super) fn over(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        let (reads, waits) = (self.0.clone(), self.0.clone());
        let read = move || {
            reads.reads.fetch_add(1, Ordering::SeqCst);
        };
        Between::held(store, read, move || {
            let inner = waits.clone();
            Box::pin(async move {
                inner.before.store(inner.reads.load(Ordering::SeqCst), Ordering::SeqCst);
                let mut held = inner.held.subscribe();
                if *held.borrow_and_update() {
                    inner.waited_for.notify_one();
                    held.wait_for(|held| !held).await.unwrap();
                }
            })
        })
    }

    /// From now on whoever waits is held.
    pub(super) fn hold(&self) {
        self.0.held.send_replace(true);
    }

    /// Nobody is any more.
    pub(super) fn release(&self) {
        self.0.held.send_replace(false);
    }

    /// Returns when somebody is held.
    pub(super) async fn waited_for(&self) {
        self.0.waited_for.notified().await;
    }

    /// Whether the record was read since somebody waited last.
    pub(super) fn read_since(&self) -> bool {
        self.0.reads.load(Ordering::SeqCst) != self.0.before.load(Ordering::SeqCst)
    }
}
