//! What stands in a node's way that is none of its own.

mod rules;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::{Connection, PgConnection};
use symbolon_core::id::NodeId;
use symbolon_core::lease::{Lease, LeaseTerms, Moment};
use symbolon_core::store::{Change, Sink, Store, StoreError};
use symbolon_postgres_server::{Database, Version, shared};

use tokio::sync::Notify;
use tokio::time::{pause, resume, sleep, timeout};

use super::Membership;
use super::kept::Keeper;
use super::listen::{ANSWER, QUIET, listen};
use crate::fleet::{Feed, Ledger, Loaded, Renewal};
use crate::postgres::PostgresStore;
use crate::postgres::connect::Server;
use crate::postgres::testing::{Mirror, Way, membership};
use crate::{OpenError, make};

/// A node that is there, what it has heard, and its lease.
struct Node {
    store: PostgresStore,
    mirror: Arc<Mirror>,
    lease: Arc<Lease>,
}

fn database() -> Database {
    shared(Version::Debian).unwrap().new_database().unwrap()
}

impl Node {
    /// One that does not follow yet.
    async fn alone(url: &str) -> Self {
        let membership = membership::node("test");
        let (lease, mirror) = (membership.lease.clone(), Arc::new(Mirror::default()));
        let store = PostgresStore::open(url, None, &make::keys(), membership).await.unwrap();
        Self { store, mirror, lease }
    }

    async fn at(url: &str) -> Self {
        let node = Self::alone(url).await;
        node.attach().await.unwrap();
        node
    }

    async fn attach(&self) -> Result<(), StoreError> {
        self.store.attach(self.mirror.clone()).await
    }

    async fn make(&self, key: u32) -> Result<(), StoreError> {
        self.store.commit(make::mutation(vec![Change::KeyCreated(make::key(key))])).await
    }

    /// Whether it may answer, and knows of this key.
    fn knows(&self, key: u32) -> bool {
        self.lease.hold().is_some() && self.mirror.live().keys.contains_key(&make::key_id(key))
    }
}

/// A connection of somebody else's, with a transaction in which this was done.
async fn under_way(database: &Database, sql: &'static str) -> PgConnection {
    let mut db = PgConnection::connect(&database.url()).await.unwrap();
    sqlx::raw_sql("BEGIN").execute(&mut db).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut db).await.unwrap();
    db
}

/// Waits until somebody waits for the transaction, and commits it.
async fn commit_when_waited_for(database: &Database, mut db: PgConnection) {
    let waiting = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
                   WHERE NOT granted AND datname = current_database()";
    let what = "nobody waits";
    soon(Duration::from_secs(5), what, || database.sql(waiting).unwrap() != "0").await;
    sqlx::raw_sql("COMMIT").execute(&mut db).await.unwrap();
    db.close().await.unwrap();
}

/// What an answer refuses.
fn refused<T: std::fmt::Debug>(answer: Result<T, StoreError>) -> String {
    match answer {
        Err(StoreError::Unavailable(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

/// Waits until something is so; no longer than so.
async fn soon(within: Duration, what: &str, mut is_so: impl FnMut() -> bool) {
    let so = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    timeout(within, so).await.expect(what);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_follows_and_is_ready_however_many_read_for_however_long() {
    let database = database();
    let node = Node::alone(&database.url()).await;
    let pool = &node.store.readers.pool;
    let mut held = Vec::new();
    while held.len() < pool.options().get_max_connections() as usize {
        held.push(pool.acquire().await.unwrap());
    }
    node.attach().await.unwrap();
    let other = Node::at(&database.url()).await;
    for key in 1..4 {
        other.make(key).await.unwrap();
        assert!(node.knows(key), "{key}");
    }
    node.store.applied().await.unwrap();
    node.store.ping().await.unwrap();
    drop(held);
    other.store.close().await;
    node.store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_connections_went_silent_says_so_at_once_and_is_soon_back() {
    let database = database();
    let way = Way::to(&database).await;
    let node = Node::at(&way.url).await;
    let other = Node::at(&database.url()).await;
    other.make(1).await.unwrap();
    node.store.ping().await.unwrap();

    way.end();
    refused(timeout(Duration::from_secs(3), node.store.ping()).await.expect("it is said at once"));
    way.renew();
    other.make(2).await.unwrap();
    soon(Duration::from_secs(6), "the node does not come back", || node.knows(2)).await;
    node.store.ping().await.unwrap();
    other.store.close().await;
    node.store.close().await;
}

#[tokio::test]
async fn it_is_heard_of_changes_again_after_the_connection_went_silent() {
    let database = database();
    let way = Way::to(&database).await;
    let wake = Arc::new(Notify::new());
    let listening = tokio::spawn(listen(Server::parse(&way.url, None).unwrap(), wake.clone()));
    wake.notified().await;
    way.renew();
    // From here on time passes when there is nothing else to do; and not while a connection comes about.
    pause();
    sleep(QUIET + ANSWER + Duration::from_millis(100)).await;
    resume();
    timeout(Duration::from_secs(5), wake.notified()).await.expect("it listens again");
    database.sql("NOTIFY symbolon_changes").unwrap();
    timeout(Duration::from_secs(5), wake.notified()).await.expect("and hears");
    listening.abort();
}

#[tokio::test]
async fn a_read_of_changes_that_takes_too_long_says_so() {
    let database = database();
    let node = Node::alone(&database.url()).await;
    let locked = under_way(&database, "LOCK TABLE changes").await;
    let ledger = &node.store.fleet.ledger;
    assert!(matches!(ledger.changes(0).await, Ok(Feed::Late)));
    locked.close().await.unwrap();
    assert!(matches!(ledger.changes(0).await, Ok(Feed::Changes(0, _))));
    node.store.close().await;
}

/// A sink that stands no other change than the first.
#[derive(Default)]
struct Fragile(AtomicBool);

impl Sink for Fragile {
    fn apply(&self, change: &Change) {
        assert!(!self.0.swap(true, Ordering::SeqCst), "{change:?}");
    }

    fn loaded(&self) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_has_failed_answers_nothing_and_says_so() {
    let database = database();
    let node = Node::alone(&database.url()).await;
    node.store.attach(Arc::new(Fragile::default())).await.unwrap();
    node.make(1).await.unwrap();
    assert!(node.lease.hold().is_some());
    let soon = Duration::from_secs(2);
    let refusal = refused(timeout(soon, node.make(2)).await.expect("it does not wait for the node itself"));
    assert!(refusal.contains("this node has failed"), "{refusal}");
    timeout(soon, node.store.broken()).await.expect("the process hears of it");
    assert!(node.lease.hold().is_none());
    refused(node.store.ping().await);
    timeout(soon, node.store.close()).await.expect("it ends");
}

#[tokio::test]
async fn tasks_of_a_node_end_together() {
    let lease = membership::node("test").lease;
    let keeper = Keeper::new(lease.clone());
    let other = tokio::spawn(keeper.run("other", std::future::pending()));
    let ended = tokio::spawn(keeper.run("ended", async {}));
    ended.await.unwrap();
    assert!(!keeper.is_broken(), "it ended in good order");
    lease.renew(Moment(u64::MAX));
    tokio::spawn(keeper.run("broken", async { panic!("on purpose") })).await.unwrap();
    timeout(Duration::from_secs(2), other).await.expect("it is not needed any more").unwrap();
    assert!(keeper.is_broken() && lease.hold().is_none());
}
