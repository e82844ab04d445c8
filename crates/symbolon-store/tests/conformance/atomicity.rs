//! All of a mutation or nothing, whoever else is writing and whoever has gone.

use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Waker};

use symbolon_core::store::{AuditQuery, Change, Mutation, StoreError};

use super::mirror::Mirror;
use super::{Place, accept, commit, make};

fn whole_audit() -> AuditQuery {
    AuditQuery { page: make::page(1000), ..AuditQuery::default() }
}

pub(crate) async fn a_refused_change_takes_the_whole_mutation_with_it(place: &dyn Place) {
    let store = place.open().await;
    let mirror = Arc::new(Mirror::default());
    store.attach(mirror.clone()).await.unwrap();
    let user = make::user(1);
    accept(&*store, make::mutation(vec![Change::UserCreated(user.clone())])).await;
    let (heard, lines, changes) =
        (mirror.heard(), store.audit(&whole_audit()).await.unwrap(), place.changes().await);

    let token = make::token(1, &user);
    let refused = Mutation {
        standing: symbolon_core::store::Standing::Given,
        changes: vec![
            Change::TokenCreated(token.clone()),
            Change::KeyCreated(make::key(1)),
            Change::UserRemoved(user.id, make::at(1)),
            Change::KeyRemoved(make::key_id(9)),
        ],
        audit: vec![make::line("test.one", "1"), make::line("test.two", "2")],
        claim: Some(make::claim("scope", "key", &token)),
        room: Vec::new(),
        judged_by: Vec::new(),
        now: make::at(0),
    };
    let refusal = store.commit(refused).await.unwrap_err();
    assert!(matches!(refusal, StoreError::NotFound("that key")), "{refusal}");

    assert_eq!(store.token(&token.service, token.id).await.unwrap(), None);
    assert_eq!(store.key(make::key_id(1)).await.unwrap(), None);
    assert_eq!(store.user(user.id).await.unwrap(), Some(user));
    assert_eq!(store.claim("scope", "key", make::at(0)).await.unwrap(), None);
    assert_eq!(store.audit(&whole_audit()).await.unwrap(), lines);
    assert_eq!(place.changes().await, changes);
    assert_eq!(mirror.heard(), heard);
    store.close().await;
}

pub(crate) async fn a_mutation_without_an_audit_line_is_refused(place: &dyn Place) {
    let store = place.open().await;
    let silent = Mutation { audit: vec![], ..make::mutation(vec![Change::KeyCreated(make::key(1))]) };
    let refusal = store.commit(silent).await.unwrap_err();
    assert_eq!(refusal.to_string(), "a mutation without a line in the audit");
    assert_eq!(store.key(make::key_id(1)).await.unwrap(), None);
    // The other way round is how a failed sign-in is noted.
    accept(&*store, make::mutation(vec![])).await;
    assert_eq!(store.audit(&whole_audit()).await.unwrap().items.len(), 1);
    store.close().await;
}

pub(crate) async fn a_refusal_leaves_the_neighbours_alone(place: &dyn Place) {
    let store = place.open().await;
    let mirror = Arc::new(Mirror::default());
    store.attach(mirror.clone()).await.unwrap();
    let user = make::user(1);
    accept(&*store, make::mutation(vec![Change::UserCreated(user.clone())])).await;

    // Every third breaks a rule in its second change.
    let tasks = (0..60_u32).map(|n| {
        let (store, user) = (store.clone(), user.clone());
        tokio::spawn(async move {
            let mut changes = vec![Change::TokenCreated(make::token(n, &user))];
            if n % 3 == 0 {
                changes.push(Change::SessionStarted(make::session(n, &make::user(9))));
            }
            commit(&*store, changes).await.is_ok()
        })
    });
    for (n, task) in tasks.collect::<Vec<_>>().into_iter().enumerate() {
        assert_eq!(task.await.unwrap(), n % 3 != 0, "{n}");
    }
    let listed = store.tokens(&make::tokens_of(make::odin(), make::at(0))).await.unwrap().items;
    let expected = (0..60).rev().filter(|n| n % 3 != 0).map(|n| make::token(n, &user));
    assert_eq!(listed, expected.collect::<Vec<_>>());
    assert_eq!(mirror.live().tokens.len(), 40);
    store.close().await;
}

pub(crate) async fn a_caller_that_goes_away_does_not_undo(place: &dyn Place) {
    let store = place.open().await;
    {
        let mut call = std::pin::pin!(commit(&*store, vec![Change::KeyCreated(make::key(1))]));
        // One poll hands the mutation over; then the caller's connection is cut.
        let _ = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }
    // Written after it, so it has been written too.
    accept(&*store, make::mutation(vec![Change::KeyCreated(make::key(2))])).await;
    assert!(store.key(make::key_id(1)).await.unwrap().is_some());
    store.close().await;
}
