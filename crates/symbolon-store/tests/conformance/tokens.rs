//! Tokens: kept whole, changed under a revision, revoked for ever.

use symbolon_core::metadata::Metadata;
use symbolon_core::record::{Token, TokenState};
use symbolon_core::store::{Change, Store, TokenQuery};

use super::{Place, accept, commit, make, refuse};

async fn stored(store: &dyn Store, token: &Token) -> Token {
    store.token(&token.service, token.id).await.unwrap().expect("the token is there")
}

/// A token in which every field says something.
fn full() -> Token {
    Token {
        name: "Grafana \"read-only\"; -- ü \u{1f511}".to_owned(),
        description: "line\nline\u{7}'".to_owned(),
        profile: Some("watch".to_owned()),
        metadata: Metadata::default().merged([("team".to_owned(), Some("\"é\"".to_owned()))]).unwrap(),
        disabled: true,
        expires_at: Some(make::at(5_000)),
        last_used_at: Some(make::at(4_000)),
        digest: Some((make::digest(1), u32::MAX)),
        rotation: make::rotation(),
        rate_limit: Some("100/1m burst 50".parse().unwrap()),
        restrictions: make::restrictions(),
        ..make::token(1, &make::user(1))
    }
}

pub(crate) async fn a_token_is_kept_whole(place: &dyn Place) {
    let store = place.open().await;
    let (token, plain) = (full(), make::token(2, &make::user(1)));
    let changes = vec![
        Change::UserCreated(make::user(1)),
        Change::TokenCreated(token.clone()),
        Change::TokenCreated(plain.clone()),
    ];
    accept(&*store, make::mutation(changes)).await;

    assert_eq!(stored(&*store, &token).await, token);
    assert_eq!(stored(&*store, &plain).await, plain);
    assert_eq!(store.token(&make::service("odysseus"), token.id).await.unwrap(), None);
    assert_eq!(store.token(&make::odin(), make::token_id(9)).await.unwrap(), None);
    store.close().await;
}

pub(crate) async fn creations_that_are_refused(place: &dyn Place) {
    let store = place.open().await;
    let (owner, removed) = (make::user(1), make::user(2));
    let token = make::token(1, &owner);
    let elsewhere = Token {
        token_prefix: token.token_prefix,
        service: make::service("odysseus"),
        ..make::token(2, &owner)
    };
    let changes = vec![
        Change::UserCreated(owner.clone()),
        Change::UserCreated(removed.clone()),
        Change::UserRemoved(removed.id, make::at(0)),
        Change::TokenCreated(token.clone()),
        Change::TokenCreated(elsewhere),
    ];
    accept(&*store, make::mutation(changes)).await;

    let new = make::token(3, &owner);
    let refusals = [
        (
            Token { token_prefix: token.token_prefix, ..new.clone() },
            "that token_prefix is taken in its service",
        ),
        (Token { digest: token.digest, ..new.clone() }, "that secret is taken"),
        (Token { id: token.id, ..new.clone() }, "that token id is taken"),
        (make::token(3, &make::user(9)), "the owner is not there"),
        (make::token(3, &removed), "the owner is not there"),
        (Token { digest: None, ..new.clone() }, "a token that is not revoked has a digest"),
        (Token { revoked_at: Some(make::at(1)), ..new.clone() }, "a new token is not revoked"),
    ];
    for (token, text) in refusals {
        refuse(&*store, Change::TokenCreated(token), text).await;
    }
    assert_eq!(stored(&*store, &token).await, token);
    assert_eq!(store.tokens(&make::tokens_of(make::odin(), make::at(0))).await.unwrap().items, [token]);
    // What was refused reserved nothing.
    accept(&*store, make::mutation(vec![Change::TokenCreated(new)])).await;
    store.close().await;
}

pub(crate) async fn a_change_is_kept_whole(place: &dyn Place) {
    let store = place.open().await;
    let before = make::token(1, &make::user(1));
    let changes = vec![Change::UserCreated(make::user(1)), Change::TokenCreated(before.clone())];
    accept(&*store, make::mutation(changes)).await;

    let after = Token {
        scopes: vec!["read:orders".parse().unwrap()],
        digest: Some((make::digest(99), 2)),
        updated_at: make::at(60_000),
        revision: 2,
        created_at: before.created_at,
        ..full()
    };
    accept(&*store, make::mutation(vec![Change::TokenChanged(after.clone())])).await;
    assert_eq!(stored(&*store, &after).await, after);

    let cleared = Token { revision: 3, last_used_at: after.last_used_at, ..before };
    accept(&*store, make::mutation(vec![Change::TokenChanged(cleared.clone())])).await;
    assert_eq!(stored(&*store, &cleared).await, cleared);
    store.close().await;
}

pub(crate) async fn two_editors_cannot_overwrite_each_other(place: &dyn Place) {
    let store = place.open().await;
    let first = make::token(1, &make::user(1));
    let changes = vec![Change::UserCreated(make::user(1)), Change::TokenCreated(first.clone())];
    accept(&*store, make::mutation(changes)).await;

    let second = Token { name: "second".to_owned(), revision: 2, ..first.clone() };
    accept(&*store, make::mutation(vec![Change::TokenChanged(second.clone())])).await;
    for revision in [0, 1, 2, 4, u64::MAX] {
        let late = Token { name: "late".to_owned(), revision, ..first.clone() };
        refuse(&*store, Change::TokenChanged(late), "that token was changed meanwhile").await;
    }
    assert_eq!(stored(&*store, &second).await, second);

    // At the same moment: one of them wins.
    let edit = |name: &str| {
        let token = Token { name: name.to_owned(), revision: 3, ..first.clone() };
        commit(&*store, vec![Change::TokenChanged(token)])
    };
    let outcomes = tokio::join!(edit("a"), edit("b"), edit("c"));
    let won = [outcomes.0.is_ok(), outcomes.1.is_ok(), outcomes.2.is_ok()];
    assert_eq!(won.iter().filter(|won| **won).count(), 1, "{won:?}");
    store.close().await;
}

pub(crate) async fn a_token_keeps_its_identity(place: &dyn Place) {
    let store = place.open().await;
    let (token, other) = (make::token(1, &make::user(1)), make::token(2, &make::user(2)));
    let changes = vec![
        Change::UserCreated(make::user(1)),
        Change::UserCreated(make::user(2)),
        Change::TokenCreated(token.clone()),
        Change::TokenCreated(other.clone()),
    ];
    accept(&*store, make::mutation(changes)).await;

    let next = Token { revision: 2, ..token.clone() };
    let fixed = "a token keeps its service, owner, token_prefix and time of creation";
    let refusals = [
        (Token { service: make::service("odysseus"), ..next.clone() }, fixed),
        (Token { owner: make::user(2).id, ..next.clone() }, fixed),
        (Token { token_prefix: "AAAAAAAA".parse().unwrap(), ..next.clone() }, fixed),
        (Token { created_at: make::at(2), ..next.clone() }, fixed),
        (Token { digest: other.digest, ..next.clone() }, "that secret is taken"),
        (Token { digest: None, ..next.clone() }, "a token that is not revoked has a digest"),
        (Token { revoked_at: Some(make::at(9)), ..next.clone() }, "a revoked token has no digest"),
        (Token { id: make::token_id(9), ..next.clone() }, "that token is not there"),
    ];
    for (token, text) in refusals {
        refuse(&*store, Change::TokenChanged(token), text).await;
    }
    assert_eq!(stored(&*store, &token).await, token);
    store.close().await;
}

pub(crate) async fn a_token_is_given_to_somebody_who_is_there(place: &dyn Place) {
    let store = place.open().await;
    let (ann, bob, gone) = (make::user(1), make::user(2), make::user(3));
    let token = make::token(1, &ann);
    let changes = vec![
        Change::UserCreated(ann.clone()),
        Change::UserCreated(bob.clone()),
        Change::UserCreated(gone.clone()),
        Change::UserRemoved(gone.id, make::at(1)),
        Change::TokenCreated(token.clone()),
    ];
    accept(&*store, make::mutation(changes)).await;

    let given = Token { owner: bob.id, revision: 2, ..token.clone() };
    for (change, text) in [
        (Token { owner: gone.id, ..given.clone() }, "the owner is not there"),
        (Token { owner: make::user(9).id, ..given.clone() }, "the owner is not there"),
        (Token { revision: 3, ..given.clone() }, "that token was changed meanwhile"),
        (
            Token { service: make::service("odysseus"), ..given.clone() },
            "a token keeps its service, owner, token_prefix and time of creation",
        ),
    ] {
        refuse(&*store, Change::TokenOwned(change), text).await;
    }
    assert_eq!(stored(&*store, &token).await, token);
    accept(&*store, make::mutation(vec![Change::TokenOwned(given.clone())])).await;
    assert_eq!(stored(&*store, &given).await, given);

    // From now on it goes with its new owner, and not with the one before.
    accept(&*store, make::mutation(vec![Change::UserRemoved(ann.id, make::at(2))])).await;
    assert_eq!(stored(&*store, &given).await, given);
    accept(&*store, make::mutation(vec![Change::UserRemoved(bob.id, make::at(3))])).await;
    assert_eq!(stored(&*store, &given).await, make::revoked(&given, make::at(3)));
    store.close().await;
}

pub(crate) async fn a_revoked_token_is_a_tombstone_for_ever(place: &dyn Place) {
    let store = place.open().await;
    let token = full();
    let changes = vec![Change::UserCreated(make::user(1)), Change::TokenCreated(token.clone())];
    accept(&*store, make::mutation(changes)).await;
    let tombstone = make::revoked(&token, make::at(9_000));
    accept(&*store, make::mutation(vec![Change::TokenChanged(tombstone.clone())])).await;

    assert_eq!(stored(&*store, &token).await, tombstone);
    let live = make::tokens_of(make::odin(), make::at(9_000));
    assert_eq!(store.tokens(&live).await.unwrap().items, []);
    let revoked = TokenQuery { state: Some(TokenState::Revoked), ..live };
    assert_eq!(store.tokens(&revoked).await.unwrap().items, std::slice::from_ref(&tombstone));

    let revival = Token { revision: tombstone.revision + 1, ..token.clone() };
    let again = make::revoked(&tombstone, make::at(9_999));
    for change in [revival, again] {
        refuse(&*store, Change::TokenChanged(change), "that token is revoked").await;
    }
    // Its token_prefix still stands in people's lists and logs.
    let usurper = Token { token_prefix: token.token_prefix, ..make::token(2, &make::user(1)) };
    refuse(&*store, Change::TokenCreated(usurper), "that token_prefix is taken in its service").await;
    assert_eq!(stored(&*store, &token).await, tombstone);
    store.close().await;
}
