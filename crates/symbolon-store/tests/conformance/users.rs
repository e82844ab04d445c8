//! Users: kept whole, changed under a revision, removed with what is theirs.

use std::collections::BTreeMap;

use symbolon_core::id::UserId;
use symbolon_core::record::{Token, User};
use symbolon_core::store::{AuditQuery, Change, Mutation, Store};

use super::{Place, accept, make, refuse};

async fn stored(store: &dyn Store, user: &User) -> User {
    store.user(user.id).await.unwrap().expect("the user is there")
}

pub(crate) async fn a_user_is_kept_whole(place: &dyn Place) {
    let store = place.open().await;
    let admin = User {
        platform_admin: true,
        password_temporary: true,
        roles: BTreeMap::from([
            (make::odin(), "super_admin-2".parse().unwrap()),
            (make::service("odysseus"), "admin".parse().unwrap()),
        ]),
        ..make::user(1)
    };
    let system = User {
        id: UserId::SYSTEM,
        name: "system".parse().unwrap(),
        password: None,
        active: false,
        roles: BTreeMap::new(),
        ..make::user(2)
    };
    let changes = vec![Change::UserCreated(admin.clone()), Change::UserCreated(system.clone())];
    accept(&*store, make::mutation(changes)).await;

    assert_eq!(stored(&*store, &admin).await, admin);
    assert_eq!(stored(&*store, &system).await, system);
    assert_eq!(store.user_named(&admin.name).await.unwrap(), Some(admin));
    assert_eq!(store.user_named(&"nobody".parse().unwrap()).await.unwrap(), None);
    assert_eq!(store.user(make::user_id(9)).await.unwrap(), None);
    store.close().await;
}

pub(crate) async fn a_change_of_a_user_is_kept_whole(place: &dyn Place) {
    let store = place.open().await;
    accept(&*store, make::mutation(vec![Change::UserCreated(make::user(1))])).await;
    let after = User {
        password: None,
        password_temporary: true,
        active: false,
        platform_admin: true,
        roles: BTreeMap::new(),
        revision: 2,
        ..make::user(1)
    };
    accept(&*store, make::mutation(vec![Change::UserChanged(after.clone())])).await;
    assert_eq!(stored(&*store, &after).await, after);
    let back = User { revision: 3, ..make::user(1) };
    accept(&*store, make::mutation(vec![Change::UserChanged(back.clone())])).await;
    assert_eq!(stored(&*store, &back).await, back);
    store.close().await;
}

pub(crate) async fn user_refusals(place: &dyn Place) {
    let store = place.open().await;
    let user = make::user(1);
    accept(&*store, make::mutation(vec![Change::UserCreated(user.clone())])).await;

    let same_name = User { name: user.name.clone(), ..make::user(2) };
    refuse(&*store, Change::UserCreated(same_name), "that user name is taken").await;
    let same_id = User { id: user.id, ..make::user(2) };
    refuse(&*store, Change::UserCreated(same_id), "that user id is taken").await;

    for revision in [0, 1, 3, u64::MAX] {
        let late = User { active: false, revision, ..user.clone() };
        refuse(&*store, Change::UserChanged(late), "that user was changed meanwhile").await;
    }
    let next = User { revision: 2, ..user.clone() };
    let fixed = "a user keeps their name and time of creation";
    refuse(&*store, Change::UserChanged(User { name: "other".parse().unwrap(), ..next.clone() }), fixed)
        .await;
    refuse(&*store, Change::UserChanged(User { created_at: make::at(7), ..next.clone() }), fixed).await;
    let unknown = User { id: make::user_id(9), ..next };
    refuse(&*store, Change::UserChanged(unknown), "that user is not there").await;
    refuse(&*store, Change::UserRemoved(make::user_id(9), make::at(0)), "that user is not there").await;
    assert_eq!(stored(&*store, &user).await, user);
    store.close().await;
}

pub(crate) async fn a_removed_user_takes_tokens_and_sessions_along(place: &dyn Place) {
    let store = place.open().await;
    let (gone, other) = (User { password_temporary: true, ..make::user(1) }, make::user(2));
    let live = Token {
        expires_at: Some(make::at(1)),
        disabled: true,
        rotation: make::rotation(),
        ..make::token(1, &gone)
    };
    let dead = make::revoked(&make::token(2, &gone), make::at(50));
    let theirs = make::token(3, &other);
    let changes = vec![
        Change::UserCreated(gone.clone()),
        Change::UserCreated(other.clone()),
        Change::TokenCreated(live.clone()),
        Change::TokenCreated(make::token(2, &gone)),
        Change::TokenChanged(dead.clone()),
        Change::TokenCreated(theirs.clone()),
        Change::SessionStarted(make::session(1, &gone)),
        Change::SessionStarted(make::session(2, &other)),
    ];
    accept(&*store, make::mutation(changes)).await;
    let when = make::at(9_000);
    accept(&*store, make::mutation(vec![Change::UserRemoved(gone.id, when)])).await;

    assert_eq!(store.user(gone.id).await.unwrap(), None);
    assert_eq!(store.user_named(&gone.name).await.unwrap(), None);
    assert_eq!(store.users(&make::page(10)).await.unwrap().items, std::slice::from_ref(&other));
    let odin = make::odin();
    assert_eq!(store.token(&odin, live.id).await.unwrap(), Some(make::revoked(&live, when)));
    assert_eq!(store.token(&odin, dead.id).await.unwrap(), Some(dead), "a tombstone keeps its moment");
    assert_eq!(store.token(&odin, theirs.id).await.unwrap(), Some(theirs));
    let sessions = store.sessions(None, make::at(10), &make::page(10)).await.unwrap().items;
    assert_eq!(sessions, [make::session(2, &other)]);
    store.close().await;
}

pub(crate) async fn a_name_is_never_given_again(place: &dyn Place) {
    let store = place.open().await;
    let user = make::user(1);
    let changes = vec![Change::UserCreated(user.clone()), Change::UserRemoved(user.id, make::at(1))];
    accept(&*store, make::mutation(changes)).await;

    let heir = User { name: user.name.clone(), ..make::user(2) };
    let text = "that user name belonged to a removed user and is not given again";
    refuse(&*store, Change::UserCreated(heir), text).await;
    refuse(&*store, Change::UserRemoved(user.id, make::at(2)), "that user is not there").await;
    let back = User { revision: 3, ..user };
    refuse(&*store, Change::UserChanged(back), "that user is not there").await;
    store.close().await;
}

pub(crate) async fn each_token_of_a_removed_user_has_its_line(place: &dyn Place) {
    let store = place.open().await;
    let (ann, ben) = (make::user(1), make::user(2));
    let tokens = [make::token(1, &ann), make::token(2, &ann), make::token(3, &ann), make::token(4, &ben)];
    let mut changes = vec![Change::UserCreated(ann.clone()), Change::UserCreated(ben)];
    changes.extend(tokens.iter().cloned().map(Change::TokenCreated));
    changes.push(Change::TokenChanged(make::revoked(&tokens[2], make::at(5))));
    accept(&*store, make::mutation(changes)).await;
    let removal = Mutation {
        audit: vec![make::line("user.remove", "ann")],
        ..make::mutation(vec![Change::UserRemoved(ann.id, make::at(9))])
    };
    accept(&*store, removal).await;

    let query =
        AuditQuery { action: Some("token.revoke".to_owned()), page: make::page(9), ..AuditQuery::default() };
    let mut lines = store.audit(&query).await.unwrap().items;
    lines.sort_by(|a, b| a.subject.cmp(&b.subject));
    let [one, two] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((&one.subject, &two.subject), (&tokens[0].id.to_string(), &tokens[1].id.to_string()));
    assert_eq!((one.service.as_deref(), one.actor.as_str(), one.seq > 2), (Some("odin"), "local", true));
    let detail = serde_json::json!({ "name": "token 1", "owner": "user-1", "with_owner": true });
    assert_eq!(serde_json::from_str::<serde_json::Value>(&one.detail).unwrap(), detail);
    store.close().await;
}
