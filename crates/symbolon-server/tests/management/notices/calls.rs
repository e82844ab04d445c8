//! The API of webhooks.

use serde_json::{Value, json};

use super::{Receiver, Reply, make, world};
use crate::world::{Setup, World};

#[tokio::test]
async fn the_list_says_how_far_each_has_come_and_no_secret() {
    let receiver = Receiver::new().await;
    receiver.replies([Reply::Status(500)]);
    let (world, key) = world(vec![receiver.webhook("chat")]).await;
    let begun = world.store.audit_head().await.unwrap().seq;
    make(&world, &key, "a").await;
    let list = async || {
        let answer = world.get("/v1/webhooks").by(&key).send().await;
        assert!(!answer.text().contains("hush") && !answer.text().contains("MfKQ"), "{}", answer.text());
        answer.expect(200)["items"][0].clone()
    };
    let one = list().await;
    assert_eq!((&one["state"], &one["position"], &one["behind"]), (&json!("ok"), &json!(begun), &json!(1)));
    world.app.deliver_notices().await;
    let expected = json!({
        "name": "chat", "url": format!("http://{}", receiver.address), "state": "retrying", "position": begun,
        "events": ["token.created", "token.expiring", "token.expired", "token.revoked", "token.reused", "token.leaked", "ask.made"],
        "services": null, "behind": 1, "attempts": 1, "waiting_since": "2026-01-01T00:00:00Z",
        "last_attempt_at": "2026-01-01T00:00:00Z", "last_answer": "500", "disabled_at": null,
        "next_attempt_at": list().await["next_attempt_at"],
    });
    assert_eq!(list().await, expected);
    world.clock.advance(4);
    let metrics = world.get("/metrics").by(&key).send().await;
    for line in [
        "symbolon_webhook_deliveries_total{webhook=\"chat\",outcome=\"failed\"} 1",
        "symbolon_webhook_behind{webhook=\"chat\"} 1.0",
        "symbolon_webhook_lag_seconds{webhook=\"chat\"} 4.0",
        "symbolon_webhook_disabled{webhook=\"chat\"} 0.0",
    ] {
        assert!(metrics.text().contains(line), "{line}\n{}", metrics.text());
    }
    assert!(!metrics.text().contains("hush"));

    // At once, though its time has not come; and written down who asked for it.
    let told = world.post("/v1/webhooks/chat/retry", &json!({})).by(&key).send().await.expect(200);
    assert_eq!((&told["next_attempt_at"], &told["attempts"]), (&Value::Null, &json!(0)));
    world.app.deliver_notices().await;
    let one = list().await;
    assert_eq!(
        (&one["state"], &one["behind"], &one["last_answer"]),
        (&json!("ok"), &json!(0), &json!("204"))
    );
    let audit = world.get("/v1/audit?action=webhook").by(&key).send().await.expect(200);
    assert_eq!(
        (&audit["items"][0]["action"], &audit["items"][0]["subject"]),
        (&json!("webhook.retry"), &json!("chat"))
    );
}

#[tokio::test]
async fn a_test_is_sent_at_once_and_moves_nothing() {
    let mut receiver = Receiver::new().await;
    receiver.replies([Reply::Status(200), Reply::Status(500), Reply::Status(204), Reply::Status(410)]);
    let (world, key) = world(vec![receiver.webhook("chat")]).await;
    let test = async || world.post("/v1/webhooks/chat/test", &json!({})).by(&key).send().await.expect(200);
    let tested = test().await;
    let sent = receiver.next().await;
    let expected = json!({ "webhook": "chat", "id": sent.id(), "delivered": true, "answer": "200" });
    assert_eq!(tested, expected);
    let body = json!({
        "type": "webhook.test", "timestamp": "2026-01-01T00:00:00Z", "data": { "webhook": "chat" },
    });
    assert_eq!(sent.body(), body);
    assert_eq!(test().await["delivered"], false);
    make(&world, &key, "a").await;
    world.app.deliver_notices().await;
    assert_eq!(receiver.types(), ["webhook.test", "token.created"]);
    // A test that is answered 410 disables nothing.
    assert_eq!(test().await["answer"], "410");
    let list = world.get("/v1/webhooks").by(&key).send().await.expect(200);
    assert_eq!(list["items"][0]["state"], "ok");
}

#[tokio::test]
async fn what_is_not_configured_or_has_not_begun_is_said() {
    let receiver = Receiver::new().await;
    let (world, key) = world(Vec::new()).await;
    assert_eq!(world.get("/v1/webhooks").by(&key).send().await.expect(200)["items"], json!([]));
    for call in ["test", "retry"] {
        let path = format!("/v1/webhooks/chat/{call}");
        world.post(&path, &json!({})).by(&key).send().await.refused(404, "not_found");
    }
    let world = World::of(Setup { webhooks: vec![receiver.webhook("chat")], ..Setup::default() }).await;
    let key = world.system_key().await;
    let list = world.get("/v1/webhooks").by(&key).send().await.expect(200);
    assert_eq!(
        (&list["items"][0]["state"], &list["items"][0]["position"]),
        (&json!("not_begun"), &Value::Null)
    );
    world.post("/v1/webhooks/chat/retry", &json!({})).by(&key).send().await.refused(409, "conflict");
}
