//! Receivers that do not take what they are sent.

use std::time::Duration;

use symbolon_core::store::WebhookState;
use symbolon_server::Webhook;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::receiver::NEVER;
use super::{Receiver, Reply, make, world};

#[tokio::test]
async fn what_is_not_taken_is_sent_again_as_the_schedule_has_it_and_what_follows_waits() {
    let mut receiver = Receiver::new().await;
    receiver.replies([
        Reply::Status(500),
        Reply::With(503, "retry-after", "1000".to_owned()),
        Reply::Status(404),
        Reply::Status(200),
    ]);
    let (world, key) = world(vec![receiver.webhook("chat")]).await;
    make(&world, &key, "first").await;
    make(&world, &key, "second").await;
    world.app.deliver_notices().await;
    let first = receiver.next().await;
    let mut timestamps = vec![first.timestamp()];
    // So long it waits at most, with the tenth that chance adds; and a second before the least of it nothing is sent.
    for (least, most) in [(5, 6), (1_000, 1_100), (1_800, 1_981)] {
        world.clock.advance(least - 1);
        world.app.deliver_notices().await;
        assert!(receiver.sent().is_empty(), "after {least} seconds");
        world.clock.advance(most - least + 1);
        world.app.deliver_notices().await;
        let again = receiver.next().await;
        assert_eq!((again.id(), &again.text), (first.id(), &first.text));
        timestamps.push(again.timestamp());
    }
    assert!(timestamps.is_sorted_by(|a, b| a < b), "{timestamps:?}");
    // Taken at last; the second came right behind.
    let second = receiver.sent();
    assert_eq!((second.len(), &second[0].body()["data"]["token"]["name"]), (1, &"second".into()));
    assert_ne!(second[0].id(), first.id());
}

#[tokio::test]
async fn a_restart_goes_on_where_it_was() {
    let mut receiver = Receiver::new().await;
    receiver.replies([Reply::Status(500), Reply::Status(500)]);
    let (world, key) = world(vec![receiver.webhook("chat")]).await;
    make(&world, &key, "a").await;
    world.app.deliver_notices().await;
    let first = receiver.next().await;
    for (wait, sent) in [(0, false), (6, true), (6, false), (330, true), (330, false)] {
        let app = world.app_with(vec![receiver.webhook("chat")]);
        app.begin_webhooks().await.unwrap();
        world.clock.advance(wait);
        app.deliver_notices().await;
        let seen = receiver.sent();
        assert_eq!(seen.len(), usize::from(sent));
        assert!(seen.iter().all(|seen| seen.id() == first.id()), "{seen:?}");
    }
}

#[tokio::test]
async fn after_three_days_it_is_given_up_and_the_next_one_told() {
    let mut receiver = Receiver::new().await;
    receiver.replies((0..10).map(|_| Reply::Status(500)));
    let (world, key) = world(vec![receiver.webhook("chat")]).await;
    make(&world, &key, "first").await;
    world.app.deliver_notices().await;
    for _ in 0..9 {
        // The longest wait of the schedule, and its tenth.
        world.clock.advance(27 * 3_600);
        world.app.deliver_notices().await;
    }
    // It is older than the schedule by the fourth attempt, and so is no more waited for.
    let attempts = receiver.sent();
    assert!(attempts.len() < 10, "{}", attempts.len());
    receiver.forget_replies();
    make(&world, &key, "second").await;
    world.app.deliver_notices().await;
    assert_eq!(receiver.next().await.body()["data"]["token"]["name"], "second");
    let metrics = world.get("/metrics").by(&key).send().await;
    let given_up = "symbolon_webhook_deliveries_total{webhook=\"chat\",outcome=\"given_up\"} 1";
    assert!(metrics.text().contains(given_up), "{}", metrics.text());
}

#[tokio::test]
async fn who_is_gone_is_told_nothing_until_it_is_retried() {
    let mut receiver = Receiver::new().await;
    receiver.replies([Reply::Status(410)]);
    let (world, key) = world(vec![receiver.webhook("chat")]).await;
    make(&world, &key, "a").await;
    world.app.deliver_notices().await;
    let first = receiver.next().await;
    world.clock.advance(90 * 86_400);
    world.app.deliver_notices().await;
    assert!(receiver.sent().is_empty());
    let list = world.get("/v1/webhooks").by(&key).send().await.expect(200);
    assert_eq!(
        (&list["items"][0]["state"], &list["items"][0]["last_answer"]),
        (&"disabled".into(), &"410".into())
    );

    let told =
        world.post("/v1/webhooks/chat/retry", &serde_json::json!({})).by(&key).send().await.expect(200);
    assert_eq!(told["disabled_at"], serde_json::Value::Null);
    world.app.deliver_notices().await;
    assert_eq!(receiver.next().await.id(), first.id());
}

#[tokio::test]
async fn a_redirect_is_a_failure() {
    let (receiver, mut elsewhere) = (Receiver::new().await, Receiver::new().await);
    let there = format!("http://{}{}", elsewhere.address, super::receiver::PATH);
    receiver.replies([301, 302, 303, 307, 308].map(|status| Reply::With(status, "location", there.clone())));
    let (world, key) = world(vec![receiver.webhook("chat")]).await;
    make(&world, &key, "a").await;
    for (wait, answer) in [(0, "301"), (6, "302"), (330, "303"), (1_981, "307"), (7_921, "308")] {
        world.clock.advance(wait);
        world.app.deliver_notices().await;
        let list = world.get("/v1/webhooks").by(&key).send().await.expect(200);
        assert_eq!(list["items"][0]["last_answer"], answer);
    }
    assert!(elsewhere.sent().is_empty());
}

#[tokio::test]
async fn one_who_is_slow_delays_nobody() {
    let (mut slow, mut quick) = (Receiver::new().await, Receiver::new().await);
    let (say, said) = oneshot::channel();
    slow.replies([Reply::When(said)]);
    let (world, key) = world(vec![slow.webhook("a-slow"), quick.webhook("quick")]).await;
    make(&world, &key, "first").await;
    let app = world.app.clone();
    let telling = tokio::spawn(async move { app.deliver_notices().await });
    // The slow one has it, and has not answered.
    slow.next().await;
    quick.next().await;
    make(&world, &key, "second").await;
    // Not again to the slow one, which has one under way; and at once to the other.
    world.app.deliver_notices().await;
    quick.next().await;
    assert!(slow.sent().is_empty() && !telling.is_finished());
    say.send(()).unwrap();
    telling.await.unwrap();
    assert_eq!(slow.next().await.body()["data"]["token"]["name"], "second");
}

#[tokio::test]
async fn one_who_never_answers_and_one_who_is_not_there_are_tried_again() {
    let mut silent = Receiver::new().await;
    let (held, said) = oneshot::channel::<()>();
    silent.replies([Reply::When(said)]);
    drop(held);
    let gone = Receiver::new().await.webhook("not-there");
    let hasty = Webhook { timeout: NEVER, ..silent.webhook("silent") };
    let (world, key) = world(vec![gone, hasty]).await;
    make(&world, &key, "a").await;
    timeout(Duration::from_mins(1), world.app.deliver_notices()).await.unwrap();
    let list = world.get("/v1/webhooks").by(&key).send().await.expect(200);
    let told: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|one| one["last_answer"].clone()).collect();
    assert!(told[0] == "unreachable" || told[0] == "broken", "{told:?}");
    assert_eq!(told[1], "timeout");
    let first = silent.next().await;
    world.clock.advance(6);
    world.app.deliver_notices().await;
    assert_eq!(silent.next().await.id(), first.id());
}

#[tokio::test]
async fn a_place_beyond_the_end_of_the_audit_silences_nobody_for_ever() {
    let mut receiver = Receiver::new().await;
    let (world, key) = world(vec![receiver.webhook("chat")]).await;
    let state = world.store.webhooks().await.unwrap().remove(0);
    let beyond = WebhookState { position: state.position + 1_000, revision: state.revision + 1, ..state };
    world.store.save_webhook(beyond).await.unwrap();
    world.app.deliver_notices().await;
    let end = world.store.audit_head().await.unwrap().seq;
    assert_eq!(world.store.webhooks().await.unwrap()[0].position, end);
    make(&world, &key, "later").await;
    world.app.deliver_notices().await;
    assert_eq!(receiver.sent().len(), 1);
}
