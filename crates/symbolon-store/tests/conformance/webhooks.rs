//! How far webhooks have come.

use symbolon_core::store::{Change, Mutation, Store, StoreError, WebhookState};

use super::{Place, accept, make, refuse};

async fn note(store: &dyn Store, subjects: &[&str]) {
    let audit = subjects.iter().map(|subject| make::line("token.create", subject)).collect();
    accept(store, Mutation { audit, ..make::mutation(vec![]) }).await;
}

async fn begin(store: &dyn Store, names: &[&str]) -> Vec<(String, u64)> {
    let names = names.iter().map(|name| name.parse().unwrap()).collect();
    store.begin_webhooks(names).await.unwrap();
    let states = store.webhooks().await.unwrap();
    states.into_iter().map(|state| (state.name.to_string(), state.position)).collect()
}

/// A state in which every field says something.
pub(crate) fn full(state: &WebhookState) -> WebhookState {
    WebhookState {
        name: state.name.clone(),
        position: 1,
        attempts: 3,
        waiting_since: Some(make::at(1)),
        next_at: Some(make::at(2)),
        last_at: Some(make::at(3)),
        last_answer: Some("503".to_owned()),
        disabled_at: Some(make::at(4)),
        revision: state.revision + 1,
    }
}

pub(crate) async fn a_webhook_begins_at_the_end_and_keeps_its_place(place: &dyn Place) {
    let store = place.open().await;
    assert_eq!(begin(&*store, &["b"]).await, [("b".to_owned(), 0)]);
    note(&*store, &["1", "2"]).await;
    assert_eq!(store.audit_head().await.unwrap().seq, 2);
    assert_eq!(begin(&*store, &["a", "b"]).await, [("a".to_owned(), 2), ("b".to_owned(), 0)]);
    let kept = full(&store.webhooks().await.unwrap()[1]);
    store.save_webhook(kept.clone()).await.unwrap();
    store.close().await;

    let store = place.open().await;
    begin(&*store, &["a", "b"]).await;
    assert_eq!(store.webhooks().await.unwrap()[1], kept);
    // What is not named is forgotten, and begins anew.
    assert_eq!(begin(&*store, &[]).await, []);
    assert_eq!(begin(&*store, &["b"]).await, [("b".to_owned(), 2)]);
    assert!(place.changes().await.is_empty());
    store.close().await;
}

pub(crate) async fn two_writers_do_not_overwrite_each_other(place: &dyn Place) {
    let store = place.open().await;
    begin(&*store, &["a"]).await;
    let state = full(&store.webhooks().await.unwrap()[0]);
    store.save_webhook(state.clone()).await.unwrap();
    let second = WebhookState { position: 7, ..state.clone() };
    let refused = store.save_webhook(second).await;
    assert!(
        matches!(refused, Err(StoreError::Conflict("that webhook was changed meanwhile"))),
        "{refused:?}"
    );
    assert_eq!(store.webhooks().await.unwrap(), [state]);
    store.close().await;
}

pub(crate) async fn a_retry_begins_at_once(place: &dyn Place) {
    let store = place.open().await;
    begin(&*store, &["a"]).await;
    let state = full(&store.webhooks().await.unwrap()[0]);
    store.save_webhook(state.clone()).await.unwrap();
    accept(&*store, make::mutation(vec![Change::WebhookRetried(state.name.clone())])).await;
    let retried = WebhookState { attempts: 0, next_at: None, disabled_at: None, revision: 3, ..state };
    assert_eq!(store.webhooks().await.unwrap(), [retried]);
    assert_eq!(place.changes().await, [("webhook.retried".to_owned(), "a".to_owned())]);
    refuse(&*store, Change::WebhookRetried("b".parse().unwrap()), "that webhook is not there").await;
    store.close().await;
}
