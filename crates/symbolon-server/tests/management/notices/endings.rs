//! Tokens that end.

use serde_json::{Value, json};
use symbolon_core::notice::Event;

use super::{Receiver, world};
use crate::world::World;

const DAY: i64 = 86_400;

async fn told(world: &World, receiver: &mut Receiver) -> Vec<(String, Value)> {
    world.app.tell_endings().await;
    world.app.deliver_notices().await;
    let sent = receiver.sent();
    let told = sent.iter().map(|sent| {
        let body = sent.body();
        assert_eq!(body["data"]["actor"], json!({ "id": "symbolon", "name": null }));
        (body["type"].as_str().unwrap().to_owned(), body["data"]["days"].clone())
    });
    told.collect()
}

fn expiring(days: u8) -> (String, Value) {
    ("token.expiring".to_owned(), json!(days))
}

fn expired() -> (String, Value) {
    ("token.expired".to_owned(), Value::Null)
}

#[tokio::test]
async fn an_end_is_told_at_30_7_and_1_days_and_when_it_comes_each_once() {
    let mut receiver = Receiver::new().await;
    let webhook = receiver.webhook_of("chat", &[Event::Expiring, Event::Expired]);
    let (world, key) = world(vec![webhook]).await;
    let body = json!({ "name": "ci", "scopes": ["read:jobs"], "expires_in": "40d" });
    let made = world.token(&key, "odin", &body).await;
    let mut passed = 0;
    for (moment, expected) in [
        (0, vec![]),
        (10 * DAY - 1, vec![]),
        (10 * DAY, vec![expiring(30)]),
        (33 * DAY - 1, vec![]),
        (33 * DAY, vec![expiring(7)]),
        (39 * DAY, vec![expiring(1)]),
        (40 * DAY - 1, vec![]),
        (40 * DAY, vec![expired()]),
        (400 * DAY, vec![]),
    ] {
        world.clock.advance(moment - passed);
        passed = moment;
        assert_eq!(told(&world, &mut receiver).await, expected, "{moment}");
        // Another server over the same record, and the same again.
        world.app_with(Vec::new()).tell_endings().await;
        assert_eq!(told(&world, &mut receiver).await, [], "{moment}");
    }
    let path = format!("/v1/services/odin/tokens/{}/audit", made["id"].as_str().unwrap());
    let history = world.get(&path).by(&key).send().await.expect(200);
    let actions: Vec<_> = history["items"].as_array().unwrap().iter().map(|line| &line["action"]).collect();
    assert_eq!(
        actions,
        ["token.expired", "token.expiring", "token.expiring", "token.expiring", "token.create"]
    );
}

#[tokio::test]
async fn of_what_passed_meanwhile_the_last_is_told_and_another_end_anew() {
    let mut receiver = Receiver::new().await;
    let webhook = receiver.webhook_of("chat", &[Event::Expiring, Event::Expired]);
    let (world, key) = world(vec![webhook]).await;
    let body = json!({ "name": "ci", "scopes": ["read:jobs"], "expires_in": "40d" });
    let made = world.token(&key, "odin", &body).await;
    let path = format!("/v1/services/odin/tokens/{}", made["id"].as_str().unwrap());
    world.clock.advance(39 * DAY + 1);
    assert_eq!(told(&world, &mut receiver).await, [expiring(1)]);
    world.patch(&path, &json!({ "expires_in": "20d" })).by(&key).send().await.expect(200);
    assert_eq!(told(&world, &mut receiver).await, [expiring(30)]);
    world.clock.advance(20 * DAY);
    assert_eq!(told(&world, &mut receiver).await, [expired()]);
    // An expired token may be given another end, and a revoked one has none.
    world.patch(&path, &json!({ "expires_in": "2d" })).by(&key).send().await.expect(200);
    assert_eq!(told(&world, &mut receiver).await, [expiring(7)]);
    world.delete(&path).by(&key).send().await.expect(204);
    world.clock.advance(30 * DAY);
    assert_eq!(told(&world, &mut receiver).await, []);
}

#[tokio::test]
async fn a_token_of_an_hour_is_not_told_to_end_within_a_day() {
    let mut receiver = Receiver::new().await;
    let (world, key) = world(vec![receiver.webhook("chat")]).await;
    let body = json!({ "name": "ci", "scopes": ["read:jobs"], "expires_in": "1h" });
    world.token(&key, "odin", &body).await;
    world.app.tell_endings().await;
    world.clock.advance(3_600);
    world.app.tell_endings().await;
    world.app.deliver_notices().await;
    assert_eq!(receiver.types(), ["token.created", "token.expired"]);
}
