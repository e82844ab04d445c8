//! Webhooks that not all nodes have.

use std::sync::Arc;

use symbolon_core::store::{Change, Store, WebhookState};
use symbolon_postgres_server::Version;

use crate::conformance::mirror::Mirror;
use crate::conformance::{Place, accept, make};
use crate::{Base, base};

/// A node that tells these.
async fn node(base: &Base, webhooks: &[&str]) -> Arc<dyn Store> {
    let store = base.open().await;
    store.attach(Arc::new(Mirror::default())).await.unwrap();
    store.begin_webhooks(webhooks.iter().map(|name| name.parse().unwrap()).collect()).await.unwrap();
    store
}

async fn places(store: &dyn Store) -> Vec<(String, u64)> {
    let states = store.webhooks().await.unwrap();
    states.into_iter().map(|state| (state.name.to_string(), state.position)).collect()
}

fn at(places: &[(&str, u64)]) -> Vec<(String, u64)> {
    places.iter().map(|(name, place)| ((*name).to_owned(), *place)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_is_kept_for_as_long_as_some_node_has_the_webhook() {
    let base = base(Version::Debian);
    let both = node(&base, &["chat", "mail"]).await;
    accept(&*both, make::mutation(vec![Change::KeyCreated(make::key(1))])).await;
    let chat = both.webhooks().await.unwrap().remove(0);
    both.save_webhook(WebhookState { revision: chat.revision + 1, ..chat.past(1) }).await.unwrap();

    let none = node(&base, &[]).await;
    let mail = node(&base, &["mail"]).await;
    assert_eq!(places(&*none).await, at(&[("chat", 1), ("mail", 0)]));
    // One that has it from another goes on there.
    let chat = node(&base, &["chat"]).await;
    both.close().await;
    let and_none = node(&base, &[]).await;
    assert_eq!(places(&*none).await, at(&[("chat", 1), ("mail", 0)]));

    // A node of an older version says nothing of what it tells.
    base.meddle("UPDATE nodes SET webhooks = NULL WHERE webhooks = '{chat}'").await.unwrap();
    mail.close().await;
    node(&base, &[]).await.close().await;
    assert_eq!(places(&*none).await, at(&[("chat", 1), ("mail", 0)]));
    chat.close().await;
    // Taken out everywhere, one node after the other.
    node(&base, &[]).await.close().await;
    assert_eq!(places(&*none).await, []);
    for store in [none, and_none] {
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_comes_back_under_another_id_still_has_its_webhooks() {
    let base = base(Version::Debian);
    let a = node(&base, &["chat"]).await;
    let own = "SELECT id, webhooks FROM nodes";
    let before = base.database.sql(own).unwrap();
    assert!(before.ends_with("|{chat}"), "{before}");
    base.meddle("DELETE FROM nodes").await.unwrap();
    let mut now = String::new();
    while now.is_empty() {
        now = base.database.sql(own).unwrap();
    }
    assert!(now != before && now.ends_with("|{chat}"), "{now}");
    a.close().await;
}
