//! What a catalog bounds beside the usual life: tokens without an end, how many there are, and scopes that live shorter.

use serde_json::{Value, json};

use crate::world::{Answer, Setup, World};

const BOUNDED: &str = r#"
service = "brief"
title = "Brief"
token_prefix = "brf"
roles = ["user"]
mounts = [""]
implications = ["admin -> write"]
[tokens]
default_lifetime = "90d"
never_expires = false
max_live = 2
[scopes]
"read" = "Read"
"write" = { grants = "Write", max_lifetime = "7d" }
"admin" = "Administer"
[profiles]
"writer" = ["read", "write"]
[[routes]]
scopes = ["read"]
paths = ["GET /read"]
[[routes]]
scopes = ["write"]
paths = ["POST /write"]
[[routes]]
scopes = ["admin"]
paths = ["GET /admin"]
"#;

async fn world() -> (World, String) {
    let world = World::of(Setup { catalogs: vec![BOUNDED.to_owned()], ..Setup::default() }).await;
    let key = world.system_key().await;
    (world, key)
}

async fn create(world: &World, by: &str, more: &Value) -> Answer {
    let mut body = json!({ "name": "test" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.post("/v1/services/brief/tokens", &body).by(by).send().await
}

fn path(token: &Value) -> String {
    format!("/v1/services/brief/tokens/{}", token["id"].as_str().unwrap())
}

#[tokio::test]
async fn each_token_has_an_end_where_the_catalog_says_so() {
    let (world, key) = world().await;
    let read = |more: Value| {
        let mut body = json!({ "scopes": ["read"] });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let never = create(&world, &key, &read(json!({ "expires_in": "none" }))).await;
    never.refused_at(422, "validation_failed", "expires_in");
    // Without a longest, any end will do.
    let made = create(&world, &key, &read(json!({ "expires_in": "3650d" }))).await.expect(201);
    let edit = world.patch(&path(&made), &json!({ "expires_in": "none" })).by(&key).send().await;
    edit.refused_at(422, "validation_failed", "expires_in");
    let told = world.get("/v1/services/brief").by(&key).send().await.expect(200);
    assert_eq!((&told["never_expires"], &told["max_live"]), (&json!(false), &json!(2)));
    assert_eq!(told["scopes"][1]["max_lifetime"], "7d");
}

#[tokio::test]
async fn a_scope_shortens_the_life_of_who_holds_it_or_what_includes_it() {
    let (world, key) = world().await;
    for scopes in
        [json!({ "scopes": ["write"] }), json!({ "scopes": ["admin"] }), json!({ "profile": "writer" })]
    {
        // As usual, but no longer than it may be.
        let made = create(&world, &key, &scopes).await.expect(201);
        assert_eq!(made["expires_at"], "2026-01-08T00:00:00Z", "{scopes}");
        let mut longer = scopes.clone();
        longer["expires_in"] = json!("8d");
        let answer = create(&world, &key, &longer).await;
        answer.refused_at(422, "validation_failed", "expires_in");
        assert!(answer.text().contains("a token that holds write lives at most 7d"), "{}", answer.text());
        world.delete(&path(&made)).by(&key).send().await.expect(204);
    }
    // A scope that is added does not get a longer life by that, nor shorten one unasked.
    let made = create(&world, &key, &json!({ "scopes": ["read"], "expires_in": "30d" })).await.expect(201);
    let edit = async |body: Value| world.patch(&path(&made), &body).by(&key).send().await;
    edit(json!({ "scopes": ["admin"] })).await.refused_at(422, "validation_failed", "scopes");
    edit(json!({ "name": "other" })).await.expect(200);
    let edited = edit(json!({ "scopes": ["read", "write"], "expires_in": "7d" })).await.expect(200);
    assert_eq!(edited["expires_at"], "2026-01-08T00:00:00Z");
    edit(json!({ "expires_in": "8d" })).await.refused_at(422, "validation_failed", "expires_in");
    // Without it the life may be longer again.
    edit(json!({ "scopes": ["read"], "expires_in": "30d" })).await.expect(200);
}

#[tokio::test]
async fn a_user_has_no_more_live_tokens_than_the_catalog_allows() {
    let (world, key) = world().await;
    let read = json!({ "scopes": ["read"], "expires_in": "1h" });
    let first = create(&world, &key, &read).await.expect(201);
    let second = create(&world, &key, &read).await.expect(201);
    let full = async || create(&world, &key, &read).await.refused(409, "too_many_tokens");
    full().await;
    // Off is not gone.
    let disabled = json!({ "scopes": ["read"] });
    world.post(&format!("{}/disable", path(&first)), &json!({})).by(&key).send().await.expect(200);
    full().await;
    world.delete(&path(&second)).by(&key).send().await.expect(204);
    create(&world, &key, &disabled).await.expect(201);
    full().await;
    // Past its end it takes no place; with a new end it is one more.
    world.clock.advance(3_600);
    create(&world, &key, &read).await.expect(201);
    let longer = json!({ "expires_in": "1h" });
    let answer = world.patch(&path(&first), &longer).by(&key).send().await;
    answer.refused(409, "too_many_tokens");
    world.patch(&path(&first), &json!({ "name": "old" })).by(&key).send().await.expect(200);
}

#[tokio::test]
async fn what_lies_unused_for_too_long_is_refused_until_somebody_edits_it() {
    let text = BOUNDED.replace("max_live = 2", "max_live = 2\nidle_expiry = \"10d\"");
    let world = World::of(Setup { catalogs: vec![text], ..Setup::default() }).await;
    let key = world.system_key().await;
    let read = json!({ "scopes": ["read"] });
    let used = create(&world, &key, &read).await.expect(201);
    let unused = create(&world, &key, &read).await.expect(201);
    let verdict = async |token: &Value| {
        let body = json!({ "token": token["token"], "method": "GET", "path": "/read" });
        world.post("/v1/services/brief/verify", &body).by(&key).send().await.expect(200)["code"].clone()
    };
    let states = async || {
        let mut states = Vec::new();
        for token in [&used, &unused] {
            let shown = world.get(&path(token)).by(&key).send().await.expect(200);
            let listed = format!("/v1/services/brief/tokens?state={}", shown["state"].as_str().unwrap());
            let listed = world.get(&listed).by(&key).send().await.expect(200);
            let found = listed["items"].as_array().unwrap().iter().any(|one| one["id"] == token["id"]);
            assert!(found, "{listed}");
            states.push(shown["state"].clone());
        }
        states
    };
    let day = 86_400;
    world.clock.advance(5 * day);
    assert_eq!(verdict(&used).await, "allowed");
    world.app.write_uses().await;
    world.clock.advance(5 * day - 1);
    assert_eq!(states().await, ["active", "active"]);
    create(&world, &key, &read).await.refused(409, "too_many_tokens");
    // As long as it may: from here on it is over, also as one of those that may live.
    world.clock.advance(1);
    assert_eq!(states().await, ["active", "expired"]);
    assert_eq!(verdict(&unused).await, "invalid_token");
    assert_eq!(verdict(&used).await, "allowed");
    let refusals = world.get(&format!("{}/usage", path(&unused))).by(&key).send().await.expect(200);
    assert!(refusals.to_string().contains("\"idle\""), "{refusals}");
    let third = create(&world, &key, &read).await.expect(201);
    // It would be one more.
    let edit = async || world.patch(&path(&unused), &json!({ "name": "kept" })).by(&key).send().await;
    edit().await.refused(409, "too_many_tokens");
    world.delete(&path(&third)).by(&key).send().await.expect(204);
    edit().await.expect(200);
    assert_eq!(states().await, ["active", "active"]);
    assert_eq!(verdict(&unused).await, "allowed");
}

/// Whoever uses a token just before it would be over keeps it, also where that is not written yet.
#[tokio::test]
async fn a_last_use_that_is_not_written_yet_counts() {
    let text = BOUNDED.replace("max_live = 2", "max_live = 1\nidle_expiry = \"10d\"");
    let world = World::of(Setup { catalogs: vec![text], ..Setup::default() }).await;
    let key = world.system_key().await;
    let read = json!({ "scopes": ["read"] });
    let made = create(&world, &key, &read).await.expect(201);
    let day = 86_400;
    world.clock.advance(10 * day - 1);
    let body = json!({ "token": made["token"], "method": "GET", "path": "/read" });
    let said = world.post("/v1/services/brief/verify", &body).by(&key).send().await.expect(200);
    assert_eq!(said["code"], "allowed");
    world.clock.advance(1);
    create(&world, &key, &read).await.refused(409, "too_many_tokens");
    let expired = world.get("/v1/services/brief/tokens?state=expired").by(&key).send().await.expect(200);
    assert_eq!(expired["items"], json!([]));
}

#[tokio::test]
async fn switching_off_needs_no_place_and_wakes_nothing() {
    let text = BOUNDED.replace("max_live = 2", "max_live = 1\nidle_expiry = \"10d\"");
    let world = World::of(Setup { catalogs: vec![text], ..Setup::default() }).await;
    let key = world.system_key().await;
    let read = json!({ "scopes": ["read"] });
    let idle = create(&world, &key, &read).await.expect(201);
    world.clock.advance(10 * 86_400);
    let other = create(&world, &key, &read).await.expect(201);
    let switch =
        async |what: &str| world.post(&format!("{}/{what}", path(&idle)), &json!({})).by(&key).send().await;
    assert_eq!(switch("disable").await.expect(200)["state"], "expired");
    switch("enable").await.refused(409, "too_many_tokens");
    world.delete(&path(&other)).by(&key).send().await.expect(204);
    assert_eq!(switch("enable").await.expect(200)["state"], "active");
}

/// Under the catalog of now, whatever it was made under.
#[tokio::test]
async fn a_token_gets_no_more_scopes_than_one_that_is_made_with_them() {
    let loose = BOUNDED.replace("never_expires = false\nmax_live = 2\n", "");
    let world = World::of(Setup { catalogs: vec![loose], ..Setup::default() }).await;
    let key = world.system_key().await;
    let endless = json!({ "scopes": ["read"], "expires_in": "none" });
    let made = create(&world, &key, &endless).await.expect(201);
    world.set_catalogs(&[BOUNDED]);
    let edit = async |body: Value| world.patch(&path(&made), &body).by(&key).send().await;
    edit(json!({ "scopes": ["read", "write"] })).await.refused_at(422, "validation_failed", "scopes");
    edit(json!({ "name": "as it was" })).await.expect(200);
    edit(json!({ "scopes": ["read", "write"], "expires_in": "7d" })).await.expect(200);
    // What gets less keeps its end.
    edit(json!({ "scopes": ["read"] })).await.expect(200);
}

#[tokio::test]
async fn many_at_once_are_no_more_than_one_after_the_other() {
    let (world, key) = world().await;
    let read = json!({ "scopes": ["read"] });
    let ask = || create(&world, &key, &read);
    let (a, b, c, d) = tokio::join!(ask(), ask(), ask(), ask());
    assert_eq!([a, b, c, d].iter().filter(|answer| answer.status == 201).count(), 2);
}
