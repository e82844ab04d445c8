//! What a caller's right rests on is looked at inside the transaction; and who answers "so already" can wait until
//! that is so for the gate too.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use symbolon_core::record::User;
use symbolon_core::store::{Change, Mutation, Sink, Standing, Store, StoreError};

use super::{Place, accept, make};

async fn make_key(store: &dyn Store, standing: Standing, key: u32) -> Result<(), StoreError> {
    store.commit(Mutation { standing, ..make::mutation(vec![Change::KeyCreated(make::key(key))]) }).await
}

async fn refused(store: &dyn Store, standing: Standing) {
    let outcome = make_key(store, standing, 99).await;
    assert!(matches!(outcome, Err(StoreError::CallerChanged)), "{outcome:?}");
    assert_eq!(store.key(make::key_id(99)).await.unwrap(), None);
}

pub(crate) async fn a_right_that_has_gone_changes_nothing(place: &dyn Place) {
    let store = place.open().await;
    let user = make::user(1);
    let session = make::session(1, &user);
    let changes = vec![
        Change::UserCreated(user.clone()),
        Change::SessionStarted(session.clone()),
        Change::KeyCreated(make::key(1)),
    ];
    accept(&*store, make::mutation(changes)).await;

    let by_user = Standing::Session { session: session.id, user: user.id, revision: 1 };
    let by_key = Standing::Key(make::key_id(1));
    make_key(&*store, by_user, 2).await.unwrap();
    make_key(&*store, by_key, 3).await.unwrap();

    let demoted = User { platform_admin: false, revision: 2, ..user.clone() };
    accept(&*store, make::mutation(vec![Change::UserChanged(demoted)])).await;
    refused(&*store, by_user).await;
    let by_demoted = Standing::Session { session: session.id, user: user.id, revision: 2 };
    make_key(&*store, by_demoted, 4).await.unwrap();
    accept(&*store, make::mutation(vec![Change::SessionEnded(session.id)])).await;
    refused(&*store, by_demoted).await;
    accept(&*store, make::mutation(vec![Change::KeyRemoved(make::key_id(1))])).await;
    refused(&*store, by_key).await;
    store.close().await;
}

pub(crate) async fn what_was_judged_by_a_user_who_has_changed_since_is_a_conflict(place: &dyn Place) {
    let store = place.open().await;
    let (ann, bob) = (make::user(1), make::user(2));
    let users = [&ann, &bob].map(|user| Change::UserCreated(user.clone())).to_vec();
    accept(&*store, make::mutation(users)).await;
    let make_key = async |ann_was: u64, key: u32| {
        let judged_by = vec![(bob.id, 1), (ann.id, ann_was)];
        let changes = vec![Change::KeyCreated(make::key(key))];
        store.commit(Mutation { judged_by, ..make::mutation(changes) }).await
    };
    make_key(1, 1).await.unwrap();
    let off = User { active: false, revision: 2, ..ann.clone() };
    accept(&*store, make::mutation(vec![Change::UserChanged(off)])).await;
    let outcome = make_key(1, 2).await;
    assert!(matches!(outcome, Err(StoreError::Conflict(_))), "{outcome:?}");
    assert_eq!(store.key(make::key_id(2)).await.unwrap(), None);
    make_key(2, 2).await.unwrap();
    accept(&*store, make::mutation(vec![Change::UserRemoved(ann.id, make::at(9))])).await;
    for revision in [2, 3] {
        let outcome = make_key(revision, 3).await;
        assert!(matches!(outcome, Err(StoreError::Conflict(_))), "{outcome:?}");
    }
    store.close().await;
}

/// A sink that hears nothing more while somebody holds it.
#[derive(Default)]
struct Held(Arc<Mutex<usize>>);

impl Sink for Held {
    fn apply(&self, _: &Change) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
    }

    fn loaded(&self) {}
}

pub(crate) async fn so_already_can_wait_for_the_sink(place: &dyn Place) {
    let store = place.open().await;
    let heard = Arc::new(Mutex::new(0));
    store.attach(Arc::new(Held(heard.clone()))).await.unwrap();

    // On a thread of its own, for a lock must not be held where others are waited for.
    let (lock, barrier) = (heard.clone(), Arc::new(std::sync::Barrier::new(2)));
    let (release, until) = std::sync::mpsc::channel::<()>();
    let reached = barrier.clone();
    let holder = std::thread::spawn(move || {
        let _kept = lock.lock().unwrap();
        reached.wait();
        until.recv().unwrap();
    });
    barrier.wait();
    let committing = tokio::spawn({
        let store = store.clone();
        async move { store.commit(make::mutation(vec![Change::KeyCreated(make::key(1))])).await }
    });
    // The record knows of it while the sink does not.
    while store.key(make::key_id(1)).await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    let waiting = store.applied();
    tokio::pin!(waiting);
    assert!(
        tokio::time::timeout(Duration::from_millis(50), &mut waiting).await.is_err(),
        "answered before applied"
    );
    release.send(()).unwrap();
    waiting.await.unwrap();
    assert_eq!(*heard.lock().unwrap(), 1);
    committing.await.unwrap().unwrap();
    holder.join().unwrap();
    store.close().await;
}
