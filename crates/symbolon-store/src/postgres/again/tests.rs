//! What becomes of reads when the server ends every connection.

use symbolon_core::store::{AuditQuery, Change, Store};
use symbolon_postgres_server::{Database, Version, shared};

use crate::make;
use crate::postgres::PostgresStore;
use crate::postgres::testing::{Way, membership, place};

/// Ends all sessions of a database but the one that does so, and waits until they have gone: as a restart does.
fn end_all(database: &Database) {
    let ended = "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    let ended: usize = database.sql(ended).unwrap().trim().parse().unwrap();
    assert!(ended > 0, "nobody was there");
}

/// What is read right after every connection was ended, of the pool's and of the line by which it is asked whether the database
/// answers and how far it is.
async fn reads_are_made_again(store: &PostgresStore, database: &Database) {
    store.commit(make::mutation(vec![Change::KeyCreated(make::key(1))])).await.unwrap();
    let (page, query) = (make::page(10), AuditQuery::default());
    // Two of the pool's, both used just now, so that neither is asked whether it lives.
    let (keys, lines) = tokio::join!(store.keys(&page), store.audit(&query));
    assert_eq!((keys.unwrap().items.len(), lines.unwrap().items.len()), (1, 1));
    while store.readers.pool.num_idle() < 2 {
        tokio::task::yield_now().await;
    }
    end_all(database);
    assert_eq!(store.keys(&page).await.unwrap().items.len(), 1);
    store.ping().await.unwrap();
    end_all(database);
    store.ping().await.unwrap();
    end_all(database);
    store.applied().await.unwrap();
}

#[tokio::test]
async fn reads_on_connections_that_the_server_has_ended_are_made_again() {
    let place = place().await;
    reads_are_made_again(&place.store, &place.database).await;
}

/// There the server's last word arrives, and is the answer to what is asked next.
#[tokio::test]
async fn so_are_those_that_hear_the_servers_last_word() {
    let database = shared(Version::Debian).unwrap().new_database().unwrap();
    let way = Way::to(&database).await;
    let store = PostgresStore::open(&way.url, None, &make::keys(), membership::node("test")).await.unwrap();
    reads_are_made_again(&store, &database).await;
    store.close().await;
}
