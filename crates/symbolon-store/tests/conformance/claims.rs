//! Claims on an `Idempotency-Key`: one creation for one key.

use symbolon_core::record::Token;
use symbolon_core::store::{Change, Claim, Mutation, StoreError};

use super::{Place, accept, make};

const DAY: i64 = 86_400_000;

fn creation(token: &Token, claim: Claim, now: i64) -> Mutation {
    let changes = vec![Change::TokenCreated(token.clone())];
    Mutation { claim: Some(claim), now: make::at(now), ..make::mutation(changes) }
}

pub(crate) async fn a_claim_is_found_until_it_lapses(place: &dyn Place) {
    let store = place.open().await;
    let token = make::token(1, &make::user(1));
    let claim = make::claim("usr_1 odin", "k'\"%", &token);
    accept(&*store, make::mutation(vec![Change::UserCreated(make::user(1))])).await;
    accept(&*store, creation(&token, claim.clone(), 0)).await;

    let found = async |scope: &str, key: &str, now| store.claim(scope, key, make::at(now)).await.unwrap();
    assert_eq!(found(&claim.scope, &claim.key, DAY - 1).await, Some(claim.clone()));
    assert_eq!(found(&claim.scope, &claim.key, DAY).await, None);
    assert_eq!(found("usr_2 odin", &claim.key, 0).await, None);
    assert_eq!(found(&claim.scope, "k", 0).await, None);
    store.close().await;
}

pub(crate) async fn a_taken_claim_refuses_the_whole_mutation(place: &dyn Place) {
    let store = place.open().await;
    let (first, second) = (make::token(1, &make::user(1)), make::token(2, &make::user(1)));
    let claim = make::claim("scope", "key", &first);
    accept(&*store, make::mutation(vec![Change::UserCreated(make::user(1))])).await;
    accept(&*store, creation(&first, claim.clone(), 0)).await;

    // The same request again, down to the token, and another request under the same key: both hear of the
    // first.
    for token in [&first, &second] {
        let again = creation(token, make::claim("scope", "key", token), DAY - 1);
        match store.commit(again).await.unwrap_err() {
            StoreError::Claimed(before) => assert_eq!(before, claim),
            other => panic!("{other}"),
        }
    }
    assert_eq!(store.token(&second.service, second.id).await.unwrap(), None);
    // Outside its scope the key means nothing.
    accept(&*store, creation(&second, make::claim("elsewhere", "key", &second), 0)).await;
    store.close().await;
}

pub(crate) async fn a_lapsed_claim_is_taken_over(place: &dyn Place) {
    let store = place.open().await;
    let (first, second) = (make::token(1, &make::user(1)), make::token(2, &make::user(1)));
    accept(&*store, make::mutation(vec![Change::UserCreated(make::user(1))])).await;
    accept(&*store, creation(&first, make::claim("scope", "key", &first), 0)).await;

    let later = Claim { expires_at: make::at(2 * DAY), ..make::claim("scope", "key", &second) };
    accept(&*store, creation(&second, later.clone(), DAY)).await;
    assert_eq!(store.claim("scope", "key", make::at(DAY)).await.unwrap(), Some(later));
    store.close().await;
}

pub(crate) async fn of_many_at_once_one_gets_it(place: &dyn Place) {
    let store = place.open().await;
    accept(&*store, make::mutation(vec![Change::UserCreated(make::user(1))])).await;
    let calls: Vec<_> = (0..16_u32)
        .map(|n| {
            let (store, token) = (store.clone(), make::token(n, &make::user(1)));
            tokio::spawn(async move {
                store.commit(creation(&token, make::claim("scope", "key", &token), 0)).await
            })
        })
        .collect();
    let (mut made, mut told) = (0, Vec::new());
    for call in calls {
        match call.await.unwrap() {
            Ok(()) => made += 1,
            Err(StoreError::Claimed(claim)) => told.push(claim),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((made, told.len()), (1, 15));
    let kept = store.claim("scope", "key", make::at(0)).await.unwrap().unwrap();
    assert!(told.iter().all(|claim| *claim == kept));
    let tokens = store.tokens(&make::tokens_of(make::odin(), make::at(0))).await.unwrap().items;
    assert_eq!(tokens.iter().map(|token| token.id.to_string()).collect::<Vec<_>>(), [kept.made]);
    store.close().await;
}
