//! What becomes of reads on a line that has gone silent.

use std::time::Duration;

use symbolon_core::store::{AuditQuery, Change, Store, StoreError};
use symbolon_postgres_server::{Version, shared};
use tokio::time::{pause, resume, timeout};

use super::READING;
use crate::make;
use crate::postgres::PostgresStore;
use crate::postgres::testing::{Way, membership};

/// Waits until the connections that read lie idle, and nothing is under way on one of them.
async fn idle(store: &PostgresStore, connections: usize) {
    while store.readers.pool.num_idle() != connections {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_read_on_a_line_that_went_silent_ends_and_leaves_no_dead_connection_behind() {
    let database = shared(Version::Debian).unwrap().new_database().unwrap();
    let way = Way::to(&database).await;
    let store = PostgresStore::open(&way.url, None, &make::keys(), membership::node("test")).await.unwrap();
    store.commit(make::mutation(vec![Change::KeyCreated(make::key(1))])).await.unwrap();
    let page = make::page(10);
    let query = AuditQuery { page: page.clone(), ..AuditQuery::default() };
    let (first, second) = tokio::join!(store.audit(&query), store.keys(&page));
    assert_eq!((first.unwrap().items.len(), second.unwrap().items.len()), (1, 1));
    idle(&store, 2).await;

    way.end();
    // From here on time passes when there is nothing else to do.
    pause();
    let reads = async { tokio::join!(store.audit(&query), store.keys(&page)) };
    let (first, second) = timeout(2 * READING, reads).await.expect("a read hangs");
    for outcome in [first.map(drop), second.map(drop)] {
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    }
    let gone = async {
        while store.readers.pool.size() > 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(READING, gone).await.expect("the pool keeps a connection that is dead");
    resume();

    way.renew();
    assert_eq!(store.keys(&page).await.unwrap().items.len(), 1);
    store.close().await;
}
