//! What becomes of reads when the server ends every connection.

use symbolon_core::store::{AuditQuery, Change, Store};
use symbolon_postgres_server::Database;

use crate::make;
use crate::postgres::testing::place;

/// Ends all sessions of a database but the one that does so, and waits until they have gone: as a restart does.
fn end_all(database: &Database) {
    let ended = "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    let ended: usize = database.sql(ended).unwrap().trim().parse().unwrap();
    assert!(ended > 0, "nobody was there");
}

#[tokio::test]
async fn reads_on_connections_that_the_server_has_ended_are_made_again() {
    let place = place().await;
    place.commit(vec![Change::KeyCreated(make::key(1))]).await;
    let (page, query) = (make::page(10), AuditQuery::default());
    let store = &place.store;
    // Two of the pool's, both used just now, so that neither is asked whether it lives.
    let (keys, lines) = tokio::join!(store.keys(&page), store.audit(&query));
    assert_eq!((keys.unwrap().items.len(), lines.unwrap().items.len()), (1, 1));
    while place.pool().num_idle() < 2 {
        tokio::task::yield_now().await;
    }
    end_all(&place.database);
    assert_eq!(store.keys(&page).await.unwrap().items.len(), 1);
    // The line of one's own by which it is asked whether the database answers, and how far it is.
    store.ping().await.unwrap();
    end_all(&place.database);
    store.ping().await.unwrap();
    end_all(&place.database);
    store.applied().await.unwrap();
}
