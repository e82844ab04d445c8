//! The promise (DESIGN part 7): when a call that narrows is answered, what it took away is gone. Asked through verify,
//! as an application would.

use serde_json::json;

use crate::world::{Answer, World};

const WRITE: (&str, &str) = ("POST", "/api/jobs");
const READ: (&str, &str) = ("GET", "/api/jobs");

async fn can(world: &World, secret: &str, (method, path): (&str, &str)) -> String {
    world.verdict(secret, method, path).await
}

async fn edit_user(world: &World, by: &str, name: &str, edit: serde_json::Value) -> Answer {
    world.patch(&format!("/v1/users/{name}"), &edit).by(by).send().await
}

#[tokio::test]
async fn narrowing_disabling_and_revoking_hold_at_once() {
    let world = World::new().await;
    let operator = world.person("operator", &[("odin", "operator")]).await;
    let (id, secret) = world.odin_token(&operator.jwt, &["read:jobs", "write:jobs"]).await;
    let path = format!("/v1/services/odin/tokens/{id}");
    assert_eq!(can(&world, &secret, WRITE).await, "allowed");
    let narrowed = json!({ "scopes": ["read:jobs"] });
    world.patch(&path, &narrowed).by(&operator.jwt).send().await.expect(200);
    assert_eq!(can(&world, &secret, WRITE).await, "insufficient_scope");
    assert_eq!(can(&world, &secret, READ).await, "allowed");
    world.post(&format!("{path}/disable"), &json!({})).by(&operator.jwt).send().await.expect(200);
    assert_eq!(can(&world, &secret, READ).await, "invalid_token");
    world.post(&format!("{path}/enable"), &json!({})).by(&operator.jwt).send().await.expect(200);
    assert_eq!(can(&world, &secret, READ).await, "allowed");
    world.delete(&path).by(&operator.jwt).send().await.expect(204);
    assert_eq!(can(&world, &secret, READ).await, "invalid_token");
}

#[tokio::test]
async fn a_demoted_operators_agent_token_no_longer_writes() {
    let world = World::new().await;
    let (admin, operator) = (world.admin().await, world.person("operator", &[("odin", "operator")]).await);
    let (id, secret) = world.odin_token(&operator.jwt, &["agent:write"]).await;
    let (id, secret) = (id.as_str(), secret.as_str());
    let pause = ("POST", "/api/printers/1/pause");
    assert_eq!(can(&world, secret, pause).await, "allowed");
    let demoted = json!({ "roles": { "odin": "viewer" } });
    edit_user(&world, &admin.jwt, "operator", demoted).await.expect(200);
    assert_eq!(can(&world, secret, pause).await, "insufficient_scope");
    // What a viewer's own token could do, it can still do: agent:read stays.
    assert_eq!(can(&world, secret, ("GET", "/api/printers")).await, "allowed");
    let path = format!("/v1/services/odin/tokens/{id}");
    let record = world.get(&path).by(&operator.jwt).send().await.expect(200);
    assert_eq!(record["scopes"], json!(["agent:write"]));
    assert_eq!(record["effective_scopes"], json!(["agent:read"]));

    edit_user(&world, &admin.jwt, "operator", json!({ "roles": { "odin": null } })).await.expect(200);
    assert_eq!(can(&world, secret, ("GET", "/api/printers")).await, "insufficient_scope");
    let again = json!({ "roles": { "odin": "operator" } });
    edit_user(&world, &admin.jwt, "operator", again).await.expect(200);
    assert_eq!(can(&world, secret, pause).await, "allowed");
}

#[tokio::test]
async fn a_write_token_of_a_demoted_operator_meets_the_routes_role() {
    let world = World::new().await;
    let (admin, operator) = (world.admin().await, world.person("operator", &[("odin", "operator")]).await);
    let (_, secret) = world.odin_token(&operator.jwt, &["write:printers"]).await;
    assert_eq!(can(&world, &secret, ("POST", "/api/printers")).await, "allowed");
    let demoted = json!({ "roles": { "odin": "viewer" } });
    edit_user(&world, &admin.jwt, "operator", demoted).await.expect(200);
    assert_eq!(can(&world, &secret, ("POST", "/api/printers")).await, "insufficient_role");
}

#[tokio::test]
async fn a_deactivated_users_tokens_and_sessions_rest_until_reactivation() {
    let world = World::new().await;
    let (admin, viewer) = (world.admin().await, world.person("viewer", &[("odin", "viewer")]).await);
    let (_, secret) = world.odin_token(&viewer.jwt, &["read:jobs"]).await;
    let own = async || world.get("/v1/self").by(&viewer.jwt).send().await;
    own().await.expect(200);
    edit_user(&world, &admin.jwt, "viewer", json!({ "active": false })).await.expect(200);
    assert_eq!(can(&world, &secret, READ).await, "invalid_token");
    assert_eq!(can(&world, &viewer.jwt, READ).await, "invalid_token");
    own().await.refused(401, "invalid_token");
    world.get("/v1/self").by(&secret).send().await.refused(401, "invalid_token");
    edit_user(&world, &admin.jwt, "viewer", json!({ "active": true })).await.expect(200);
    assert_eq!(can(&world, &secret, READ).await, "allowed");
    assert_eq!(can(&world, &viewer.jwt, READ).await, "allowed");
    own().await.expect(200);
}

/// What the record has, it alone says to be revoked: no other path to a token ends it in memory.
#[tokio::test]
async fn a_token_that_was_not_found_is_not_ended() {
    let world = World::new().await;
    let (key, viewer) = (world.system_key().await, world.person("viewer", &[("odin", "viewer")]).await);
    let chief = world.person("chief", &[("odin", "viewer"), ("odysseus", "admin")]).await;
    let (id, secret) = world.odin_token(&viewer.jwt, &["read:jobs"]).await;
    for (service, by) in [("odysseus", &key), ("odysseus", &chief.jwt), ("odin", &chief.jwt), ("loki", &key)]
    {
        let path = format!("/v1/services/{service}/tokens/{id}");
        world.delete(&path).by(by).send().await.refused(404, "not_found");
    }
    assert_eq!(can(&world, &secret, READ).await, "allowed");
}

#[tokio::test]
async fn a_removed_user_leaves_nothing_that_opens() {
    let world = World::new().await;
    let (admin, viewer) = (world.admin().await, world.person("viewer", &[("odin", "viewer")]).await);
    let (_, secret) = world.odin_token(&viewer.jwt, &["read:jobs"]).await;
    world.delete("/v1/users/viewer").by(&admin.jwt).send().await.expect(204);
    assert_eq!(can(&world, &secret, READ).await, "invalid_token");
    assert_eq!(can(&world, &viewer.jwt, READ).await, "invalid_token");
    world.get("/v1/self").by(&viewer.jwt).send().await.refused(401, "invalid_token");
    let again = world.post("/v1/users", &json!({ "name": "viewer" })).by(&admin.jwt).send().await;
    again.refused(409, "conflict");
}
