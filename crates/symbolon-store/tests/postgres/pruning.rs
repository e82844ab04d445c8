//! Change records are forgotten when everybody has heard of them.

use std::sync::Arc;

use symbolon_core::store::Change;
use symbolon_postgres_server::Version;

use crate::conformance::mirror::Mirror;
use crate::conformance::{Place, accept, make};
use crate::{Base, base};

/// Makes the records of numbers up to this one so many minutes old, by the server's clock.
async fn age(base: &Base, until: u32, minutes: u32) {
    let at = format!("(extract(epoch FROM clock_timestamp()) * 1000)::bigint - {minutes} * 60000");
    base.meddle(&format!("UPDATE changes SET at = {at} WHERE seq <= {until}")).await.unwrap();
}

#[tokio::test]
async fn what_some_node_has_not_applied_stays_and_so_do_the_young_and_the_newest() {
    let base = base(Version::Debian);
    let store = base.open().await;
    let left = || base.database.sql("SELECT min(seq), max(seq), count(*) FROM changes").unwrap();
    // Two parts each.
    for n in 0..6 {
        let changes = vec![Change::KeyCreated(make::key(2 * n)), Change::KeyCreated(make::key(2 * n + 1))];
        accept(&*store, make::mutation(changes)).await;
    }
    // Whatever the node takes for now.
    let years_on = make::at(3_000_000_000_000);
    age(&base, 6, 59).await;
    store.prune(years_on).await.unwrap();
    assert_eq!(left(), "1|6|12", "younger than an hour");
    base.meddle(
        "INSERT INTO nodes (id, name, version, schema, started_at, applied_seq, renewals)
         VALUES ('a', 'a', '1', 1, 0, 6, 0), ('b', 'b', '1', 1, 0, 2, 0)",
    )
    .await
    .unwrap();
    age(&base, 1, 61).await;
    store.prune(years_on).await.unwrap();
    assert_eq!(left(), "2|6|10", "the others are too young");
    age(&base, 6, 61).await;
    store.prune(make::at(0)).await.unwrap();
    assert_eq!(left(), "3|6|8", "one node has not applied it");
    base.meddle("DELETE FROM nodes WHERE id = 'b'").await.unwrap();
    store.prune(make::at(0)).await.unwrap();
    assert_eq!(left(), "6|6|2", "the newest");
    store.close().await;
}

#[tokio::test]
async fn all_that_has_ended_goes_at_once_and_records_go_whole() {
    let base = base(Version::Debian);
    let store = base.open().await;
    // A piece ends between two records of a mutation.
    base.meddle(
        "INSERT INTO changes SELECT seq, part, 'none', '', 0
         FROM generate_series(1, 6) AS seq, generate_series(0, 1499) AS part;
         UPDATE fleet_clock SET seq = 6;
         INSERT INTO users (id, name, active, platform_admin, roles, created_at, revision)
         VALUES ('usr', 'usr', true, false, '{}', 1, 1);
         INSERT INTO sessions (id, \"user\", created_at, expires_at)
         SELECT 'ses' || n, 'usr', 0, 1 FROM generate_series(1, 2500) AS n",
    )
    .await
    .unwrap();
    store.prune(make::at(0)).await.unwrap();
    let left = "SELECT min(seq), count(*), (SELECT count(*) FROM sessions) FROM changes";
    assert_eq!(base.database.sql(left).unwrap(), "6|1500|0");
    store.close().await;
}

#[tokio::test]
async fn one_node_does_it_for_all() {
    let base = base(Version::Debian);
    let store = base.open().await;
    store.attach(Arc::new(Mirror::default())).await.unwrap();
    let user = make::user(1);
    let session = make::session(1, &user);
    let end = session.expires_at;
    accept(&*store, make::mutation(vec![Change::UserCreated(user), Change::SessionStarted(session)])).await;
    let left = || base.database.sql("SELECT count(*) FROM sessions").unwrap();
    base.meddle(
        "INSERT INTO nodes (id, name, version, schema, started_at, applied_seq, renewals)
         VALUES ('a', 'a', '1', 1, 0, 1, 0)",
    )
    .await
    .unwrap();
    store.prune(end).await.unwrap();
    assert_eq!(left(), "1", "there is another that comes first");
    base.meddle("UPDATE nodes SET renewed_at = renewed_at - interval '2 minutes' WHERE id = 'a'")
        .await
        .unwrap();
    store.prune(end).await.unwrap();
    assert_eq!(left(), "0", "it has not been heard of");
    base.meddle("DELETE FROM nodes WHERE id = 'a'").await.unwrap();
    store.close().await;
}
