//! The audit: what it says of mutations and of refusals, and how it is exported.

mod export;
mod refusals;

use serde_json::{Value, json};

use crate::world::{PASSWORD, World};

/// The newest lines with this action, newest first.
async fn lines(world: &World, action: &str) -> Vec<Value> {
    let listed = world.get(&format!("/v1/audit?action={action}")).at_the_machine().send().await.expect(200);
    listed["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_line_names_the_sign_in_by_which_a_user_acted() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (session, jwt) = world.session(&admin.user).await;
    world.odin_token(&jwt, &["read:jobs"]).await;
    let line = &lines(&world, "token.create").await[0];
    assert_eq!(
        (&line["actor"], &line["session"]),
        (&json!(admin.user.id.to_string()), &json!(session.id.to_string()))
    );
    let body = json!({ "username": "admin", "password": PASSWORD });
    let made = world.post("/v1/sessions", &body).send().await.expect(201);
    let line = &lines(&world, "session.start").await[0];
    assert_eq!(line["session"], made["id"]);
    // Of a key and of the machine the actor says it all.
    let key = world.system_key().await;
    world.post("/v1/users", &json!({ "name": "new" })).by(&key).send().await.expect(201);
    let line = &lines(&world, "user.create").await[0];
    assert!(line["actor"].as_str().unwrap().starts_with("key_") && line["session"].is_null(), "{line}");
}

#[tokio::test]
async fn a_line_says_what_was_before_and_after() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (id, _) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let token = format!("/v1/services/odin/tokens/{id}");
    let both = |before: Value, after: Value| (before, after);
    let said = async |action: &str| {
        let line = lines(&world, action).await.swap_remove(0);
        both(line["detail"]["before"].clone(), line["detail"]["after"].clone())
    };
    world.patch(&token, &json!({ "name": "other" })).by(&admin.jwt).send().await.expect(200);
    assert_eq!(said("token.update").await, both(json!({ "name": "test" }), json!({ "name": "other" })));
    world.post(&format!("{token}/disable"), &Value::Null).by(&admin.jwt).send().await.expect(200);
    assert_eq!(said("token.disable").await, both(json!({ "disabled": false }), json!({ "disabled": true })));
    world.patch("/v1/services/odin", &json!({ "enforce": false })).by(&admin.jwt).send().await.expect(200);
    assert_eq!(
        said("service.observe").await,
        both(json!({ "enforced": true }), json!({ "enforced": false }))
    );
    world
        .patch("/v1/users/admin", &json!({ "roles": { "odysseus": null } }))
        .by(&admin.jwt)
        .send()
        .await
        .expect(200);
    let (before, after) = said("user.update").await;
    assert_eq!(
        (&before["roles"]["odysseus"], &after["roles"]),
        (&json!("admin"), &json!({ "odin": "superadmin" }))
    );
    // A new password is told, and nothing of it.
    let (_, jwt) = world.session(&admin.user).await;
    let new = json!({ "password": "a new password for all", "password_temporary": true });
    world.patch("/v1/users/admin", &new).by(&jwt).send().await.expect(200);
    let line = lines(&world, "user.update").await.swap_remove(0);
    assert_eq!(line["detail"]["password_changed"], true);
    assert_eq!(line["detail"]["after"], json!({ "password_temporary": true }));
    let (key, _) = world.key(symbolon_core::record::KeyKind::System).await;
    world.delete(&format!("/v1/keys/{}", key.id)).at_the_machine().send().await.expect(204);
    let line = lines(&world, "key.revoke").await.swap_remove(0);
    assert_eq!((&line["detail"]["name"], &line["detail"]["kind"]), (&json!("test"), &json!("system")));
}
