//! When a token ends.

use serde_json::{Value, json};

use crate::world::{Answer, Setup, World};

async fn create(world: &World, by: &str, service: &str, end: &Value) -> Answer {
    let scope = if service == "odin" { "read:jobs" } else { "read" };
    let mut body = json!({ "name": "test", "scopes": [scope] });
    body.as_object_mut().unwrap().extend(end.as_object().unwrap().clone());
    world.post(&format!("/v1/services/{service}/tokens"), &body).by(by).send().await
}

#[tokio::test]
async fn an_end_is_a_moment_or_a_length_or_none() {
    let world = World::new().await;
    let admin = world.admin().await;
    for (end, expected) in [
        (json!({}), Value::Null),
        (json!({ "expires_in": "none" }), Value::Null),
        (json!({ "expires_in": "90s" }), json!("2026-01-01T00:01:30Z")),
        (json!({ "expires_in": "2w" }), json!("2026-01-15T00:00:00Z")),
        (json!({ "expires_at": "2026-06-01T12:00:00Z" }), json!("2026-06-01T12:00:00Z")),
        (json!({ "expires_at": "2026-06-01T14:00:00+02:00" }), json!("2026-06-01T12:00:00Z")),
        // Downwards to the record's milliseconds: never later than was asked for.
        (json!({ "expires_at": "2026-06-01T12:00:00.1239999Z" }), json!("2026-06-01T12:00:00.123Z")),
        (json!({ "expires_at": "2026-01-01T00:00:00.001Z" }), json!("2026-01-01T00:00:00.001Z")),
    ] {
        let made = create(&world, &admin.jwt, "odin", &end).await.expect(201);
        assert_eq!(made["expires_at"], expected, "{end}");
    }
}

#[tokio::test]
async fn a_moment_that_has_passed_or_is_none_is_refused() {
    let world = World::new().await;
    let admin = world.admin().await;
    for moment in [
        "2025-12-31T23:59:59Z",
        // Now, and what is rounded down to now.
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.0009Z",
        "-000001-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2027-02-29T00:00:00Z",
        "2026-06-01T24:00:01Z",
        "2026-06-01T12:60:00Z",
        "2026-06-01",
        "2026-06-01T12:00:00",
        "tomorrow",
        "1798761600",
        "9999-12-31T23:59:59Z",
        "99999-01-01T00:00:00Z",
        "2026-06-01T12:00:00+99:99",
        "none",
        "",
    ] {
        let answer = create(&world, &admin.jwt, "odin", &json!({ "expires_at": moment })).await;
        answer.refused_at(422, "validation_failed", "expires_at");
    }
    for length in ["0s", "-1d", "30", "d", "1y", "36501d", "99999999999999999999d", "30 d", "", "None"] {
        let answer = create(&world, &admin.jwt, "odin", &json!({ "expires_in": length })).await;
        answer.refused_at(422, "validation_failed", "expires_in");
    }
    let both = json!({ "expires_in": "1d", "expires_at": "2026-06-01T12:00:00Z" });
    let answer = create(&world, &admin.jwt, "odin", &both).await;
    answer.refused_at(422, "validation_failed", "expires_in");
}

#[tokio::test]
async fn a_token_works_until_its_end_and_not_at_it() {
    let world = World::new().await;
    let admin = world.admin().await;
    let made = create(&world, &admin.jwt, "odin", &json!({ "expires_in": "1h" })).await.expect(201);
    let (id, secret) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    let path = format!("/v1/services/odin/tokens/{id}");
    let state = async || world.get(&path).by(&admin.jwt).send().await.expect(200)["state"].clone();
    world.clock.advance(3_599);
    assert_eq!(world.verdict(secret, "GET", "/api/jobs").await, "allowed");
    assert_eq!(state().await, "active");
    world.clock.advance(1);
    assert_eq!(world.verdict(secret, "GET", "/api/jobs").await, "invalid_token");
    assert_eq!(state().await, "expired");
    // Who may make a token may lengthen its life.
    world.patch(&path, &json!({ "expires_in": "1h" })).by(&admin.jwt).send().await.expect(200);
    assert_eq!(world.verdict(secret, "GET", "/api/jobs").await, "allowed");
}

const SHORT_LIVED: &str = r#"
service = "brief"
title = "Brief"
token_prefix = "brf"
roles = ["user"]
mounts = [""]
[tokens]
default_lifetime = "7d"
max_lifetime = "30d"
[scopes]
"read" = "Read"
[[routes]]
scopes = ["read"]
paths = ["GET /read"]
"#;

#[tokio::test]
async fn a_catalog_sets_the_usual_and_the_longest_life() {
    let world = World::of(Setup { catalogs: vec![SHORT_LIVED.to_owned()], ..Setup::default() }).await;
    let key = world.system_key().await;
    let made = create(&world, &key, "brief", &json!({})).await.expect(201);
    assert_eq!(made["expires_at"], "2026-01-08T00:00:00Z");
    let longest = create(&world, &key, "brief", &json!({ "expires_in": "30d" })).await.expect(201);
    assert_eq!(longest["expires_at"], "2026-01-31T00:00:00Z");
    for (end, field) in [
        (json!({ "expires_in": "none" }), "expires_in"),
        (json!({ "expires_in": "31d" }), "expires_in"),
        (json!({ "expires_at": "2026-01-31T00:00:00.001Z" }), "expires_at"),
    ] {
        create(&world, &key, "brief", &end).await.refused_at(422, "validation_failed", field);
    }

    // An edit cannot stretch a life past the longest that could have been given at the beginning.
    world.clock.advance(86_400);
    let path = format!("/v1/services/brief/tokens/{}", made["id"].as_str().unwrap());
    let edit = async |end: Value| world.patch(&path, &end).by(&key).send().await;
    edit(json!({ "expires_in": "30d" })).await.refused_at(422, "validation_failed", "expires_in");
    edit(json!({ "expires_in": "none" })).await.refused_at(422, "validation_failed", "expires_in");
    let edited = edit(json!({ "expires_in": "29d" })).await.expect(200);
    assert_eq!(edited["expires_at"], "2026-01-31T00:00:00Z");
}
