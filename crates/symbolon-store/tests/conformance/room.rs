//! How many tokens of a user live is counted inside the transaction.

use symbolon_core::record::Token;
use symbolon_core::store::{Change, Mutation, Room, Store, StoreError};

use super::{Place, accept, make};

async fn create(store: &dyn Store, token: &Token, most: u32, now: i64) -> Result<(), StoreError> {
    let room = Some(Room { service: token.service.clone(), owner: token.owner, most });
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
