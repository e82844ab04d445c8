//! What is told, and what not.

use serde_json::json;
use symbolon_core::notice::{Event, WebhookSecret};
use symbolon_server::Webhook;

use super::receiver::{OTHER, SECRET};
use super::{Receiver, make, world};
use crate::world::{Setup, World};

#[tokio::test]
async fn what_happens_to_tokens_is_told_in_its_order_and_nothing_else() {
    let mut receiver = Receiver::new().await;
    let (world, key) = world(vec![receiver.webhook("chat")]).await;
    let ann = world.person("ann", &[("odin", "operator")]).await;
    let body = json!({
        "name": "ci", "description": "hush description", "metadata": { "team": "hush metadata" },
        "scopes": ["read:jobs"], "owner": "ann", "expires_in": "90d",
    });
    let made = world.token(&key, "odin", &body).await;
    let (id, secret) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    let path = format!("/v1/services/odin/tokens/{id}");
    world.clock.advance(60);
    world.patch(&path, &json!({ "name": "ci 2" })).by(&key).send().await.expect(200);
    world.post(&format!("{path}/disable"), &json!({})).by(&key).send().await.expect(200);
    world.delete(&path).by(&ann.jwt).send().await.expect(204);
    let other =
        world.token(&key, "odin", &json!({ "name": "b", "scopes": ["read:jobs"], "owner": "ann" })).await;
    world.delete("/v1/users/ann").by(&key).send().await.expect(204);
    world.app.deliver_notices().await;

    let sent = receiver.sent();
    let told: Vec<_> = sent.iter().map(|sent| sent.body()["type"].clone()).collect();
    assert_eq!(told, ["token.created", "token.revoked", "token.created", "token.revoked"]);
    for hidden in ["hush", &secret[13..], other["token"].as_str().unwrap()] {
        assert!(sent.iter().all(|sent| !sent.text.contains(hidden)), "{sent:?}");
    }
    let created = sent[0].body();
    assert_eq!(created["timestamp"], "2026-01-01T00:00:00Z");
    let token = json!({
        "id": id, "service": "odin", "name": "ci 2", "token_prefix": made["token_prefix"], "owner": "ann",
        "scopes": ["read:jobs"], "expires_at": made["expires_at"],
    });
    assert_eq!(created["data"]["token"], token);
    assert!(created["data"]["actor"]["id"].as_str().unwrap().starts_with("key_"));
    assert_eq!(sent[1].body()["data"]["actor"], json!({ "id": ann.user.id.to_string(), "name": null }));
    // The owner is gone, and the notice still says who that was.
    let last = sent[3].body();
    assert_eq!(
        (&last["data"]["token"]["id"], &last["data"]["token"]["owner"]),
        (&other["id"], &json!("ann"))
    );

    world.app.deliver_notices().await;
    assert!(receiver.sent().is_empty(), "each once");
    assert_eq!(
        world.store.webhooks().await.unwrap()[0].position,
        world.store.audit_head().await.unwrap().seq
    );
}

#[tokio::test]
async fn a_webhook_is_told_what_it_asked_for_from_its_beginning_on() {
    let (mut all, mut some) = (Receiver::new().await, Receiver::new().await);
    let odysseus = Webhook {
        services: Some(["odysseus".parse().unwrap()].into()),
        ..some.webhook_of("some", &[Event::Revoked])
    };
    let (world, key) = world(vec![all.webhook("all")]).await;
    make(&world, &key, "before").await;
    // The second is new at this start, and does not hear of what was before it.
    let app = world.app_with(vec![all.webhook("all"), odysseus]);
    app.begin_webhooks().await.unwrap();
    let odin = make(&world, &key, "odin").await;
    let made = world.token(&key, "odysseus", &json!({ "name": "o", "scopes": ["chat"] })).await;
    for path in [format!("odin/tokens/{odin}"), format!("odysseus/tokens/{}", made["id"].as_str().unwrap())] {
        world.delete(&format!("/v1/services/{path}")).by(&key).send().await.expect(204);
    }
    app.deliver_notices().await;
    assert_eq!(all.types().len(), 5);
    let sent = some.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].body()["data"]["token"]["id"], made["id"]);

    // What is not named at a start is forgotten, and named again begins anew.
    world.app_with(Vec::new()).begin_webhooks().await.unwrap();
    make(&world, &key, "meanwhile").await;
    app.begin_webhooks().await.unwrap();
    app.deliver_notices().await;
    assert!(all.sent().is_empty());
}

#[tokio::test]
async fn while_a_secret_is_replaced_both_sign() {
    let mut receiver = Receiver::new().await;
    let former_secret = Some(WebhookSecret::parse(OTHER).unwrap());
    let (world, key) = world(vec![Webhook { former_secret, ..receiver.webhook("chat") }]).await;
    make(&world, &key, "a").await;
    world.app.deliver_notices().await;
    let sent = receiver.next().await;
    assert_eq!(sent.signatures(), [sent.signed_with(SECRET), sent.signed_with(OTHER)]);
    assert_ne!(sent.signatures()[0], sent.signatures()[1]);
}

#[tokio::test]
async fn what_a_token_asks_for_is_told_and_not_its_reason() {
    let mut receiver = Receiver::new().await;
    let webhooks = vec![receiver.webhook("chat")];
    let issuer = Some("https://tokens.example");
    let world = World::of(Setup { webhooks, issuer, https: true, ..Setup::default() }).await;
    let key = world.system_key().await;
    world.app.begin_webhooks().await.unwrap();
    let made = world.token(&key, "odin", &json!({ "name": "ci", "scopes": ["read:jobs"] })).await;
    let asked =
        json!({ "scopes": ["write:jobs"], "duration": "10m", "reason": "hush <https://example.org>" });
    let secret = made["token"].as_str().unwrap();
    let asked = world.post("/v1/asks", &asked).by(secret).send().await.expect(201);
    let (id, approve) = (&asked["id"], format!("/v1/asks/{}/approve", asked["id"].as_str().unwrap()));
    world.post(&approve, &json!({})).by(&key).send().await.expect(200);
    world.app.deliver_notices().await;

    let sent = receiver.sent();
    assert_eq!(sent.len(), 2, "of the answer nobody need be told who gave it");
    let told = sent[1].body();
    assert_eq!((&told["type"], &told["data"]["token"]["id"]), (&json!("ask.made"), &made["id"]));
    assert_eq!((&told["data"]["ask"], &told["data"]["asked"]), (id, &json!(["write:jobs"])));
    assert_eq!(told["data"]["duration"], "10m");
    assert_eq!(told["data"]["page"], json!(format!("https://tokens.example/asks/{}", id.as_str().unwrap())));
    assert!(!sent[1].text.contains("hush"), "{}", sent[1].text);
}
