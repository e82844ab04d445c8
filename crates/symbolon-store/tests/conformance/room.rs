//! How many tokens of a user live is counted inside the transaction.

use symbolon_core::record::{Token, TokenState, User};
use symbolon_core::store::{Change, Mutation, Room, Store, StoreError, TokenQuery};

use super::{Place, accept, make};

async fn create(store: &dyn Store, token: &Token, most: u32, now: i64) -> Result<(), StoreError> {
    create_beside_idle(store, token, (most, None), now).await
}

async fn create_beside_idle(
    store: &dyn Store,
    token: &Token,
    (most, idle_since): (u32, Option<i64>),
    now: i64,
) -> Result<(), StoreError> {
    let idle_since = idle_since.map(make::at);
    let room = vec![Room { service: token.service.clone(), owner: token.owner, more: 1, most, idle_since }];
    let changes = vec![Change::TokenCreated(token.clone())];
    store.commit(Mutation { room, now: make::at(now), ..make::mutation(changes) }).await
}

pub(crate) async fn only_what_lives_takes_a_place(place: &dyn Place) {
    let store = place.open().await;
    let (ann, bob) = (make::user(1), make::user(2));
    let users = [&ann, &bob].map(|user| Change::UserCreated(user.clone())).to_vec();
    accept(&*store, make::mutation(users)).await;
    let refused = async |token: &Token, most: u32, now: i64| {
        let outcome = create(&*store, token, most, now).await;
        assert!(matches!(outcome, Err(StoreError::NoRoom)), "{outcome:?}");
        assert_eq!(store.token(&token.service, token.id).await.unwrap(), None);
    };
    let first = make::token(1, &ann);
    create(&*store, &first, 1, 0).await.unwrap();
    refused(&make::token(2, &ann), 1, 0).await;
    // Somebody else's, and another service's, take none of hers.
    create(&*store, &make::token(3, &bob), 1, 0).await.unwrap();
    let elsewhere = Token { service: "odysseus".parse().unwrap(), ..make::token(4, &ann) };
    create(&*store, &elsewhere, 1, 0).await.unwrap();
    // At its end it is none more.
    let brief = Token { expires_at: Some(make::at(10)), ..make::token(5, &ann) };
    create(&*store, &brief, 2, 0).await.unwrap();
    refused(&make::token(6, &ann), 2, 9).await;
    create(&*store, &make::token(6, &ann), 2, 10).await.unwrap();
    refused(&make::token(7, &ann), 2, 10).await;
    let off = Token { disabled: true, revision: 2, ..first.clone() };
    accept(&*store, make::mutation(vec![Change::TokenChanged(off.clone())])).await;
    refused(&make::token(7, &ann), 2, 10).await;
    accept(&*store, make::mutation(vec![Change::TokenChanged(make::revoked(&off, make::at(10)))])).await;
    create(&*store, &make::token(7, &ann), 2, 10).await.unwrap();
    store.close().await;
}

pub(crate) async fn what_has_lain_unused_takes_no_place_and_is_listed_as_expired(place: &dyn Place) {
    let store = place.open().await;
    let ann = make::user(1);
    accept(&*store, make::mutation(vec![Change::UserCreated(ann.clone())])).await;
    // Made at 1, 2 and 3; of which the first is used again, and the second changed.
    let tokens = [1, 2, 3].map(|number| make::token(number, &ann));
    for token in &tokens {
        create(&*store, token, 9, 3).await.unwrap();
    }
    store.note_used(vec![(tokens[0].id, make::at(20))]).await.unwrap();
    let changed = Token { revision: 2, updated_at: make::at(20), ..tokens[1].clone() };
    accept(&*store, make::mutation(vec![Change::TokenChanged(changed)])).await;
    let listed = async |state, idle_since| {
        let of = make::tokens_of(make::odin(), make::at(30));
        let query = TokenQuery { state: Some(state), idle_since, ..of };
        let page = store.tokens(&query).await.unwrap();
        let mut names: Vec<_> = page.items.into_iter().map(|token| token.name).collect();
        names.sort();
        names
    };
    assert_eq!(listed(TokenState::Active, None).await, ["token 1", "token 2", "token 3"]);
    assert_eq!(listed(TokenState::Active, Some(make::at(10))).await, ["token 1", "token 2"]);
    assert_eq!(listed(TokenState::Expired, Some(make::at(10))).await, ["token 3"]);
    assert_eq!(listed(TokenState::Expired, Some(make::at(20))).await, ["token 1", "token 2", "token 3"]);
    let more = make::token(4, &ann);
    let refused = create_beside_idle(&*store, &more, (2, Some(10)), 30).await;
    assert!(matches!(refused, Err(StoreError::NoRoom)), "{refused:?}");
    create_beside_idle(&*store, &more, (3, Some(10)), 30).await.unwrap();
    store.close().await;
}

pub(crate) async fn many_at_once_need_a_place_each(place: &dyn Place) {
    let store = place.open().await;
    let (ann, bob) = (make::user(1), make::user(2));
    let users = [&ann, &bob].map(|user| Change::UserCreated(user.clone())).to_vec();
    accept(&*store, make::mutation(users)).await;
    let room = |owner: &User, more, most| Room {
        service: make::odin(),
        owner: owner.id,
        more,
        most,
        idle_since: None,
    };
    let changes = |numbers: [u32; 3]| {
        let [first, second, third] = numbers;
        let tokens = [make::token(first, &ann), make::token(second, &ann), make::token(third, &bob)];
        tokens.map(Change::TokenCreated).to_vec()
    };
    let mutation = |numbers, most| Mutation {
        room: vec![room(&bob, 1, 9), room(&ann, 2, most)],
        ..make::mutation(changes(numbers))
    };
    let refused = store.commit(mutation([1, 2, 3], 1)).await;
    assert!(matches!(refused, Err(StoreError::NoRoom)), "{refused:?}");
    accept(&*store, mutation([1, 2, 3], 2)).await;
    let refused = store.commit(mutation([4, 5, 6], 3)).await;
    assert!(matches!(refused, Err(StoreError::NoRoom)), "{refused:?}");
    assert_eq!(store.token(&make::odin(), make::token_id(6)).await.unwrap(), None, "not of bob either");
    accept(&*store, mutation([4, 5, 6], 4)).await;
    store.close().await;
}
