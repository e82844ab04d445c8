//! Change records are forgotten when everybody has heard of them.

use symbolon_core::store::{Change, Mutation};
use symbolon_postgres_server::Version;

use crate::base;
use crate::conformance::{Place, accept, make};

const HOUR: i64 = 3_600_000;

#[tokio::test]
async fn what_some_node_has_not_applied_stays_and_so_do_the_young_and_the_newest() {
    let base = base(Version::Debian);
    let store = base.open().await;
    let left = || base.database.sql("SELECT min(seq), max(seq), count(*) FROM changes").unwrap();
    // Two parts each, an hour apart.
    for n in 0..6 {
        let changes = vec![Change::KeyCreated(make::key(2 * n)), Change::KeyCreated(make::key(2 * n + 1))];
        let mutation = make::mutation(changes);
        let now = make::at(i64::from(n) * HOUR);
        accept(&*store, Mutation { now, ..mutation }).await;
    }
    store.prune(make::at(HOUR)).await.unwrap();
    assert_eq!(left(), "1|6|12", "an hour old, and not older");
    base.meddle(
        "INSERT INTO nodes (id, name, version, schema, started_at, applied_seq, renewals)
         VALUES ('a', 'a', '1', 1, 0, 6, 0), ('b', 'b', '1', 1, 0, 2, 0)",
    )
    .await
    .unwrap();
    store.prune(make::at(2 * HOUR)).await.unwrap();
    assert_eq!(left(), "2|6|10", "the others are too young");
    store.prune(make::at(100 * HOUR)).await.unwrap();
    assert_eq!(left(), "3|6|8", "one node has not applied it");
    base.meddle("DELETE FROM nodes WHERE id = 'b'").await.unwrap();
    store.prune(make::at(100 * HOUR)).await.unwrap();
    assert_eq!(left(), "6|6|2", "the newest");
    store.close().await;
}

#[tokio::test]
async fn records_go_piece_by_piece_and_whole() {
    let base = base(Version::Debian);
    let store = base.open().await;
    // The last mutation of the piece has records on either side of its end.
    base.meddle(
        "INSERT INTO changes SELECT seq, part, 'none', '', 0
         FROM generate_series(1, 6) AS seq, generate_series(0, 2999) AS part;
         UPDATE fleet_clock SET seq = 6",
    )
    .await
    .unwrap();
    let left = || base.database.sql("SELECT min(seq), count(*) FROM changes").unwrap();
    store.prune(make::at(0)).await.unwrap();
    assert_eq!(left(), "5|6000");
    store.prune(make::at(0)).await.unwrap();
    assert_eq!(left(), "6|3000");
    store.close().await;
}
