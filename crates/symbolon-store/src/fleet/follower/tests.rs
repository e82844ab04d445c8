//! What no seed of the simulation comes upon.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use symbolon_core::store::Change;

use super::*;
use crate::fleet::Observation;

/// A database in which there is something new whenever anybody looks, until it has been asked often enough.
#[derive(Default)]
struct Busy {
    seq: AtomicU64,
    renewals: AtomicU64,
}

#[async_trait]
impl Ledger for Busy {
    async fn register(&self, _: NodeId, _: u64) -> Result<(), StoreError> {
        Ok(())
    }

    async fn renew(&self, _: NodeId, _: u64) -> Result<Renewal, StoreError> {
        self.renewals.fetch_add(1, Ordering::SeqCst);
        Ok(Renewal::At(self.seq.fetch_add(1, Ordering::SeqCst) + 1))
    }

    async fn changes(&self, _: u64) -> Result<Feed, StoreError> {
        let seq = self.seq.fetch_add(1, Ordering::SeqCst) + 1;
        if seq > 100 {
            return Err(StoreError::Unavailable("it was asked often enough".to_owned()));
        }
        Ok(Feed::Changes(seq, Vec::new()))
    }

    async fn load(&self, _: &Arc<dyn Sink>) -> Result<Loaded, StoreError> {
        Ok(Loaded::At(0))
    }

    async fn observe(&self) -> Result<Observation, StoreError> {
        Ok(Observation { epoch: 1, seq: self.seq.load(Ordering::SeqCst), nodes: Vec::new() })
    }

    async fn remove(&self, _: NodeId, _: u64) -> Result<(), StoreError> {
        Ok(())
    }

    async fn leave(&self, _: NodeId) -> Result<(), StoreError> {
        Ok(())
    }

    async fn adopt(&self, _: i64) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Whatever else a node is made of.
struct Still;

impl Sink for Still {
    fn apply(&self, _: &Change) {}

    fn loaded(&self) {}
}

impl SteadyClock for Still {
    fn now(&self) -> Moment {
        Moment(1)
    }
}

impl Waits for Still {
    fn until(&self, _: Moment) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::ready(()))
    }
}

impl Entropy for Still {
    fn fill(&self, _: &mut [u8]) {}
}

#[tokio::test]
async fn a_node_renews_its_lease_however_often_the_record_is_changed() {
    let (ledger, lease) = (Arc::new(Busy::default()), Arc::new(Lease::of(Arc::new(Still))));
    let mut follower = Follower::new(Parts {
        ledger: ledger.clone(),
        sink: Arc::new(Still),
        lease: lease.clone(),
        terms: LeaseTerms::USUAL,
        clock: Arc::new(Still),
        waits: Arc::new(Still),
        entropy: Arc::new(Still),
    });
    follower.turn().await.unwrap_err();
    let renewals = ledger.renewals.load(Ordering::SeqCst);
    assert!(renewals > 40, "{renewals} renewals among 100 numbers");
    assert!(lease.hold().is_some());
}
