//! Sessions and keys.

use symbolon_core::id::SessionId;
use symbolon_core::record::{Key, KeyKind, Session};
use symbolon_core::store::{Change, Store};

use super::{Place, accept, make, refuse};

async fn listed(store: &dyn Store, user: Option<u32>, now: i64) -> Vec<SessionId> {
    let page = store.sessions(user.map(make::user_id), make::at(now), &make::page(100)).await.unwrap();
    page.items.iter().map(|session| session.id).collect()
}

pub(crate) async fn sessions_are_listed_while_they_live(place: &dyn Place) {
    let store = place.open().await;
    let (a, b) = (make::user(1), make::user(2));
    let short = Session { expires_at: make::at(100), client_ip: None, ..make::session(1, &a) };
    let long = Session { client_ip: Some("192.0.2.1".parse().unwrap()), ..make::session(2, &b) };
    let changes = vec![
        Change::UserCreated(a.clone()),
        Change::UserCreated(b),
        Change::SessionStarted(short.clone()),
        Change::SessionStarted(long.clone()),
    ];
    accept(&*store, make::mutation(changes)).await;

    let page = store.sessions(None, make::at(99), &make::page(10)).await.unwrap();
    assert_eq!(page.items, [long.clone(), short.clone()], "newest first, whole");
    assert_eq!(listed(&*store, Some(1), 99).await, [short.id]);
    assert_eq!(listed(&*store, Some(3), 99).await, []);
    // The end is the first moment at which it no longer works.
    assert_eq!(listed(&*store, None, 100).await, [long.id]);
    store.close().await;
}

pub(crate) async fn sessions_end_one_by_one_and_all_at_once(place: &dyn Place) {
    let store = place.open().await;
    let (a, b) = (make::user(1), make::user(2));
    let mut changes = vec![Change::UserCreated(a.clone()), Change::UserCreated(b.clone())];
    changes.extend((1..=3).map(|n| Change::SessionStarted(make::session(n, &a))));
    changes.push(Change::SessionStarted(make::session(4, &b)));
    accept(&*store, make::mutation(changes)).await;

    let end = make::mutation(vec![Change::SessionEnded(make::session_id(2))]);
    accept(&*store, end.clone()).await;
    assert_eq!(listed(&*store, Some(1), 10).await, [make::session_id(3), make::session_id(1)]);
    // What has ended already may end again.
    accept(&*store, end).await;
    accept(&*store, make::mutation(vec![Change::SessionsEnded(a.id)])).await;
    assert_eq!(listed(&*store, None, 10).await, [make::session_id(4)]);
    store.close().await;
}

pub(crate) async fn a_session_needs_a_user(place: &dyn Place) {
    let store = place.open().await;
    let (user, gone) = (make::user(1), make::user(2));
    let changes = vec![
        Change::UserCreated(user.clone()),
        Change::UserCreated(gone.clone()),
        Change::UserRemoved(gone.id, make::at(0)),
        Change::SessionStarted(make::session(1, &user)),
    ];
    accept(&*store, make::mutation(changes)).await;
    for absent in [gone, make::user(9)] {
        let session = make::session(2, &absent);
        refuse(&*store, Change::SessionStarted(session), "that user is not there").await;
    }
    let session = make::session(1, &user);
    refuse(&*store, Change::SessionStarted(session), "that session id is taken").await;
    store.close().await;
}

pub(crate) async fn keys_are_kept_and_taken_back(place: &dyn Place) {
    let store = place.open().await;
    let system = make::key(1);
    let verifier = Key { kind: KeyKind::Verifier(make::odin()), name: "nginx 'edge'".into(), ..make::key(2) };
    let given = Key { key_prefix: None, ..make::key(3) };
    let also_given = Key { key_prefix: None, digest: (make::digest(4), 7), ..make::key(4) };
    let keys = [also_given, given, verifier, system];
    accept(&*store, make::mutation(keys.iter().cloned().map(Change::KeyCreated).collect())).await;

    assert_eq!(store.keys(&make::page(10)).await.unwrap().items, keys);
    for key in &keys {
        assert_eq!(store.key(key.id).await.unwrap().as_ref(), Some(key));
    }
    accept(&*store, make::mutation(vec![Change::KeyRemoved(keys[0].id)])).await;
    assert_eq!(store.key(keys[0].id).await.unwrap(), None);
    assert_eq!(store.keys(&make::page(10)).await.unwrap().items, keys[1..]);
    store.close().await;
}

pub(crate) async fn key_refusals(place: &dyn Place) {
    let store = place.open().await;
    let key = make::key(1);
    accept(&*store, make::mutation(vec![Change::KeyCreated(key.clone())])).await;
    let refusals = [
        (Key { id: key.id, ..make::key(2) }, "that key id is taken"),
        (Key { key_prefix: key.key_prefix, ..make::key(2) }, "that key_prefix is taken"),
        (Key { digest: key.digest, ..make::key(2) }, "that secret is taken"),
    ];
    for (key, text) in refusals {
        refuse(&*store, Change::KeyCreated(key), text).await;
    }
    refuse(&*store, Change::KeyRemoved(make::key_id(2)), "that key is not there").await;
    assert_eq!(store.keys(&make::page(10)).await.unwrap().items, [key]);
    store.close().await;
}
