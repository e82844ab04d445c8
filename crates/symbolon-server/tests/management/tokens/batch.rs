//! Tokens that are made together.

use serde_json::{Value, json};

use super::FEW;
use crate::world::{Answer, Setup, World};

const PATH: &str = "/v1/services/odin/tokens/batch";

async fn create(world: &World, by: &str, tokens: &Value) -> Answer {
    world.post(PATH, &json!({ "tokens": tokens })).by(by).send().await
}

async fn names(world: &World, by: &str) -> Vec<String> {
    let listed = world.get("/v1/services/odin/tokens?sort=name").by(by).send().await.expect(200);
    let name = |token: &Value| token["name"].as_str().unwrap().to_owned();
    listed["items"].as_array().unwrap().iter().map(name).collect()
}

#[tokio::test]
async fn all_are_made_in_their_order_and_each_works() {
    let world = World::new().await;
    let admin = world.admin().await;
    world.person("ann", &[("odin", "viewer")]).await;
    let tokens = json!([
        { "name": "b", "scopes": ["read:jobs"] },
        { "name": "a", "scopes": ["read:printers"], "owner": "ann", "expires_in": "30d" },
    ]);
    let made = create(&world, &admin.jwt, &tokens).await.expect(201);
    let made = made["tokens"].as_array().unwrap();
    let told: Vec<_> = made.iter().map(|one| (&one["name"], &one["owner"])).collect();
    assert_eq!(told, [(&json!("b"), &json!("admin")), (&json!("a"), &json!("ann"))]);
    assert_eq!(world.verdict(made[0]["token"].as_str().unwrap(), "GET", "/api/jobs").await, "allowed");
    assert_eq!(world.verdict(made[1]["token"].as_str().unwrap(), "GET", "/api/printers").await, "allowed");
    // A line of the audit for each.
    for one in made {
        let path = format!("/v1/services/odin/tokens/{}/audit", one["id"].as_str().unwrap());
        let lines = world.get(&path).by(&admin.jwt).send().await.expect(200);
        assert_eq!(lines["items"][0]["action"], "token.create");
    }
    // A list has the last one first, as if each had been made by itself.
    let many: Vec<_> =
        (0..20).map(|number| json!({ "name": format!("{number}"), "scopes": ["read:jobs"] })).collect();
    create(&world, &admin.jwt, &json!(many)).await.expect(201);
    let listed = world.get("/v1/services/odin/tokens").by(&admin.jwt).send().await.expect(200);
    let names = listed["items"].as_array().unwrap().iter().map(|token| token["name"].as_str().unwrap());
    // The clock stands, so the first two are of the same moment.
    let listed: Vec<_> = names.filter(|name| !["a", "b"].contains(name)).collect();
    assert_eq!(listed, (0..20).rev().map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn one_that_may_not_be_made_takes_all_with_it_and_is_named() {
    let world = World::new().await;
    let operator = world.person("operator", &[("odin", "operator")]).await;
    let good = json!({ "name": "good", "scopes": ["read:jobs"] });
    for (bad, status, code, field) in [
        (json!({ "name": "x", "scopes": ["read:nothing"] }), 422, "validation_failed", "tokens[1].scopes[0]"),
        (json!({ "name": "", "scopes": ["read:jobs"] }), 422, "validation_failed", "tokens[1].name"),
        (json!({ "name": "x" }), 422, "scopes_required", "tokens[1].scopes"),
        (json!({ "name": "x", "scopes": ["read:users"] }), 403, "insufficient_role", "tokens[1].scopes[0]"),
        (json!({ "name": "x", "scopes": ["!"] }), 422, "validation_failed", "tokens[1].scopes[0]"),
        (json!({ "name": "x", "owner": "ann" }), 403, "insufficient_role", "tokens[1].owner"),
        (json!({ "name": "x", "expires_in": "soon" }), 422, "validation_failed", "tokens[1].expires_in"),
        (json!(["x"]), 422, "validation_failed", "tokens[1]"),
        (json!({ "name": "x", "surprise": 1 }), 422, "validation_failed", "tokens[1].surprise"),
    ] {
        create(&world, &operator.jwt, &json!([good, bad])).await.refused_at(status, code, field);
    }
    create(&world, &operator.jwt, &json!([])).await.refused_at(422, "validation_failed", "tokens");
    let many = vec![good; 101];
    create(&world, &operator.jwt, &json!(many)).await.refused_at(422, "validation_failed", "tokens");
    assert_eq!(names(&world, &operator.jwt).await, [""; 0]);
    create(&world, &operator.jwt, &json!(many[1..])).await.expect(201);
}

#[tokio::test]
async fn under_one_key_they_are_made_once() {
    let world = World::new().await;
    let admin = world.admin().await;
    let body = json!({ "tokens": [
        { "name": "a", "scopes": ["read:jobs"] },
        { "name": "b", "scopes": ["read:jobs"] },
    ] });
    let send = || world.post(PATH, &body).by(&admin.jwt).header("idempotency-key", "one").send();
    let made = send().await.expect(201);
    let replay = send().await;
    let ids: Vec<_> = (0..2).map(|n| made["tokens"][n]["id"].as_str().unwrap()).collect();
    assert_eq!(replay.refused(409, "already_created")["id"], ids.join(","));
    for one in made["tokens"].as_array().unwrap() {
        assert!(!replay.text().contains(&one["token"].as_str().unwrap()[13..]));
    }
    assert_eq!(names(&world, &admin.jwt).await, ["a", "b"]);
}

#[tokio::test]
async fn together_they_keep_the_limit_of_their_owner() {
    let world = World::of(Setup { catalogs: vec![FEW.to_owned()], ..Setup::default() }).await;
    let key = world.system_key().await;
    world.person("ann", &[("few", "user")]).await;
    world.person("bob", &[("few", "user")]).await;
    let one = |owner: &str| json!({ "name": "x", "scopes": ["read"], "owner": owner });
    let make = async |owners: &[&str]| {
        let tokens: Vec<_> = owners.iter().map(|owner| one(owner)).collect();
        world.post("/v1/services/few/tokens/batch", &json!({ "tokens": tokens })).by(&key).send().await
    };
    make(&["ann", "bob", "ann", "ann", "ann"]).await.refused(409, "too_many_tokens");
    make(&["ann", "bob", "ann"]).await.expect(201);
    make(&["bob", "ann", "ann"]).await.refused(409, "too_many_tokens");
    make(&["bob", "ann", "bob"]).await.expect(201);
}
