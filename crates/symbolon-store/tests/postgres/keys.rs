//! With which keys a fleet goes on.

use std::sync::Arc;

use symbolon_core::decision::Keys;
use symbolon_core::store::{Change, Sealing, Store};
use symbolon_postgres_server::Version;
use symbolon_store::{OpenError, PostgresStore};

use crate::conformance::mirror::Mirror;
use crate::conformance::{accept, make};
use crate::{Base, base, membership};

async fn open(base: &Base, keys: &Keys) -> Result<PostgresStore, OpenError> {
    PostgresStore::open(&base.database.url(), None, keys, membership::node("test")).await
}

/// A node that is there.
async fn node(base: &Base, keys: &Keys) -> PostgresStore {
    let store = open(base, keys).await.unwrap();
    store.attach(Arc::new(Mirror::default())).await.unwrap();
    store
}

async fn opens(base: &Base, keys: &Keys) -> bool {
    match open(base, keys).await {
        Ok(store) => {
            store.close().await;
            true
        }
        Err(error) => {
            assert!(matches!(error, OpenError::OtherKeys(_)), "{error}");
            false
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keys_of_the_fleet_are_its_nodes_until_they_agree_on_others() {
    let base = base(Version::Debian);
    let (before, after, others) = (make::keys(), make::rotated_keys(), make::retired_keys());
    assert!(opens(&base, &before).await);
    assert!(opens(&base, &after).await, "no node has been there, and so nobody has said which they are");
    let store = node(&base, &before).await;
    assert!(!opens(&base, &after).await);

    store.announce_keys(&after).await.unwrap();
    assert!(opens(&base, &before).await && opens(&base, &after).await && !opens(&base, &others).await);
    store.set_keys(&after);
    store.agree_keys(&after).await.unwrap();
    assert!(!opens(&base, &before).await && opens(&base, &after).await);
    // The node goes on with them.
    accept(&store, make::mutation(vec![Change::KeyCreated(make::key(1))])).await;
    assert_eq!(store.fleet().await.unwrap().unwrap().nodes.len(), 1);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_was_broken_off_is_taken_up_by_whoever_comes_back() {
    let base = base(Version::Debian);
    let (before, after) = (make::keys(), make::rotated_keys());
    let store = node(&base, &before).await;
    store.announce_keys(&after).await.unwrap();
    store.close().await;
    // It died before it had kept them, and then after.
    node(&base, &before).await.close().await;
    let store = node(&base, &after).await;
    assert!(!opens(&base, &before).await);
    let refused = store.agree_keys(&before).await.unwrap_err().to_string();
    assert!(refused.contains("the keys of the fleet were changed"), "{refused}");
    store.close().await;
}
