//! The order of all that is committed, by whichever process: one clock, one chain.

use std::sync::Arc;

use symbolon_core::audit::{Anchors, Chain};
use symbolon_core::store::{Change, Mutation, Store};
use symbolon_postgres_server::Version;

use crate::base;
use crate::conformance::mirror::Mirror;
use crate::conformance::{Place, accept, commit, make};

/// Follows the whole chain; how many lines it has.
pub(crate) async fn lines(store: &dyn Store) -> u64 {
    let mut chain = Chain::new(Anchors::default());
    loop {
        let lines = store.audit_after(chain.head().seq, 1000).await.unwrap();
        if lines.is_empty() {
            return chain.head().seq;
        }
        for line in lines {
            chain.follow(&line.unwrap()).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_write_one_chain_and_hear_of_each_other() {
    const CALLERS: u32 = 16;
    const ROUNDS: u32 = 12;
    let base = base(Version::Debian);
    let stores = [base.open().await, base.open().await];
    let mirrors = [Arc::new(Mirror::default()), Arc::new(Mirror::default())];
    for (store, mirror) in stores.iter().zip(&mirrors) {
        store.attach(mirror.clone()).await.unwrap();
    }
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (store, mirror) = (stores[caller as usize % 2].clone(), mirrors[caller as usize % 2].clone());
            tokio::spawn(async move {
                for round in 0..ROUNDS {
                    let key = make::key(caller * ROUNDS + round);
                    accept(&*store, make::mutation(vec![Change::KeyCreated(key.clone())])).await;
                    assert!(mirror.live().keys.contains_key(&key.id), "answered before applied");
                    assert!(commit(&*store, vec![Change::KeyCreated(key)]).await.is_err());
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    let all = CALLERS * ROUNDS;
    for (store, mirror) in stores.iter().zip(&mirrors) {
        store.applied().await.unwrap();
        assert_eq!(mirror.live().keys.len(), all as usize);
        assert_eq!(lines(&**store).await, u64::from(all));
    }
    let gaps = "SELECT (SELECT seq FROM fleet_clock) = count(DISTINCT seq), min(seq), count(*) FROM changes";
    assert_eq!(base.database.sql(gaps).unwrap(), format!("t|1|{all}"), "no number is missing");
    let parts =
        "SELECT count(*) FROM (SELECT max(part) + 1 = count(*) AS whole FROM changes GROUP BY seq) AS one
                 WHERE NOT whole";
    assert_eq!(base.database.sql(parts).unwrap(), "0");
    for store in stores {
        store.close().await;
    }
}

#[tokio::test]
async fn a_mutation_without_a_change_has_a_number_and_a_refused_one_has_none() {
    let base = base(Version::Debian);
    let store = base.open().await;
    let clock = || base.database.sql("SELECT seq FROM fleet_clock").unwrap();
    accept(&*store, Mutation { audit: vec![make::line("a.b", "x")], ..make::mutation(vec![]) }).await;
    assert_eq!(base.database.sql("SELECT seq, part, kind, id FROM changes").unwrap(), "1|0|none|");
    assert!(commit(&*store, vec![Change::KeyRemoved(make::key_id(1))]).await.is_err());
    store.redigest(Vec::new(), make::at(0)).await.unwrap();
    store.prune(make::at(0)).await.unwrap();
    store.note_used(vec![(make::token_id(1), make::at(1))]).await.unwrap();
    assert_eq!(clock(), "1");
    let two = vec![Change::KeyCreated(make::key(1)), Change::KeyCreated(make::key(2))];
    accept(&*store, make::mutation(two)).await;
    assert_eq!(clock(), "2");
    assert_eq!(
        base.database.sql("SELECT seq, part FROM changes WHERE seq = 2 ORDER BY part").unwrap(),
        "2|0\n2|1"
    );
    store.close().await;
}

#[tokio::test]
async fn on_another_server_than_the_fleets_nothing_is_written() {
    let base = base(Version::Debian);
    let store = base.open().await;
    let key = |n| commit(&*store, vec![Change::KeyCreated(make::key(n))]);
    key(1).await.unwrap();
    for change in [
        "timeline = '00000002'",
        "timeline = '00000001', system_identifier = '1'",
        "system_identifier = NULL",
    ] {
        base.meddle(&format!("UPDATE fleet SET {change}")).await.unwrap();
        let answer = key(2).await.unwrap_err().to_string();
        assert!(answer.contains("on another server than its fleet was made on"), "{change}: {answer}");
    }
    assert_eq!(base.database.sql("SELECT seq FROM fleet_clock").unwrap(), "1");
    base.meddle(
        "UPDATE fleet SET system_identifier = (SELECT system_identifier::text FROM pg_control_system())",
    )
    .await
    .unwrap();
    key(2).await.unwrap();
    store.close().await;
}
