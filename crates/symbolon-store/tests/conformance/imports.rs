//! Tokens that were taken over from an application.

use symbolon_core::foreign::ForeignHash;
use symbolon_core::imported::{Imported, ImportedSecret, Source};
use symbolon_core::manage;
use symbolon_core::old_form::OldPrefix;
use symbolon_core::record::{Token, TokenState, User};
use symbolon_core::store::{Change, Store, TokenQuery};

use super::{Place, accept, make, refuse};

fn hash(number: u32) -> ForeignHash {
    ForeignHash::parse(&format!("{number:064x}")).unwrap()
}

pub(crate) fn imported(number: u32, owner: &User) -> Token {
    let secret = ImportedSecret::Foreign(hash(number));
    let source = Source(make::digest(1_000 + number));
    let imported = Imported { source, old_prefix: OldPrefix::kept("odin_x-K_2"), secret };
    Token { digest: None, imported: Some(imported), ..make::token(number, owner) }
}

async fn begin(place: &dyn Place, tokens: &[Token]) -> std::sync::Arc<dyn Store> {
    let store = place.open().await;
    let mut changes = vec![Change::UserCreated(make::user(1))];
    changes.extend(tokens.iter().cloned().map(Change::TokenCreated));
    accept(&*store, make::mutation(changes)).await;
    store
}

async fn stored(store: &dyn Store, token: &Token) -> Token {
    store.token(&token.service, token.id).await.unwrap().unwrap()
}

pub(crate) async fn an_imported_token_is_kept_whole_through_its_life(place: &dyn Place) {
    let token = imported(1, &make::user(1));
    let store = begin(place, std::slice::from_ref(&token)).await;
    assert_eq!(stored(&*store, &token).await, token);
    let upgraded = manage::upgrade(&token, (make::digest(7), 1)).unwrap();
    accept(&*store, make::mutation(vec![Change::TokenChanged(upgraded.clone())])).await;
    assert_eq!(stored(&*store, &token).await, upgraded);
    let tombstone = manage::revoke(&upgraded, make::at(9)).unwrap();
    accept(&*store, make::mutation(vec![Change::TokenChanged(tombstone.clone())])).await;
    assert_eq!(stored(&*store, &token).await, tombstone);
    store.close().await;
}

pub(crate) async fn a_row_is_imported_once_whatever_became_of_it(place: &dyn Place) {
    let (token, other) = (imported(1, &make::user(1)), imported(2, &make::user(1)));
    let store = begin(place, &[token.clone(), other.clone()]).await;
    let tombstone = manage::revoke(&token, make::at(9)).unwrap();
    accept(&*store, make::mutation(vec![Change::TokenChanged(tombstone)])).await;
    let source = |token: &Token| token.imported.as_ref().unwrap().source;
    let again = Token { imported: token.imported.clone(), ..imported(3, &make::user(1)) };
    refuse(&*store, Change::TokenCreated(again.clone()), "that row was imported before").await;
    let unknown = Source(make::digest(5));
    let mut found = store.imported(&make::odin(), &[source(&token), unknown, source(&other)]).await.unwrap();
    found.sort_by_key(|(_, id)| *id);
    assert_eq!(found, [(source(&token), token.id), (source(&other), other.id)]);
    assert_eq!(store.imported(&make::service("other"), &[source(&token)]).await.unwrap(), []);
    assert_eq!(store.imported(&make::odin(), &[]).await.unwrap(), []);
    // Another service may have the same row.
    let elsewhere = Token { service: make::service("other"), ..again };
    accept(&*store, make::mutation(vec![Change::TokenCreated(elsewhere)])).await;
    store.close().await;
}

pub(crate) async fn a_foreign_hash_is_gone_with_the_upgrade_the_revocation_and_the_owner(place: &dyn Place) {
    let owner = make::user(1);
    let tokens = [imported(1, &owner), imported(2, &owner), imported(3, &owner)];
    let store = begin(place, &tokens).await;
    let upgraded = manage::upgrade(&tokens[0], (make::digest(7), 1)).unwrap();
    let revoked = manage::revoke(&tokens[1], make::at(9)).unwrap();
    let changes = vec![
        Change::TokenChanged(upgraded),
        Change::TokenChanged(revoked),
        Change::UserRemoved(owner.id, make::at(10)),
    ];
    accept(&*store, make::mutation(changes)).await;
    for token in &tokens {
        let left = stored(&*store, token).await.imported.unwrap();
        assert_eq!(left, token.imported.clone().unwrap().gone());
    }
    store.close().await;
    // What no statement of ours can bring about is refused by the schema too.
    for forged in [
        "foreign_hash = 'x'",
        "of_old_form = TRUE",
        "of_old_form = TRUE, revoked_at = NULL, import_source = NULL",
    ] {
        place.meddle(&format!("UPDATE tokens SET {forged}")).await.unwrap_err();
    }
}

pub(crate) async fn a_token_has_one_secret(place: &dyn Place) {
    let token = imported(1, &make::user(1));
    let store = begin(place, std::slice::from_ref(&token)).await;
    let both = Token { digest: Some((make::digest(9), 1)), ..imported(2, &make::user(1)) };
    refuse(&*store, Change::TokenCreated(both), "a token that has a digest has no foreign hash").await;
    let neither = Token { imported: None, revision: 2, ..token.clone() };
    refuse(&*store, Change::TokenChanged(neither), "a token that is not revoked has a digest").await;
    let kept = Token { revoked_at: Some(make::at(9)), revision: 2, ..token };
    refuse(&*store, Change::TokenChanged(kept), "a revoked token has no old secret").await;
    store.close().await;
}

pub(crate) async fn tokens_of_an_old_form_that_ended_are_expired(place: &dyn Place) {
    let (old, native) = (imported(1, &make::user(1)), make::token(2, &make::user(1)));
    let store = begin(place, &[old.clone(), native.clone()]).await;
    let query = |state, old_form_ended| TokenQuery {
        state: Some(state),
        old_form_ended,
        ..make::tokens_of(make::odin(), make::at(0))
    };
    for (state, ended, expected) in [
        (TokenState::Active, false, vec![&native, &old]),
        (TokenState::Active, true, vec![&native]),
        (TokenState::Expired, false, vec![]),
        (TokenState::Expired, true, vec![&old]),
    ] {
        let found = store.tokens(&query(state, ended)).await.unwrap().items;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{state:?} {ended}");
    }
    store.close().await;
}
