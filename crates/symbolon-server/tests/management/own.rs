//! What a caller may do with itself.

use serde_json::{Value, json};

use crate::world::{PASSWORD, World};

#[tokio::test]
async fn everybody_learns_who_they_are() {
    let world = World::new().await;
    let (admin, viewer) = (world.admin().await, world.person("viewer", &[("odin", "viewer")]).await);
    let (system, verifier) = (world.system_key().await, world.verifier_key("odin").await);
    let (id, token) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let own = async |secret: &str| world.get("/v1/self").by(secret).send().await.expect(200);
    let said = |principal: &str, user: Value, platform_admin: bool| json!({ "principal": principal, "user": user, "platform_admin": platform_admin, "token": null, "session": null, "password_temporary": false, "services": [], "broken_seals": 0, "open_asks": (principal == "session").then_some(0) });
    assert_eq!(own(&system).await, said("system", Value::Null, false));
    assert_eq!(own(&verifier).await, said("verifier", Value::Null, false));
    for (person, platform_admin) in [(&admin, true), (&viewer, false)] {
        let mut told = own(&person.jwt).await;
        assert_eq!(told["session"].take()["id"], json!(person.session.id.to_string()));
        assert_eq!(told["services"].take().as_array().unwrap().len(), 2);
        told["services"] = json!([]);
        assert_eq!(told, said("session", json!(person.name()), platform_admin));
    }
    // A token of an administrator administers nothing.
    let of_token = own(&token).await;
    assert_eq!(of_token["principal"], "token");
    assert_eq!((&of_token["user"], &of_token["platform_admin"]), (&json!("admin"), &json!(false)));
    assert_eq!((&of_token["token"]["id"], &of_token["token"]["state"]), (&json!(id), &json!("active")));
    // In either header; in both it is anybody's guess.
    let by_key = world.get("/v1/self").header("x-api-key", &token).send().await.expect(200);
    assert_eq!(by_key, of_token);
    let both = world.get("/v1/self").header("x-api-key", &token).by(&token).send().await;
    both.refused(400, "invalid_request");
    let twice = world.get("/v1/self").by(&token).by(&token).send().await;
    twice.refused(400, "invalid_request");
}

#[tokio::test]
async fn a_token_cannot_manage_but_reads_and_revokes_itself() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (id, token) = world.odin_token(&admin.jwt, &["read:users", "agent:write"]).await;
    let path = format!("/v1/services/odin/tokens/{id}");
    let new = json!({ "name": "test", "scopes": ["read:jobs"] });
    for answer in [
        world.get("/v1/services/odin/tokens").by(&token).send().await,
        world.post("/v1/services/odin/tokens", &new).by(&token).send().await,
        world.get(&path).by(&token).send().await,
        world.patch(&path, &json!({ "name": "x" })).by(&token).send().await,
        world.delete(&path).by(&token).send().await,
        world.get("/v1/users").by(&token).send().await,
        world.get("/v1/sessions").by(&token).send().await,
    ] {
        answer.refused(403, "human_only");
    }
    world.delete("/v1/self").by(&token).send().await.expect(204);
    world.get("/v1/self").by(&token).send().await.refused(401, "invalid_token");
    assert_eq!(world.verdict(&token, "GET", "/api/users").await, "invalid_token");
    let line = world.get(&format!("/v1/audit?subject={id}&limit=1")).by(&admin.jwt).send().await.expect(200);
    assert_eq!(
        (&line["items"][0]["action"], &line["items"][0]["actor"]),
        (&json!("token.revoke"), &json!(id))
    );
}

#[tokio::test]
async fn a_changed_password_ends_every_session_and_is_the_one_that_counts() {
    let world = World::new().await;
    let viewer = world.person("viewer", &[("odin", "viewer")]).await;
    let (_, other_jwt) = world.session(&viewer.user).await;
    let (_, token) = world.odin_token(&viewer.jwt, &["read:jobs"]).await;
    let change = async |current: &str, new: &str| {
        let body = json!({ "current": current, "new": new });
        world.post("/v1/self/password", &body).by(&viewer.jwt).send().await
    };
    change("not the password", "a new password").await.refused_at(422, "validation_failed", "current");
    change(PASSWORD, "too short").await.refused_at(422, "validation_failed", "new");
    world.get("/v1/self").by(&other_jwt).send().await.expect(200);
    change(PASSWORD, "a new password").await.expect(204);
    for jwt in [&viewer.jwt, &other_jwt] {
        world.get("/v1/self").by(jwt).send().await.refused(401, "invalid_token");
    }
    // A token is a credential of its own.
    world.get("/v1/self").by(&token).send().await.expect(200);
    let sign_in = async |password: &str| {
        let body = json!({ "username": "viewer", "password": password });
        world.post("/v1/sessions", &body).send().await
    };
    sign_in(PASSWORD).await.refused(401, "invalid_login");
    sign_in("a new password").await.expect(201);
}

#[tokio::test]
async fn a_session_learns_what_its_user_may_do_in_each_service() {
    let world = World::new().await;
    let viewer = world.person("viewer", &[("odin", "viewer")]).await;
    let told = world.get("/v1/self").by(&viewer.jwt).send().await.expect(200);
    let odin = &told["services"][0];
    assert_eq!(
        (&odin["service"], &odin["token_prefix"], &odin["role"]),
        (&json!("odin"), &json!("odin"), &json!("viewer"))
    );
    assert_eq!((&odin["manages_tokens"], &odin["manages_others"]), (&json!(true), &json!(false)));
    let none = json!({
        "service": "odysseus", "title": told["services"][1]["title"], "token_prefix": "ody", "role": null,
        "manages_tokens": false, "manages_others": false, "grantable_scopes": [],
    });
    assert_eq!(told["services"][1], none);
    // What is said to be grantable is granted, and nothing else is.
    let grantable = odin["grantable_scopes"].as_array().unwrap();
    let catalog = world.get("/v1/services/odin").by(&viewer.jwt).send().await.expect(200);
    let scopes = catalog["scopes"].as_array().unwrap();
    assert!(!grantable.is_empty() && grantable.len() < scopes.len(), "{grantable:?}");
    for scope in scopes {
        let new = json!({ "name": "test", "scopes": [scope["name"]] });
        let made = world.post("/v1/services/odin/tokens", &new).by(&viewer.jwt).send().await;
        assert_eq!(made.status == 201, grantable.contains(&scope["name"]), "{scope}");
    }
}
