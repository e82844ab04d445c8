//! What is written without being a change: last uses, and the removal of what has ended.

use symbolon_core::record::{Session, Token};
use symbolon_core::store::{AuditQuery, Change, Mutation, Store};

use super::{Place, accept, make};

async fn last_use(store: &dyn Store, number: u32) -> Option<i64> {
    let token = store.token(&make::odin(), make::token_id(number)).await.unwrap().unwrap();
    token.last_used_at.map(|at| at.as_millisecond() - make::START)
}

pub(crate) async fn a_last_use_never_goes_back(place: &dyn Place) {
    let store = place.open().await;
    let user = make::user(1);
    let changes = vec![
        Change::UserCreated(user.clone()),
        Change::TokenCreated(make::token(1, &user)),
        Change::TokenCreated(make::token(2, &user)),
    ];
    accept(&*store, make::mutation(changes)).await;
    let note = async |uses: &[(u32, i64)]| {
        let batch = uses.iter().map(|(number, at)| (make::token_id(*number), make::at(*at))).collect();
        store.note_used(batch).await.unwrap();
    };
    note(&[]).await;
    assert_eq!(last_use(&*store, 1).await, None);
    // A token may occur twice in one batch, in any order, and one that is not there is passed over.
    note(&[(1, 300), (1, 500), (9, 1), (1, 400), (2, 7)]).await;
    assert_eq!((last_use(&*store, 1).await, last_use(&*store, 2).await), (Some(500), Some(7)));
    note(&[(1, 499), (2, 8)]).await;
    assert_eq!((last_use(&*store, 1).await, last_use(&*store, 2).await), (Some(500), Some(8)));

    // An editor that read the token before it was used does not take the use away.
    let edited = Token { name: "edited".to_owned(), revision: 2, ..make::token(1, &user) };
    accept(&*store, make::mutation(vec![Change::TokenChanged(edited.clone())])).await;
    assert_eq!(last_use(&*store, 1).await, Some(500));
    let earlier = Token { last_used_at: Some(make::at(2)), revision: 3, ..edited };
    accept(&*store, make::mutation(vec![Change::TokenChanged(earlier)])).await;
    assert_eq!(last_use(&*store, 1).await, Some(500));
    store.close().await;
}

pub(crate) async fn a_use_is_no_change(place: &dyn Place) {
    let store = place.open().await;
    let user = make::user(1);
    let token = make::token(1, &user);
    accept(&*store, make::mutation(vec![Change::UserCreated(user), Change::TokenCreated(token.clone())]))
        .await;
    let changes = place.changes().await;
    store.note_used(vec![(token.id, make::at(60))]).await.unwrap();

    let with_use = Token { last_used_at: Some(make::at(60)), ..token.clone() };
    assert_eq!(store.token(&token.service, token.id).await.unwrap(), Some(with_use));
    assert_eq!(place.changes().await, changes);
    let lines = store.audit(&AuditQuery { page: make::page(9), ..AuditQuery::default() }).await.unwrap();
    assert_eq!(lines.items.len(), 1);
    store.close().await;
}

pub(crate) async fn pruning_removes_what_has_ended(place: &dyn Place) {
    let store = place.open().await;
    let user = make::user(1);
    let ending = |n: u32| Session { expires_at: make::at(1_000 + i64::from(n)), ..make::session(n, &user) };
    let mut changes = vec![Change::UserCreated(user.clone())];
    changes.extend((0..3).map(|n| Change::SessionStarted(ending(n))));
    let token = make::token(1, &user);
    changes.push(Change::TokenCreated(Token { expires_at: Some(make::at(1)), ..token.clone() }));
    let claim = make::claim("scope", "key", &token);
    let lapse = claim.expires_at;
    accept(&*store, Mutation { claim: Some(claim), ..make::mutation(changes) }).await;

    store.prune(make::at(1_001)).await.unwrap();
    // Asked for a moment at which all three lived, so that only what was removed is missing.
    let left = store.sessions(None, make::at(0), &make::page(9)).await.unwrap().items;
    assert_eq!(left, [ending(2)]);
    assert!(store.claim("scope", "key", make::at(0)).await.unwrap().is_some());
    assert!(store.token(&token.service, token.id).await.unwrap().is_some(), "an expired token is kept");
    store.prune(lapse).await.unwrap();
    assert!(store.claim("scope", "key", make::at(0)).await.unwrap().is_none());
    store.close().await;
}
