//! Closing and opening again.

use std::sync::Arc;

use symbolon_core::store::{AuditQuery, Change, Mutation, StoreError};

use super::mirror::Mirror;
use super::{Place, accept, commit, make};

pub(crate) async fn what_was_acknowledged_is_there_after_reopening(place: &dyn Place) {
    let store = place.open().await;
    let user = make::user(1);
    let token = make::token(1, &user);
    let dead = make::revoked(&make::token(2, &user), make::at(8));
    let claim = make::claim("scope", "key", &token);
    let changes = vec![
        Change::UserCreated(user.clone()),
        Change::TokenCreated(token.clone()),
        Change::TokenCreated(make::token(2, &user)),
        Change::TokenChanged(dead.clone()),
        Change::SessionStarted(make::session(1, &user)),
        Change::KeyCreated(make::key(1)),
    ];
    accept(&*store, Mutation { claim: Some(claim.clone()), ..make::mutation(changes) }).await;
    store.note_used(vec![(dead.id, make::at(7))]).await.unwrap();
    let records = place.changes().await;
    store.close().await;

    let store = place.open().await;
    let odin = make::odin();
    assert_eq!(store.token(&odin, token.id).await.unwrap().as_ref(), Some(&token));
    let dead = symbolon_core::record::Token { last_used_at: Some(make::at(7)), ..dead };
    assert_eq!(store.token(&odin, dead.id).await.unwrap(), Some(dead));
    assert_eq!(store.user(user.id).await.unwrap().as_ref(), Some(&user));
    assert_eq!(store.key(make::key_id(1)).await.unwrap(), Some(make::key(1)));
    assert_eq!(store.claim("scope", "key", make::at(0)).await.unwrap(), Some(claim));
    let sessions = store.sessions(None, make::at(0), &make::page(9)).await.unwrap().items;
    assert_eq!(sessions, [make::session(1, &user)]);
    let lines = store.audit(&AuditQuery { page: make::page(9), ..AuditQuery::default() }).await.unwrap();
    assert_eq!(lines.items.len(), 1);
    assert_eq!(place.changes().await, records);
    store.close().await;
}

pub(crate) async fn commands_are_carried_out_in_their_order(place: &dyn Place) {
    let store = place.open().await;
    let mirror = Arc::new(Mirror::default());
    let key = |n| commit(&*store, vec![Change::KeyCreated(make::key(n))]);
    // All are handed over before the first is done, so they wait for one another in every possible way.
    let outcomes = tokio::join!(
        key(1),
        key(2),
        store.attach(mirror.clone()),
        key(3),
        store.prune(make::at(0)),
        key(4),
        store.close(),
        key(5)
    );
    outcomes.0.unwrap();
    outcomes.1.unwrap();
    outcomes.2.unwrap();
    outcomes.3.unwrap();
    outcomes.4.unwrap();
    outcomes.5.unwrap();
    assert!(matches!(outcomes.7, Err(StoreError::Unavailable(_))), "after the close");
    let expected: Vec<_> = (1..=4).map(|n| Change::KeyCreated(make::key(n))).collect();
    assert_eq!(mirror.heard(), expected);
    assert_eq!(mirror.loads(), [2], "the first two by the load, the others after it");
}

pub(crate) async fn a_closed_store_says_so(place: &dyn Place) {
    let store = place.open().await;
    store.ping().await.unwrap();
    assert!(store.size().await.unwrap() > 0);
    store.close().await;
    store.close().await;
    let answers = [
        commit(&*store, vec![Change::KeyCreated(make::key(1))]).await,
        store.prune(make::at(0)).await,
        store.note_used(vec![(make::token_id(1), make::at(0))]).await,
        store.ping().await,
        store.check().await,
        store.size().await.map(drop),
        store.key(make::key_id(1)).await.map(drop),
    ];
    for answer in answers {
        let error = answer.unwrap_err();
        assert_eq!(error.to_string(), "the store is unavailable: the store is closed");
    }
}

pub(crate) async fn closing_while_writing_loses_nothing_acknowledged(place: &dyn Place) {
    let store = place.open().await;
    let callers: Vec<_> = (0..200_u32)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { commit(&*store, vec![Change::KeyCreated(make::key(n))]).await })
        })
        .collect();
    accept(&*store, make::mutation(vec![Change::KeyCreated(make::key(999))])).await;
    store.close().await;

    let store = place.open().await;
    for (n, caller) in (0..).zip(callers) {
        let kept = store.key(make::key_id(n)).await.unwrap().is_some();
        match caller.await.unwrap() {
            Ok(()) => assert!(kept, "{n} was acknowledged"),
            Err(StoreError::Unavailable(_)) => assert!(!kept, "{n} was refused"),
            Err(other) => panic!("{other}"),
        }
    }
    store.close().await;
}

pub(crate) async fn the_check_passes(place: &dyn Place) {
    let store = place.open().await;
    let user = make::user(1);
    let changes = vec![Change::UserCreated(user.clone()), Change::TokenCreated(make::token(1, &user))];
    accept(&*store, make::mutation(changes)).await;
    store.check().await.unwrap();
    store.close().await;
}
