//! Sessions that are listed, ended, and ended by what happens elsewhere.

use std::sync::Arc;

use serde_json::{Value, json};
use symbolon_core::record::User;
use symbolon_core::store::{Change, Mutation, Store};

use crate::between::{Between, Verdict};
use crate::world::{PASSWORD, Person, Setup, World};

async fn listed(world: &World, by: &Person) -> Vec<Value> {
    let listed = world.get("/v1/sessions").by(&by.jwt).send().await.expect(200);
    listed["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn one_sees_and_ends_ones_own_and_an_administrator_everybodys() {
    let world = World::new().await;
    let (admin, viewer) = (world.admin().await, world.person("viewer", &[]).await);
    let other = world.person("other", &[]).await;
    let users = |sessions: Vec<Value>| -> Vec<String> {
        let mut users: Vec<_> = sessions.iter().map(|one| one["user"].as_str().unwrap().to_owned()).collect();
        users.sort();
        users
    };
    assert_eq!(users(listed(&world, &viewer).await), ["viewer"]);
    assert_eq!(users(listed(&world, &admin).await), ["admin", "other", "viewer"]);
    assert!(listed(&world, &viewer).await[0].get("token").is_none());

    let path = |person: &Person| format!("/v1/sessions/{}", person.session.id);
    world.delete(&path(&other)).by(&viewer.jwt).send().await.refused(404, "not_found");
    world.get("/v1/self").by(&other.jwt).send().await.expect(200);
    world.delete(&path(&other)).by(&admin.jwt).send().await.expect(204);
    world.get("/v1/self").by(&other.jwt).send().await.refused(401, "invalid_token");
    world.delete(&path(&other)).by(&admin.jwt).send().await.refused(404, "not_found");
    world.delete(&path(&viewer)).by(&viewer.jwt).send().await.expect(204);
    world.get("/v1/self").by(&viewer.jwt).send().await.refused(401, "invalid_token");
}

#[tokio::test]
async fn sessions_of_one_user_are_asked_for_by_name() {
    let world = World::new().await;
    let (admin, viewer) = (world.admin().await, world.person("viewer", &[]).await);
    for by in [&admin, &viewer] {
        let listed = world.get("/v1/sessions?user=viewer").by(&by.jwt).send().await.expect(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
        assert_eq!(listed["items"][0]["user"], "viewer");
    }
    // There or not: it is not for them to know.
    for name in ["admin", "nobody"] {
        let path = format!("/v1/sessions?user={name}");
        world.get(&path).by(&viewer.jwt).send().await.refused(403, "insufficient_role");
    }
    let nobody = world.get("/v1/sessions?user=nobody").by(&admin.jwt).send().await;
    nobody.refused_at(422, "validation_failed", "user");
}

#[tokio::test]
async fn signing_out_ends_this_session_alone() {
    let world = World::new().await;
    let viewer = world.person("viewer", &[]).await;
    let (_, other_jwt) = world.session(&viewer.user).await;
    world.delete("/v1/sessions/current").by(&viewer.jwt).send().await.expect(204);
    world.get("/v1/self").by(&viewer.jwt).send().await.refused(401, "invalid_token");
    world.delete("/v1/sessions/current").by(&viewer.jwt).send().await.refused(401, "invalid_token");
    world.get("/v1/self").by(&other_jwt).send().await.expect(200);
}

#[tokio::test]
async fn what_has_run_out_is_not_listed_and_is_forgotten() {
    let world = World::new().await;
    let viewer = world.person("viewer", &[]).await;
    world.clock.advance(86_399);
    let later = world.person("later", &[]).await;
    world.clock.advance(1);
    let admin = world.admin().await;
    let found: Vec<_> = listed(&world, &admin).await.iter().map(|one| one["user"].clone()).collect();
    assert!(found.len() == 2 && !found.contains(&json!("viewer")), "{found:?}");
    world.app.prune().await;
    assert!(world.gate.session(viewer.session.id).is_none());
    assert!(world.gate.session(later.session.id).is_some());
}

#[tokio::test]
async fn a_password_that_an_administrator_sets_ends_the_users_sessions() {
    let world = World::new().await;
    let (admin, viewer) = (world.admin().await, world.person("viewer", &[]).await);
    let edit = async |edit: Value| world.patch("/v1/users/viewer", &edit).by(&admin.jwt).send().await;
    edit(json!({ "platform_admin": true })).await.expect(200);
    edit(json!({ "platform_admin": false })).await.expect(200);
    world.get("/v1/self").by(&viewer.jwt).send().await.expect(200);
    edit(json!({ "password": "a new password" })).await.expect(200);
    world.get("/v1/self").by(&viewer.jwt).send().await.refused(401, "invalid_token");
    world.get("/v1/self").by(&admin.jwt).send().await.expect(200);
}

/// While a password is being hashed, it is changed, and all sessions end. The sign-in that comes to its end after
/// that, with the old password, must not be one that stays.
#[tokio::test]
async fn a_sign_in_with_the_old_password_does_not_outlive_the_change() {
    let change = |store: Arc<dyn Store>| async move {
        let user = store.user_named(&"viewer".parse().unwrap()).await.unwrap().unwrap();
        let other = symbolon_core::record::PasswordHash::from_phc("$argon2id$another".to_owned());
        let next = User { password: Some(other), revision: user.revision + 1, ..user.clone() };
        vec![Change::UserChanged(next), Change::SessionsEnded(user.id)]
    };
    let wrap = move |store: Arc<dyn Store>| -> Arc<dyn Store> {
        Between::before_commits(store, move |store, mutation: &Mutation| {
            let starts = matches!(mutation.changes[..], [Change::SessionStarted(_)]);
            Box::pin(async move { if starts { Verdict::After(change(store).await) } else { Verdict::Pass } })
        })
    };
    let world = World::of(Setup { wrap: Box::new(wrap), ..Setup::default() }).await;
    let viewer = world.person("viewer", &[]).await;
    let body = json!({ "username": "viewer", "password": PASSWORD });
    world.post("/v1/sessions", &body).send().await.refused(401, "invalid_login");
    let now = symbolon_server::Clock::now(&*world.clock);
    let page = symbolon_core::store::PageQuery { after: None, limit: 10 };
    let left = world.store.sessions(Some(viewer.user.id), now, &page).await.unwrap();
    assert_eq!(left.items, []);
}
