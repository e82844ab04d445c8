//! `Idempotency-Key`: a creation that is repeated is not made twice, and its secret is not told twice.

use serde_json::{Value, json};

use crate::world::{Answer, World};

const PATH: &str = "/v1/services/odin/tokens";

fn body() -> Value {
    json!({ "name": "test", "scopes": ["read:jobs"] })
}

async fn create(world: &World, by: &str, key: &str, body: &Value) -> Answer {
    world.post(PATH, body).by(by).header("idempotency-key", key).send().await
}

async fn count(world: &World, by: &str) -> usize {
    let listed = world.get(PATH).by(by).send().await.expect(200);
    listed["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_replay_names_what_was_made_and_tells_no_secret() {
    let world = World::new().await;
    let admin = world.admin().await;
    let made = create(&world, &admin.jwt, "one", &body()).await.expect(201);
    for _ in 0..2 {
        let replay = create(&world, &admin.jwt, "one", &body()).await;
        assert_eq!(replay.refused(409, "already_created")["id"], made["id"]);
        let secret = made["token"].as_str().unwrap();
        assert!(!replay.text().contains(&secret[13..]));
    }
    // Another body under the same key is not the same creation, were it only a space.
    let other = json!({ "name": "other", "scopes": ["read:jobs"] });
    create(&world, &admin.jwt, "one", &other).await.refused(422, "idempotency_mismatch");
    let spaced = world.post(PATH, &body()).body(format!("{} ", body())).by(&admin.jwt);
    spaced.header("idempotency-key", "one").send().await.refused(422, "idempotency_mismatch");
    assert_eq!(count(&world, &admin.jwt).await, 1);
    create(&world, &admin.jwt, "two", &body()).await.expect(201);
    assert_eq!(count(&world, &admin.jwt).await, 2);
}

#[tokio::test]
async fn a_key_means_nothing_to_another_caller_or_at_another_place() {
    let world = World::new().await;
    let (admin, viewer) = (world.admin().await, world.person("viewer", &[("odin", "viewer")]).await);
    let (first, second) = (world.system_key().await, world.system_key().await);
    for by in [&admin.jwt, &viewer.jwt, &first, &second] {
        create(&world, by, "one", &body()).await.expect(201);
        create(&world, by, "one", &body()).await.refused(409, "already_created");
    }
    // Another session of the same user is the same caller.
    let (_, jwt) = world.session(&viewer.user).await;
    create(&world, &jwt, "one", &body()).await.refused(409, "already_created");
    for (path, body) in [
        ("/v1/services/odysseus/tokens", json!({ "name": "test", "scopes": ["chat"] })),
        ("/v1/keys", json!({ "kind": "system", "name": "test" })),
        ("/v1/users", json!({ "name": "new" })),
    ] {
        let call = || world.post(path, &body).by(&admin.jwt).header("idempotency-key", "one").send();
        let made = call().await.expect(201);
        assert_eq!(call().await.refused(409, "already_created")["id"], made["id"], "{path}");
    }
}

#[tokio::test]
async fn a_key_lapses_after_24_hours() {
    let world = World::new().await;
    let key = world.system_key().await;
    let made = create(&world, &key, "one", &body()).await.expect(201);
    world.clock.advance(24 * 3_600 - 1);
    create(&world, &key, "one", &body()).await.refused(409, "already_created");
    world.clock.advance(1);
    let again = create(&world, &key, "one", &body()).await.expect(201);
    assert_ne!(again["id"], made["id"]);
    // The new one stands for 24 hours in its turn.
    let replay = create(&world, &key, "one", &body()).await;
    assert_eq!(replay.refused(409, "already_created")["id"], again["id"]);
    assert_eq!(count(&world, &key).await, 2);
}

#[tokio::test]
async fn of_many_at_once_one_is_made() {
    let world = World::new().await;
    let key = world.system_key().await;
    let body = body();
    let call = || create(&world, &key, "one", &body);
    let answers: [Answer; 6] = tokio::join!(call(), call(), call(), call(), call(), call()).into();
    let mut statuses = answers.map(|answer| answer.status);
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409]);
    assert_eq!(count(&world, &key).await, 1);
}

#[tokio::test]
async fn what_was_refused_claims_nothing() {
    let world = World::new().await;
    let admin = world.admin().await;
    create(&world, &admin.jwt, "one", &json!({ "name": "test" })).await.refused(422, "scopes_required");
    create(&world, &admin.jwt, "one", &body()).await.expect(201);
}

#[tokio::test]
async fn the_header_is_one_short_text() {
    let world = World::new().await;
    let admin = world.admin().await;
    for key in ["", &"x".repeat(256), "é"] {
        let answer = create(&world, &admin.jwt, key, &body()).await;
        answer.refused_at(422, "validation_failed", "Idempotency-Key");
    }
    let twice = world.post(PATH, &body()).by(&admin.jwt);
    let twice = twice.header("idempotency-key", "one").header("idempotency-key", "one").send().await;
    twice.refused_at(422, "validation_failed", "Idempotency-Key");
    create(&world, &admin.jwt, &"x".repeat(255), &body()).await.expect(201);
}
