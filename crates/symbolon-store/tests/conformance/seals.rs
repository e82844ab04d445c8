//! Whoever writes to the database without the keys forges no right: a row that is not what was written is not handed out,
//! the alarm says which it is, and all else goes on.

use std::sync::Arc;

use symbolon_core::decision::Redigest;
use symbolon_core::record::{Key, Token, User};
use symbolon_core::seal::Kind;
use symbolon_core::store::{BrokenSeal, Change, PepperUse, Store, StoreError};

use super::mirror::Mirror;
use super::{Place, accept, make, refuse};

fn broken(kind: Kind, id: &dyn ToString) -> BrokenSeal {
    BrokenSeal { kind, id: id.to_string() }
}

async fn attached(store: &dyn Store) -> Arc<Mirror> {
    let mirror = Arc::new(Mirror::default());
    store.attach(mirror.clone()).await.unwrap();
    mirror
}

/// Two users, and two of everything that is theirs.
async fn filled(store: &dyn Store) {
    let users: Vec<User> = (1..=2).map(make::user).collect();
    let mut changes: Vec<_> = users.iter().cloned().map(Change::UserCreated).collect();
    for (number, user) in (1..=2).zip(&users) {
        changes.push(Change::TokenCreated(make::token(number, user)));
        changes.push(Change::SessionStarted(make::session(number, user)));
        changes.push(Change::KeyCreated(make::key(number)));
    }
    changes.push(Change::EnforcementSwitched(make::switched("odin", true, 1)));
    accept(store, make::mutation(changes)).await;
}

pub(crate) async fn every_edit_of_a_row_that_grants_is_found(place: &dyn Place) {
    let (token, user) = (make::token_id(1).to_string(), make::user_id(1).to_string());
    let (session, key) = (make::session_id(1).to_string(), make::key_id(1).to_string());
    for (kind, table, id, edits) in [
        (
            Kind::Token,
            "tokens",
            &token,
            &[
                "scopes = '[\"read:jobs\",\"read:printers\",\"write:jobs\"]'",
                "scopes = '[\"no scope\"]'",
                "owner = 'usr_00000000000000000000000000000002'",
                "service = 'odysseus'",
                "digest = (SELECT hash FROM audit LIMIT 1)",
                "pepper = 2",
                "expires_at = 99999999999999",
                "updated_at = 99999999999999",
                "disabled = TRUE",
                "revision = 7",
                "parent = 'tok_00000000000000000000000000000002', depth = 1",
                "parent = 'tok_00000000000000000000000000000009', depth = 1",
                "parent = 'none', depth = 1",
                "derive = 1",
                "derive = 256",
                "change_limit = '1000/1h'",
                "loans = '[{\"scopes\":[\"write:jobs\"],\"until\":99999999999999,\"by\":\"\",\"ask\":\"\"}]'",
                "seal = NULL",
                "seal = (SELECT seal FROM tokens WHERE id = 'tok_00000000000000000000000000000002')",
            ][..],
        ),
        (
            Kind::User,
            "users",
            &user,
            &[
                "roles = '{\"odin\": \"superadmin\"}'",
                "platform_admin = TRUE",
                "active = FALSE",
                "password = '$argon2id$2'",
                "name = 'other'",
                "seal = NULL",
            ],
        ),
        (
            Kind::Session,
            "sessions",
            &session,
            &[
                "\"user\" = 'usr_00000000000000000000000000000002'",
                "expires_at = 99999999999999",
                "seal = NULL",
            ],
        ),
        (
            Kind::Key,
            "keys",
            &key,
            &[
                "kind = 'verifier', service = 'odin'",
                "digest = (SELECT hash FROM audit LIMIT 1)",
                "pepper = 9",
                "seal = NULL",
            ],
        ),
    ] {
        for edit in edits {
            let place = place.another().await;
            let store = place.open().await;
            filled(&*store).await;
            store.close().await;
            place.meddle(&format!("UPDATE {table} SET {edit} WHERE id = '{id}'")).await.unwrap();

            let store = place.open().await;
            let live = attached(&*store).await.live();
            let counts = [live.tokens.len(), live.users.len(), live.sessions.len(), live.keys.len()];
            let lacks = [Kind::Token, Kind::User, Kind::Session, Kind::Key];
            assert_eq!(counts, lacks.map(|one| if one == kind { 1 } else { 2 }), "{edit}");
            assert!(live.enforcement["odin"].enforce);
            assert_eq!(store.broken_seals(), [broken(kind, id)], "{edit}");
            store.close().await;
        }
    }
}

pub(crate) async fn a_planted_row_is_not_loaded(place: &dyn Place) {
    let store = place.open().await;
    filled(&*store).await;
    place
        .meddle(
            "INSERT INTO keys (id, kind, service, name, key_prefix, created_at, digest, pepper)
             VALUES ('key_00000000000000000000000000000009', 'system', NULL, 'x', NULL, 1,
                     (SELECT hash FROM audit LIMIT 1), 1);
             INSERT INTO sessions (id, \"user\", created_at, expires_at, client_ip, seal)
             SELECT 'ses_00000000000000000000000000000009', \"user\", created_at, expires_at, client_ip, seal
             FROM sessions LIMIT 1;
             UPDATE users SET removed_at = 1, password = NULL, active = FALSE, platform_admin = FALSE, roles = '{}'
             WHERE id = 'usr_00000000000000000000000000000002'",
        )
        .await
        .unwrap();
    let live = attached(&*store).await.live();
    assert_eq!((live.keys.len(), live.sessions.len(), live.users.len()), (2, 2, 1));
    let mut found = vec![broken(Kind::Key, &make::key_id(9)), broken(Kind::Session, &make::session_id(9))];
    found.sort();
    assert_eq!(store.broken_seals(), found);
    store.close().await;
}

pub(crate) async fn what_was_taken_back_cannot_be_put_back(place: &dyn Place) {
    let store = place.open().await;
    filled(&*store).await;
    let tombstone = make::revoked(&make::token(1, &make::user(1)), make::at(5));
    let changes = vec![Change::TokenChanged(tombstone), Change::UserRemoved(make::user_id(2), make::at(5))];
    accept(&*store, make::mutation(changes)).await;
    place
        .meddle(
            "UPDATE tokens SET revoked_at = NULL, digest = (SELECT hash FROM audit LIMIT 1), pepper = 1
             WHERE id = 'tok_00000000000000000000000000000001';
             UPDATE users SET removed_at = NULL, active = TRUE WHERE id = 'usr_00000000000000000000000000000002'",
        )
        .await
        .unwrap();
    let live = attached(&*store).await.live();
    assert_eq!((live.tokens.len(), live.users.len()), (0, 1));
    assert_eq!(store.broken_seals().len(), 2);
    store.close().await;
}

pub(crate) async fn what_is_found_later_is_not_handed_out(place: &dyn Place) {
    let store = place.open().await;
    filled(&*store).await;
    attached(&*store).await;
    assert_eq!(store.broken_seals(), []);
    place.meddle("UPDATE tokens SET scopes = '[]'; UPDATE users SET platform_admin = TRUE").await.unwrap();
    let answer = store.token(&make::odin(), make::token_id(1)).await.unwrap_err();
    let text = "the record of the token tok_00000000000000000000000000000001 was changed outside Symbolon";
    assert_eq!(answer.to_string(), text);
    assert!(matches!(answer, StoreError::SealBroken(_)));
    let named = store.user_named(&make::user(2).name).await.unwrap_err();
    assert!(matches!(named, StoreError::SealBroken(BrokenSeal { kind: Kind::User, .. })));
    let listed = store.tokens(&make::tokens_of(make::odin(), make::at(0))).await.unwrap();
    assert_eq!(listed.items, []);
    assert_eq!(store.broken_seals().len(), 3, "both tokens, and the user who was asked for");
    store.close().await;
}

pub(crate) async fn what_is_broken_can_be_taken_back_and_is_then_no_alarm(place: &dyn Place) {
    let store = place.open().await;
    filled(&*store).await;
    place
        .meddle(
            "UPDATE tokens SET scopes = '[\"no scope\"]', created_at = 9000000000000000000
             WHERE id = 'tok_00000000000000000000000000000001';
             UPDATE users SET platform_admin = TRUE WHERE id = 'usr_00000000000000000000000000000002';
             UPDATE keys SET name = 'y' WHERE id = 'key_00000000000000000000000000000001';
             UPDATE enforcement SET enforce = FALSE",
        )
        .await
        .unwrap();
    let mirror = attached(&*store).await;
    assert_eq!(store.broken_seals().len(), 4);
    assert!(mirror.live().enforcement["odin"].enforce, "a switch that was changed does not open");
    let changes = vec![
        Change::TokenErased(make::token_id(1), make::at(6)),
        Change::UserRemoved(make::user_id(2), make::at(6)),
        Change::KeyRemoved(make::key_id(1)),
        Change::EnforcementSwitched(make::switched("odin", false, 6)),
    ];
    accept(&*store, make::mutation(changes)).await;
    assert_eq!(store.broken_seals(), []);
    let erased = store.token(&make::odin(), make::token_id(1)).await.unwrap().unwrap();
    assert_eq!((erased.revoked_at, erased.digest), (Some(make::at(6)), None));
    accept(&*store, make::mutation(vec![Change::TokenErased(make::token_id(1), make::at(7))])).await;
    refuse(&*store, Change::TokenErased(make::token_id(9), make::at(7)), "that token is not there").await;
    store.close().await;

    let store = place.open().await;
    assert!(!attached(&*store).await.live().enforcement["odin"].enforce);
    assert_eq!(store.broken_seals(), []);
    store.close().await;
}

pub(crate) async fn a_rotated_pepper_takes_everything_along(place: &dyn Place) {
    let store = place.open().await;
    let owner = make::user(1);
    let mut changes = vec![Change::UserCreated(owner.clone()), Change::KeyCreated(make::key(3))];
    changes.extend((10..1_200).map(|n| Change::TokenCreated(make::token(n, &owner))));
    accept(&*store, make::mutation(changes)).await;
    let mirror = attached(&*store).await;
    place
        .meddle("UPDATE tokens SET disabled = TRUE WHERE id = 'tok_0000000000000000000000000000000b'")
        .await
        .unwrap();
    assert!(!store.reseal().await.unwrap(), "nothing is outdated");

    store.set_keys(&make::rotated_keys());
    let mut steps = 1;
    while store.reseal().await.unwrap() {
        steps += 1;
    }
    assert!((4..20).contains(&steps), "{steps}");
    let use_of = |pepper, tokens, keys, seals| PepperUse { pepper, tokens, keys, seals };
    // The one that was changed keeps its seal: nothing makes it good.
    assert_eq!(
        store.pepper_uses(make::at(0)).await.unwrap(),
        [use_of(1, 1_190, 1, 1), use_of(2, 0, 0, 1_191)]
    );

    let moved = |from: u32, to: u32| Redigest { from: make::digest(from), to: (make::digest(to), 2) };
    let stale = Redigest { from: make::digest(12), to: (make::digest(5_000), 1) };
    let secrets = vec![moved(10, 5_010), moved(3, 5_003), moved(11, 5_011), moved(9_999, 5_999), stale];
    store.redigest(secrets, make::at(9)).await.unwrap();
    let token = store.token(&make::odin(), make::token_id(10)).await.unwrap().unwrap();
    assert_eq!(token.digest, Some((make::digest(5_010), 2)));
    let before = make::token(10, &owner);
    assert_eq!(token, Token { digest: token.digest, revision: 2, ..before });
    let key = store.key(make::key_id(3)).await.unwrap().unwrap();
    assert_eq!(key, Key { digest: (make::digest(5_003), 2), ..make::key(3) });
    assert_eq!(mirror.heard().split_off(1_192), [Change::TokenChanged(token), Change::KeyChanged(key)]);
    assert_eq!(
        store.pepper_uses(make::at(0)).await.unwrap(),
        [use_of(1, 1_189, 0, 1), use_of(2, 1, 1, 1_191)]
    );
    let (tokens, keys) = store.under_pepper(1, 3).await.unwrap();
    assert_eq!((tokens.len(), keys), (3, vec![]));
    store.close().await;
}

pub(crate) async fn a_digest_under_a_retired_pepper_is_refused(place: &dyn Place) {
    let store = place.open().await;
    filled(&*store).await;
    store.set_keys(&make::rotated_keys());
    accept(&*store, make::mutation(vec![Change::KeyCreated(make::key(7))])).await;
    while store.reseal().await.unwrap() {}
    store.set_keys(&make::retired_keys());
    let text = "the pepper was retired meanwhile; try again";
    refuse(&*store, Change::KeyCreated(make::key(8)), text).await;
    refuse(&*store, Change::TokenCreated(make::token(8, &make::user(1))), text).await;
    store.close().await;
}

pub(crate) async fn of_more_than_are_remembered_the_newest_is(place: &dyn Place) {
    let store = place.open().await;
    let owner = make::user(1);
    let mut changes = vec![Change::UserCreated(owner.clone())];
    changes.extend((1..=1_010).map(|n| Change::TokenCreated(make::token(n, &owner))));
    accept(&*store, make::mutation(changes)).await;
    place.meddle("UPDATE tokens SET scopes = '[]'").await.unwrap();
    attached(&*store).await;
    assert_eq!(store.broken_seals().len(), 1_000);
    // Whoever takes one back has just asked for it.
    for n in [1, 500, 1_005, 1_010] {
        store.token(&make::odin(), make::token_id(n)).await.unwrap_err();
        assert!(store.broken_seals().contains(&broken(Kind::Token, &make::token_id(n))), "{n}");
    }
    assert_eq!(store.broken_seals().len(), 1_000);
    store.close().await;
}
