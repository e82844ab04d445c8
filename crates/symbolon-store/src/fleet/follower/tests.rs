//! What no seed of the simulation comes upon.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use symbolon_core::store::Change;

use super::*;
use crate::fleet::Observation;

/// What is hard about a database.
#[derive(PartialEq)]
enum Trouble {
    /// There is something new whenever anybody looks, until it has been asked a hundred times.
    Busy,
    /// What was changed cannot be read in time.
    Slow,
    /// Nor can anything be loaded.
    Unloadable,
}

/// A database of which is known how often it was asked.
struct Troubled {
    trouble: Trouble,
    seq: AtomicU64,
    renewals: AtomicU64,
    loads: AtomicU64,
}

impl Troubled {
    fn by(trouble: Trouble) -> Arc<Self> {
        let [seq, renewals, loads] = Default::default();
        Arc::new(Self { trouble, seq, renewals, loads })
    }

    /// The clock, which goes on at each look where it is busy there.
    fn seq(&self) -> u64 {
        let step = u64::from(self.trouble == Trouble::Busy);
        self.seq.fetch_add(step, Ordering::SeqCst) + step
    }
}

#[async_trait]
impl Ledger for Troubled {
    async fn register(&self, _: NodeId, _: u64) -> Result<(), StoreError> {
        Ok(())
    }

    async fn renew(&self, _: NodeId, _: u64) -> Result<Renewal, StoreError> {
        self.renewals.fetch_add(1, Ordering::SeqCst);
        Ok(Renewal::At(self.seq()))
    }

    async fn changes(&self, _: u64) -> Result<Feed, StoreError> {
        if self.trouble != Trouble::Busy {
            return Ok(Feed::Late);
        }
        let seq = self.seq();
        if seq > 100 {
            return Err(StoreError::Unavailable("it was asked often enough".to_owned()));
        }
        Ok(Feed::Changes(seq, Vec::new()))
    }

    async fn load(&self, _: &Arc<dyn Sink>) -> Result<Loaded, StoreError> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        if self.trouble == Trouble::Unloadable {
            return Err(StoreError::Unavailable("it is too much".to_owned()));
        }
        Ok(Loaded::At(0))
    }

    async fn observe(&self) -> Result<Observation, StoreError> {
        Ok(Observation { epoch: 1, seq: self.seq.load(Ordering::SeqCst), nodes: Vec::new() })
    }

    async fn remove(&self, _: &[(NodeId, u64)]) -> Result<Vec<(NodeId, String)>, StoreError> {
        Ok(Vec::new())
    }

    async fn leave(&self, _: NodeId) -> Result<(), StoreError> {
        Ok(())
    }

    async fn adopt(&self, _: i64, _: u64) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Waits for nothing, and notes until when it was to.
#[derive(Default)]
struct Noted(std::sync::Mutex<Vec<u64>>);

impl Waits for Noted {
    fn until(&self, moment: Moment) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.0.lock().unwrap().push(moment.0);
        Box::pin(std::future::ready(()))
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

fn parts(ledger: Arc<dyn Ledger>, lease: Arc<Lease>, waits: Arc<dyn Waits>) -> Parts {
    Parts {
        ledger,
        sink: Arc::new(Still),
        lease,
        terms: LeaseTerms::USUAL,
        clock: Arc::new(Still),
        waits,
        entropy: Arc::new(Still),
    }
}

#[tokio::test]
async fn what_cannot_be_read_in_time_again_and_again_is_loaded() {
    let (ledger, lease) = (Troubled::by(Trouble::Slow), Arc::new(Lease::of(Arc::new(Still))));
    let mut follower = Follower::new(parts(ledger.clone(), lease, Arc::new(Still)));
    // The first load is for a node that knows nothing.
    for loads in [1, 1, 2, 2, 3, 3] {
        let _ = follower.turn().await;
        assert_eq!(ledger.loads.load(Ordering::SeqCst), loads);
    }
}

#[tokio::test]
async fn a_load_that_fails_is_tried_more_and_more_rarely() {
    let ledger = Troubled::by(Trouble::Unloadable);
    let (lease, waits) = (Arc::new(Lease::of(Arc::new(Still))), Arc::new(Noted::default()));
    let mut follower = Follower::new(parts(ledger, lease, waits.clone()));
    for _ in 0..9 {
        follower.turn().await.unwrap_err();
    }
    let millis: Vec<_> = waits.0.lock().unwrap().iter().map(|until| until / 1_000_000).collect();
    assert_eq!(millis, [0, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
}

#[tokio::test]
async fn a_node_renews_its_lease_however_often_the_record_is_changed() {
    let (ledger, lease) = (Troubled::by(Trouble::Busy), Arc::new(Lease::of(Arc::new(Still))));
    let mut follower = Follower::new(parts(ledger.clone(), lease.clone(), Arc::new(Still)));
    follower.turn().await.unwrap_err();
    let renewals = ledger.renewals.load(Ordering::SeqCst);
    assert!(renewals > 40, "{renewals} renewals among 100 numbers");
    assert!(lease.hold().is_some());
}
