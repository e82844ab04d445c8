//! What a scanner is told of what it has found, and what it takes back.

use serde_json::{Value, json};
use symbolon_core::record::KeyKind;
use symbolon_core::token::NewSecret;

use super::{actions, found, lines};
use crate::imports::farm::{Farm, head, row, secret};
use crate::world::World;

async fn asked(world: &World, by: &str, secrets: &[&str], revoke: bool) -> Vec<Value> {
    let body = json!({ "found": found(secrets), "revoke": revoke });
    let answer = world.post("/v1/leaks", &body).by(by).send().await;
    for secret in secrets.iter().filter(|secret| secret.len() > 1) {
        assert!(!answer.text().contains(secret));
    }
    answer.expect(200)["items"].as_array().unwrap().clone()
}

fn states(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["state"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn each_secret_is_told_in_its_state_and_nothing_is_written() {
    let world = World::new().await;
    let admin = world.admin().await;
    let mut made = Vec::new();
    for end in ["none", "none", "1h", "none"] {
        let body = json!({ "name": "t", "scopes": ["read:jobs"], "expires_in": end });
        let token = world.token(&admin.jwt, "odin", &body).await;
        made.push(["id", "token"].map(|field| token[field].as_str().unwrap().to_owned()));
    }
    let path = |at: usize| format!("/v1/services/odin/tokens/{}", made[at][0]);
    let disable = world.post(&format!("{}/disable", path(1)), &json!({}));
    disable.by(&admin.jwt).send().await.expect(200);
    world.delete(&path(3)).by(&admin.jwt).send().await.expect(204);
    world.clock.advance(3_600);
    let (verifier, verifier_secret) = world.key(KeyKind::Verifier("odin".parse().unwrap())).await;
    let never = NewSecret::generate(&"odin".parse().unwrap(), &*world.entropy);
    let foreign = NewSecret::generate(&"other".parse().unwrap(), &*world.entropy);
    let before = actions(&world, &made[0][0]).await;
    let all = [
        &made[0][1],
        &made[1][1],
        &made[2][1],
        &made[3][1],
        verifier_secret.as_str(),
        never.reveal(),
        foreign.reveal(),
        admin.jwt.as_str(),
        "x",
    ];
    let items = asked(&world, &admin.jwt, &all, false).await;
    let expected =
        ["active", "disabled", "expired", "revoked", "active", "unknown", "unknown", "unknown", "unknown"];
    assert_eq!(states(&items), expected);
    for (at, [id, _]) in made.iter().enumerate() {
        assert_eq!((&items[at]["token"]["id"], &items[at]["revoked"]), (&json!(id), &json!(false)));
    }
    assert_eq!(items[4]["key"]["id"], verifier.id.to_string());
    assert_eq!(
        items[5],
        json!({ "state": "unknown", "token": null, "key": null, "own_key": false, "revoked": false })
    );
    assert_eq!(actions(&world, &made[0][0]).await, before);
    assert_eq!(world.verdict(&made[0][1], "GET", "/api/jobs").await, "allowed");
}

#[tokio::test]
async fn what_lives_is_taken_back_and_the_audit_says_where_it_was() {
    let world = World::new().await;
    let admin = world.admin().await;
    let ann = world.person("ann", &[("odin", "viewer")]).await;
    let (id, secret) = world.odin_token(&ann.jwt, &["read:jobs"]).await;
    let (key, key_secret) = world.key(KeyKind::Verifier("odin".parse().unwrap())).await;
    // The place has the secret in it, as a path may.
    let places = [format!("dir/{secret}/a.log:7"), "b.log:1".to_owned()];
    let body = json!({ "revoke": true, "found": [
        { "secret": secret, "place": places[0] }, { "secret": key_secret, "place": places[1] },
    ] });
    let answer = world.post("/v1/leaks", &body).by(&admin.jwt).send().await.expect(200);
    for item in answer["items"].as_array().unwrap() {
        assert_eq!((&item["state"], &item["revoked"]), (&json!("revoked"), &json!(true)));
    }
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "invalid_token");
    world.get("/v1/self").by(&key_secret).send().await.refused(401, "invalid_token");
    let told = lines(&world, &id).await;
    assert_eq!(actions(&world, &id).await, ["token.create", "token.leaked", "token.revoke"]);
    assert_eq!(told[1].1, admin.user.id.to_string());
    assert_eq!(told[1].2["place"], format!("dir/{}…/a.log:7", &secret[..13]));
    assert_eq!(told[1].2["name"], "test");
    assert_eq!(actions(&world, &key.id.to_string()).await, ["key.leaked", "key.revoke"]);
    // Again: it is so already, and nothing is written. A key that is gone left no trace of its secret.
    let again = asked(&world, &admin.jwt, &[&secret, &key_secret], true).await;
    assert_eq!(states(&again), ["revoked", "unknown"]);
    assert!(again.iter().all(|item| item["revoked"] == false));
    assert_eq!(lines(&world, &id).await.len(), 3);
}

/// Whoever has the secret may end it, also of a user whom the caller may not manage: it is in hand.
#[tokio::test]
async fn the_key_that_asks_is_taken_back_last() {
    let world = World::new().await;
    let (own, own_secret) = world.key(KeyKind::System).await;
    let (id, secret) = world.odin_token(&own_secret, &["read:jobs"]).await;
    let items = asked(&world, &own_secret, &[&own_secret, &secret], false).await;
    assert_eq!([&items[0]["own_key"], &items[1]["own_key"]], [true, false]);
    // Also where it was found twice: once is enough, and all are told.
    let items = asked(&world, &own_secret, &[&own_secret, &secret, &own_secret], true).await;
    assert_eq!(states(&items), ["revoked"; 3]);
    assert!(items.iter().all(|item| item["revoked"] == true));
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "invalid_token");
    world.get("/v1/self").by(&own_secret).send().await.refused(401, "invalid_token");
    assert_eq!(actions(&world, &id).await.last().unwrap(), "token.revoke");
    assert_eq!(lines(&world, &own.id.to_string()).await[1].1, own.id.to_string());
}

/// Wrong secrets of an old form are not looked into without end; nobody hides a live token behind them.
#[tokio::test]
async fn what_cannot_be_looked_into_hides_nothing_behind_it() {
    let farm = Farm::new().await;
    farm.imported(row(&secret(2))).await;
    let world = &farm.world;
    let (_, live) = world.odin_token(&farm.key, &["read:jobs"]).await;
    let fakes: Vec<_> = (0..40).map(|number| format!("{}{number:038}", head(&secret(2)))).collect();
    let all: Vec<&str> = [&farm.key].into_iter().chain(&fakes).chain([&live]).map(String::as_str).collect();
    let body = json!({ "found": found(&all), "revoke": true });
    world.post("/v1/leaks", &body).by(&farm.key).send().await.refused(503, "unavailable");
    assert_eq!(world.verdict(&live, "GET", "/api/jobs").await, "invalid_token");
    // The key that asked is there to ask again with.
    world.get("/v1/self").by(&farm.key).send().await.expect(200);
}

#[tokio::test]
async fn as_many_as_are_taken_at_once_and_no_more() {
    let world = World::new().await;
    let key = world.system_key().await;
    let many = |count: usize| json!({ "found": found(&vec!["x"; count]) });
    for (count, field) in [(0, "found"), (1_001, "found")] {
        let refused = world.post("/v1/leaks", &many(count)).by(&key).send().await;
        refused.refused_at(422, "validation_failed", field);
    }
    world.post("/v1/leaks", &many(1_000)).by(&key).send().await.expect(200);
    for (secret, place, field) in [
        ("x".repeat(8_193), "x".to_owned(), "found[0].secret"),
        ("x".to_owned(), "x".repeat(1_001), "found[0].place"),
        (String::new(), "x".to_owned(), "found[0].secret"),
    ] {
        let body = json!({ "found": [{ "secret": secret, "place": place }] });
        let refused = world.post("/v1/leaks", &body).by(&key).send().await;
        refused.refused_at(422, "validation_failed", field);
    }
}
