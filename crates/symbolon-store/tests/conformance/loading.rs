//! The first load: everything live, once, in an order in which each thing finds what it refers to.

use std::sync::Arc;

use symbolon_core::record::{Session, Token, User};
use symbolon_core::store::{Change, Store, StoreError};

use super::mirror::Mirror;
use super::{Place, accept, make};

async fn attached(store: &dyn Store) -> Arc<Mirror> {
    let mirror = Arc::new(Mirror::default());
    store.attach(mirror.clone()).await.unwrap();
    mirror
}

pub(crate) async fn everything_live_is_loaded_and_nothing_else(place: &dyn Place) {
    let store = place.open().await;
    let (inactive, gone) = (User { active: false, ..make::user(1) }, make::user(2));
    let expired = Token { expires_at: Some(make::at(-9)), disabled: true, ..make::token(1, &inactive) };
    let used = Token { last_used_at: Some(make::at(70)), ..make::token(2, &inactive) };
    let ended = Session { expires_at: make::at(-9), ..make::session(1, &inactive) };
    let changes = vec![
        Change::UserCreated(inactive.clone()),
        Change::UserCreated(gone.clone()),
        Change::TokenCreated(expired.clone()),
        Change::TokenCreated(Token { last_used_at: None, ..used.clone() }),
        Change::TokenCreated(make::token(3, &inactive)),
        Change::TokenChanged(make::revoked(&make::token(3, &inactive), make::at(1))),
        Change::TokenCreated(make::token(4, &gone)),
        Change::SessionStarted(ended.clone()),
        Change::SessionStarted(make::session(2, &gone)),
        Change::KeyCreated(make::key(1)),
        Change::UserRemoved(gone.id, make::at(2)),
    ];
    accept(&*store, make::mutation(changes)).await;
    store.note_used(vec![(used.id, make::at(70))]).await.unwrap();

    let mirror = attached(&*store).await;
    let expected = [
        Change::UserCreated(inactive),
        Change::KeyCreated(make::key(1)),
        Change::SessionStarted(ended),
        Change::TokenCreated(expired),
        Change::TokenCreated(used),
    ];
    assert_eq!(mirror.heard(), expected);
    assert_eq!(mirror.loads(), [5], "once, at the end");
    store.close().await;
}

/// More than one thread would read by itself.
const MANY: u32 = 9_000;

/// A store with one user's tokens, so many that they are loaded in pieces.
async fn crowded(place: &dyn Place) -> Arc<dyn Store> {
    let store = place.open().await;
    let user = make::user(1);
    let mut changes = vec![Change::UserCreated(user.clone())];
    changes.extend((0..MANY).map(|n| Change::TokenCreated(make::token(n, &user))));
    accept(&*store, make::mutation(changes)).await;
    store
}

pub(crate) async fn more_rows_than_one_read_takes_are_loaded_once(place: &dyn Place) {
    let store = crowded(place).await;
    // Whose users are so many too: those come first.
    let users = (2..=MANY).map(|n| Change::UserCreated(make::user(n))).collect();
    accept(&*store, make::mutation(users)).await;

    let mirror = attached(&*store).await;
    let (heard, many) = (mirror.heard(), MANY as usize);
    assert_eq!(heard.len(), 2 * many);
    assert!(heard[..many].iter().all(|change| matches!(change, Change::UserCreated(_))));
    let live = mirror.live();
    assert_eq!((live.users.len(), live.tokens.len()), (many, many));
    assert_eq!(mirror.loads(), [2 * many], "once, at the end");
    store.close().await;
}

pub(crate) async fn of_many_only_broken_rows_are_left_out(place: &dyn Place) {
    let store = crowded(place).await;
    let broken = [0, 1, MANY / 2, MANY - 1].map(make::token_id);
    for id in broken {
        place.meddle(&format!("UPDATE tokens SET expires_at = 1 WHERE id = '{id}'")).await.unwrap();
    }
    let live = attached(&*store).await.live();
    assert_eq!(live.tokens.len(), MANY as usize - broken.len());
    assert!(broken.iter().all(|id| !live.tokens.contains_key(id)));
    let reported: Vec<_> = store.broken_seals().into_iter().map(|broken| broken.id).collect();
    assert_eq!(reported, broken.map(|id| id.to_string()));
    store.close().await;
}

pub(crate) async fn a_revocation_while_much_is_loaded_comes_before_it_or_after_it(place: &dyn Place) {
    let store = crowded(place).await;
    let revoke = |n| Change::TokenChanged(make::revoked(&make::token(n, &make::user(1)), make::at(9)));
    let revocations: Vec<_> = (0..50)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { accept(&*store, make::mutation(vec![revoke(n * 7)])).await })
        })
        .collect();
    let mirror = attached(&*store).await;
    for revocation in revocations {
        revocation.await.unwrap();
    }
    assert_eq!(mirror.live().tokens.len(), MANY as usize - 50);
    let (heard, loaded) = (mirror.heard(), mirror.loads()[0]);
    assert!(heard[..loaded].iter().all(|change| !matches!(change, Change::TokenChanged(_))));
    store.close().await;
}

pub(crate) async fn of_two_loads_at_once_there_is_one(place: &dyn Place) {
    let store = crowded(place).await;
    let mirrors = [Arc::new(Mirror::default()), Arc::new(Mirror::default())];
    let (one, other) = tokio::join!(store.attach(mirrors[0].clone()), store.attach(mirrors[1].clone()));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    let (heard, none) = if one.is_ok() { (&mirrors[0], &mirrors[1]) } else { (&mirrors[1], &mirrors[0]) };
    assert_eq!((heard.heard().len(), none.heard().len()), (MANY as usize + 1, 0));
    store.close().await;
}

pub(crate) async fn what_is_committed_later_follows(place: &dyn Place) {
    let store = place.open().await;
    let user = make::user(1);
    accept(&*store, make::mutation(vec![Change::UserCreated(user.clone())])).await;
    // Creations go on while the listener comes in: each is heard once, by the load or after it.
    let writer = {
        let (store, user) = (store.clone(), user.clone());
        tokio::spawn(async move {
            for n in 0..200 {
                accept(&*store, make::mutation(vec![Change::TokenCreated(make::token(n, &user))])).await;
            }
        })
    };
    let mirror = attached(&*store).await;
    writer.await.unwrap();
    assert_eq!(mirror.heard().len(), 201);
    assert_eq!(mirror.live().tokens.len(), 200);
    assert_eq!(mirror.loads().len(), 1);
    store.close().await;
}

pub(crate) async fn a_row_that_cannot_be_read_is_left_out(place: &dyn Place) {
    let store = place.open().await;
    let user = make::user(1);
    let mut changes: Vec<_> = (1..=2).map(|n| Change::UserCreated(make::user(n))).collect();
    changes.extend((1..=8).map(|n| Change::TokenCreated(make::token(n, &user))));
    changes.extend((1..=2).map(|n| Change::SessionStarted(make::session(n, &user))));
    changes.extend((1..=2).map(|n| Change::KeyCreated(make::key(n))));
    accept(&*store, make::mutation(changes)).await;
    for (table, damage, id) in [
        ("users", "roles = '{\"odin\": \"Not A Role\"}'", make::user_id(2).to_string()),
        ("tokens", "token_prefix = '!'", make::token_id(1).to_string()),
        ("tokens", "scopes = '[\"READ ALL\"]'", make::token_id(2).to_string()),
        ("tokens", "expires_at = 9223372036854775807", make::token_id(3).to_string()),
        ("tokens", "id = 'tok_'", make::token_id(4).to_string()),
        ("tokens", "restrictions = '[]'", make::token_id(6).to_string()),
        ("tokens", "restrictions = '{\"networks\": []}'", make::token_id(7).to_string()),
        ("tokens", "restrictions = '{\"hours\": [\"8\"]}'", make::token_id(8).to_string()),
        ("sessions", "client_ip = 'here'", make::session_id(1).to_string()),
        ("keys", "name = 'x', key_prefix = 'y'", make::key_id(1).to_string()),
    ] {
        place.meddle(&format!("UPDATE {table} SET {damage} WHERE id = '{id}'")).await.unwrap();
    }

    let live = attached(&*store).await.live();
    assert_eq!(live.users.into_keys().collect::<Vec<_>>(), [make::user_id(1)]);
    assert_eq!(live.tokens.into_keys().collect::<Vec<_>>(), [make::token_id(5)]);
    assert_eq!(live.sessions.into_keys().collect::<Vec<_>>(), [make::session_id(2)]);
    assert_eq!(live.keys.into_keys().collect::<Vec<_>>(), [make::key_id(2)]);

    // A list goes on past it, even where a page ends with it.
    let (mut listed, mut query) = (Vec::new(), make::tokens_of(make::odin(), make::at(0)));
    query.page.limit = 1;
    loop {
        let page = store.tokens(&query).await.unwrap();
        listed.extend(page.items.into_iter().map(|token| token.id));
        let Some(next) = page.next else { break };
        query.page.after = Some(next);
    }
    assert_eq!(listed, [make::token_id(5)]);
    // Asked for alone, it is neither there nor absent.
    let answer = store.token(&make::odin(), make::token_id(1)).await.unwrap_err();
    assert!(matches!(answer, StoreError::SealBroken(_)), "{answer}");
    assert!(!answer.to_string().contains('!'), "{answer}");
    store.close().await;
}

pub(crate) async fn one_listener_only(place: &dyn Place) {
    let store = place.open().await;
    let first = attached(&*store).await;
    let second = Arc::new(Mirror::default());
    let refusal = store.attach(second.clone()).await.unwrap_err();
    assert!(matches!(refusal, StoreError::Conflict(_)), "{refusal}");
    accept(&*store, make::mutation(vec![Change::KeyCreated(make::key(1))])).await;
    assert_eq!((first.heard().len(), second.heard().len()), (1, 0));
    store.close().await;
}
