//! What a mutation waited for is told step by step.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use symbolon_core::lease::LeaseTerms;
use symbolon_core::store::{Change, CommitSteps, Store};
use symbolon_postgres_server::Version;
use symbolon_store::{Membership, PostgresStore};

use crate::conformance::{Place, accept, commit, make, refuse};
use crate::membership::node;
use crate::{Base, base};

/// How often each step was counted, and its seconds in all.
fn told(store: &dyn Store) -> BTreeMap<&'static str, (u64, f64)> {
    let steps = store.commit_steps().into_iter().flat_map(CommitSteps::read);
    steps.map(|(step, took)| (step.as_str(), (took.count, took.sum))).collect()
}

async fn with(base: &Base, membership: Membership) -> Arc<PostgresStore> {
    Arc::new(PostgresStore::open(&base.database.url(), None, &make::keys(), membership).await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_step_of_what_was_acknowledged_is_told_and_of_nothing_else() {
    let base = base(Version::Debian);
    let terms = LeaseTerms { lease: Duration::from_millis(300), margin: Duration::from_millis(30) };
    let membership = Membership { terms, ..node("test") };
    let clock = membership.clock.clone();
    let store = with(&base, membership).await;
    let begun = clock.now();
    accept(&*store, make::mutation(vec![Change::KeyCreated(make::key(1))])).await;
    refuse(&*store, Change::KeyRemoved(make::key_id(2)), "that key is not there").await;
    store.prune(make::at(0)).await.unwrap();
    assert_eq!(told(&*store).values().map(|(count, _)| *count).collect::<Vec<_>>(), [1, 1, 1]);

    // Another node writes: that is its turn.
    let mut holder = base.connection().await;
    sqlx::raw_sql("BEGIN; UPDATE fleet_clock SET seq = seq").execute(&mut holder).await.unwrap();
    let before = told(&*store);
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { commit(&*store, vec![Change::KeyCreated(make::key(3))]).await }
    });
    let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN (
                     SELECT pid FROM pg_stat_activity WHERE datname = current_database())";
    while base.database.sql(waits).unwrap() == "0" {}
    let seen = clock.now();
    base.database.sql(waits).unwrap();
    let held = clock.now().since(seen).as_secs_f64();
    sqlx::raw_sql("ROLLBACK").execute(&mut holder).await.unwrap();
    waiting.await.unwrap().unwrap();
    let after = told(&*store);
    assert!(after["turn"].1 - before["turn"].1 >= held - 1e-6, "{before:?}, {held}: {after:?}");

    // A node that says nothing: the others are waited for.
    base.meddle(
        "INSERT INTO nodes (id, name, version, schema, started_at, applied_seq, renewals)
         VALUES ('nod_00000000000000000000000000000001', 'silent', '1', 1, 0, 0, 0)",
    )
    .await
    .unwrap();
    let before = told(&*store);
    accept(&*store, make::mutation(vec![Change::KeyCreated(make::key(4))])).await;
    let after = told(&*store);
    assert!(after["settle"].1 - before["settle"].1 >= 0.33, "{before:?}: {after:?}");
    let all: f64 = after.values().map(|(_, sum)| sum).sum();
    assert!(all <= clock.now().since(begun).as_secs_f64(), "nothing twice: {after:?}");
    store.close().await;
}
