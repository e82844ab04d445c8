//! How much a token is used, as its keepers are told.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use serde_json::{Value, json};
use symbolon_core::Timestamp;
use symbolon_core::store::StoreError;
use symbolon_core::usage::{Day, Outcome, UsageCount};
use symbolon_server::Clock;
use tokio::sync::Semaphore;

use crate::between::Between;
use crate::world::{Setup, World};

const DAY: i64 = 86_400;

/// What is told of its use; nobody has written it before.
async fn usage(world: &World, by: &str, id: &str, query: &str) -> Value {
    world.get(&format!("/v1/services/odin/tokens/{id}/usage{query}")).by(by).send().await.expect(200)
}

/// Asks about a request of the token's, from an address.
async fn verify(world: &World, key: &str, secret: &str, method: &str, path: &str) -> Value {
    let body = json!({ "token": secret, "method": method, "path": path, "client_ip": "192.0.2.9" });
    world.post("/v1/services/odin/verify", &body).by(key).send().await.expect(200)
}

#[tokio::test]
async fn a_list_by_last_use_knows_what_is_used_just_now() {
    let world = World::new().await;
    let (admin, key) = (world.admin().await, world.system_key().await);
    let (one, first) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let (two, second) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    for (secret, order) in [(&first, [&one, &two]), (&second, [&two, &one]), (&first, [&one, &two])] {
        world.clock.advance(1);
        verify(&world, &key, secret, "GET", "/api/jobs").await;
        let path = "/v1/services/odin/tokens?sort=-last_used";
        let told = world.get(path).by(&admin.jwt).send().await.expect(200);
        let ids: Vec<_> = told["items"].as_array().unwrap().iter().map(|token| &token["id"]).collect();
        assert_eq!(ids, order);
    }
}

#[tokio::test]
async fn what_was_asked_is_what_is_told() {
    let world = World::new().await;
    let (admin, key) = (world.admin().await, world.system_key().await);
    let (id, secret) = world.odin_token(&admin.jwt, &["read:jobs", "read:printers", "read:spools"]).await;
    for (path, times) in [("/api/jobs", 3), ("/api/v1/jobs/7", 2), ("/api/printers", 1), ("/api/users", 4)] {
        for _ in 0..times {
            verify(&world, &key, &secret, "GET", path).await;
        }
    }
    world.clock.advance(2 * DAY);
    verify(&world, &key, &secret, "GET", "/api/jobs").await;
    let scopes = json!({ "token": secret, "scopes": ["read:jobs"] });
    world.post("/v1/services/odin/verify", &scopes).by(&key).send().await.expect(200);

    let told = usage(&world, &key, &id, "?days=3").await;
    assert_eq!((&told["from"], &told["to"]), (&json!("2026-01-01"), &json!("2026-01-03")));
    let days = json!([
        { "day": "2026-01-01", "allowed": 6, "refused": 4 },
        { "day": "2026-01-02", "allowed": 0, "refused": 0 },
        { "day": "2026-01-03", "allowed": 2, "refused": 0 },
    ]);
    assert_eq!(told["days"], days);
    let (then, now) = ("2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z");
    let route = |method: &str, path: &str, outcome: &str, count: u64, at: &str, ip: Option<&str>| json!({ "method": method, "path": path, "outcome": outcome, "count": count, "last_at": at, "last_ip": ip });
    let from = Some("192.0.2.9");
    let routes = json!([
        route("-", "-", "allowed", 1, now, None),
        route("GET", "/jobs", "allowed", 4, now, from),
        route("GET", "/jobs/{job_id}", "allowed", 2, then, from),
        route("GET", "/printers", "allowed", 1, then, from),
        route("GET", "/users", "insufficient_scope", 4, then, from),
    ]);
    assert_eq!((&told["routes"], &told["routes_left_out"]), (&routes, &json!(0)));
    let scopes = json!([
        { "scope": "read:jobs", "count": 6, "last_at": now },
        { "scope": "read:printers", "count": 1, "last_at": then },
        { "scope": "read:spools", "count": 0, "last_at": null },
    ]);
    assert_eq!(told["scopes"], scopes);
    // Each refusal once, though it was also explained.
    let refusals = told["refusals"].as_array().unwrap();
    assert_eq!(refusals.len(), 4);
    for (field, value) in
        [("path", "/users"), ("code", "insufficient_scope"), ("reason", "insufficient_scope")]
    {
        assert_eq!(refusals[0][field], value);
    }
    let explain = json!({ "request_id": refusals[0]["request_id"] });
    world.post("/v1/services/odin/explain", &explain).by(&key).send().await.expect(200);

    // Only today, and in a list.
    let today = usage(&world, &key, &id, "?days=1").await;
    assert_eq!(today["days"].as_array().unwrap().len(), 1);
    let listed = world.get("/v1/services/odin/tokens?requests=4").by(&key).send().await.expect(200);
    assert_eq!(listed["items"][0]["requests"], json!([0, 10, 0, 2]));
    let listed = world.get("/v1/services/odin/tokens").by(&key).send().await.expect(200);
    assert_eq!(listed["items"][0].get("requests"), None);
}

#[tokio::test]
async fn a_refusal_of_an_ended_token_is_told_under_it_and_outlives_it() {
    let world = World::new().await;
    let (admin, key) = (world.admin().await, world.system_key().await);
    let body = json!({ "name": "short", "scopes": ["read:jobs"], "expires_in": "1h" });
    let made = world.token(&admin.jwt, "odin", &body).await;
    let (id, secret) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    verify(&world, &key, secret, "GET", "/api/jobs").await;
    world.clock.advance(3_600);
    let refused = verify(&world, &key, secret, "GET", "/api/jobs").await;
    // Whoever asks is not told; whoever keeps the token is.
    assert_eq!(refused["code"], "invalid_token");
    world.delete(&format!("/v1/services/odin/tokens/{id}")).by(&admin.jwt).send().await.expect(204);
    verify(&world, &key, secret, "GET", "/api/jobs").await;
    let told = usage(&world, &admin.jwt, id, "").await;
    let outcomes: Vec<_> = told["routes"].as_array().unwrap().iter().map(|route| &route["outcome"]).collect();
    assert_eq!(outcomes, ["expired", "allowed"], "revoked, it is known no more");
    let refusals = told["refusals"].as_array().unwrap();
    assert_eq!(
        (refusals.len(), &refusals[0]["reason"], &refusals[0]["code"]),
        (1, &json!("expired"), &json!("invalid_token"))
    );
}

#[tokio::test]
async fn the_path_as_sent_is_told_nobody() {
    let world = World::new().await;
    let (admin, key) = (world.admin().await, world.system_key().await);
    let (id, secret) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let sent = "hunter2-in-a-path";
    for method in ["GET", "DELETE"] {
        verify(&world, &key, &secret, method, &format!("/api/jobs/{sent}?token={sent}")).await;
    }
    let told = usage(&world, &admin.jwt, &id, "").await;
    assert_eq!(told["routes"].as_array().unwrap().len(), 2);
    assert_eq!(told["refusals"].as_array().unwrap().len(), 1);
    assert!(!told.to_string().contains(sent), "{told}");
    world.store.close().await;
    for file in std::fs::read_dir(world.directory()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(sent.len()).any(|window| window == sent.as_bytes()));
    }
}

/// What was taken out of the gate to be written is nowhere else.
#[tokio::test]
async fn whoever_hangs_up_while_use_is_written_loses_nothing() {
    let held = Arc::new(Semaphore::new(0));
    let usage_of = held.clone();
    let wrap = Box::new(move |store| Between::held_usage(store, usage_of));
    let world = World::of(Setup { wrap, ..Setup::default() }).await;
    let (admin, key) = (world.admin().await, world.system_key().await);
    let (id, secret) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    verify(&world, &key, &secret, "GET", "/api/jobs").await;
    let mut writing = Box::pin(world.app.write_usage());
    // So far that it waits for the record.
    for _ in 0..10 {
        assert!(poll_fn(|cx| Poll::Ready(writing.as_mut().poll(cx))).await.is_pending());
        tokio::task::yield_now().await;
    }
    drop(writing);
    held.add_permits(100);
    assert_eq!(usage(&world, &admin.jwt, &id, "").await["routes"][0]["count"], 1);
}

#[tokio::test]
async fn what_could_not_be_written_is_written_later() {
    let away = Arc::new(AtomicBool::new(false));
    let fault = away.clone();
    let fault = move || {
        if fault.load(Ordering::SeqCst) { Err(StoreError::Unavailable("gone".to_owned())) } else { Ok(()) }
    };
    let wrap = Box::new(move |store| Between::faulty(store, fault));
    let world = World::of(Setup { wrap, ..Setup::default() }).await;
    let (admin, key) = (world.admin().await, world.system_key().await);
    let (id, secret) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    for turn in [true, true, false] {
        away.store(turn, Ordering::SeqCst);
        verify(&world, &key, &secret, "GET", "/api/jobs").await;
        world.app.write_usage().await;
    }
    let told = usage(&world, &admin.jwt, &id, "").await;
    assert_eq!(told["routes"][0]["count"], 3);
    assert_eq!(world.gate.usage_dropped(), 0);
    // And what is there at the end is written with it.
    verify(&world, &key, &secret, "GET", "/api/jobs").await;
    world.app.finish().await;
    let path = format!("/v1/services/odin/tokens/{id}/usage");
    let told = world.get(&path).by(&admin.jwt).send().await.expect(200);
    assert_eq!(told["routes"][0]["count"], 4);
}

#[tokio::test]
async fn of_many_routes_the_last_are_told_and_how_many_there_are_more() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (id, _) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let counts = (0..203).map(|n| UsageCount {
        token: id.parse().unwrap(),
        day: Day::of(world.clock.now()),
        method: "GET".into(),
        path: format!("/{n}").into(),
        outcome: Outcome::Allowed,
        count: 1,
        last_at: Timestamp::from_second(n).unwrap(),
        last_ip: None,
    });
    world.store.record_usage(counts.collect()).await.unwrap();
    let told = usage(&world, &admin.jwt, &id, "?days=1").await;
    let routes = told["routes"].as_array().unwrap();
    assert_eq!((routes.len(), &told["routes_left_out"]), (200, &json!(3)));
    assert_eq!((&routes[0]["path"], &routes[199]["path"]), (&json!("/202"), &json!("/3")));
    assert_eq!(told["days"][0]["allowed"], 203);
}

#[tokio::test]
async fn who_may_see_the_token_may_see_its_use() {
    let world = World::new().await;
    let admin = world.admin().await;
    let ann = world.person("ann", &[("odin", "viewer")]).await;
    let bob = world.person("bob", &[("odin", "viewer")]).await;
    let (id, _) = world.odin_token(&ann.jwt, &["read:jobs"]).await;
    let path = format!("/v1/services/odin/tokens/{id}/usage");
    for (who, status) in [(&admin, 200), (&ann, 200), (&bob, 404)] {
        assert_eq!(world.get(&path).by(&who.jwt).send().await.status, status, "{}", who.name());
    }
    for days in ["0", "91", "-1"] {
        let answer = world.get(&format!("{path}?days={days}")).by(&ann.jwt).send().await;
        answer.refused_at(422, "validation_failed", "days");
        let answer =
            world.get(&format!("/v1/services/odin/tokens?requests={days}")).by(&ann.jwt).send().await;
        answer.refused_at(422, "validation_failed", "requests");
    }
}
