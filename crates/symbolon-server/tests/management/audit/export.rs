//! The audit as a stream of lines.

use axum::body::Body;
use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use symbolon_api::{AuditCheckpoint, ExportedLine};
use symbolon_core::audit::{Anchors, AuditKey, Chain, Checkpoint, Head, Line};
use tower::ServiceExt;
use zeroize::Zeroizing;

use crate::world::World;

/// An export that is under way.
struct Stream(Body);

impl Stream {
    async fn open(world: &World, path: &str, credential: &str) -> Self {
        let request = Request::get(path).header("authorization", format!("Bearer {credential}"));
        let answer = world.router.clone().oneshot(request.body(Body::empty()).unwrap()).await;
        let answer = answer.unwrap_or_else(|never| match never {});
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
        Self(answer.into_body())
    }

    /// The next piece; `None` at the end.
    async fn piece(&mut self) -> Option<Bytes> {
        Some(self.0.frame().await?.unwrap().into_data().unwrap())
    }

    /// The numbers of the lines of the next piece.
    async fn numbers(&mut self) -> Vec<u64> {
        numbers(&self.piece().await.unwrap())
    }
}

fn numbers(text: &[u8]) -> Vec<u64> {
    let text = std::str::from_utf8(text).unwrap();
    text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["seq"].as_u64().unwrap()).collect()
}

fn read(line: &str) -> Line {
    let line: ExportedLine = serde_json::from_str(line).unwrap();
    Line {
        seq: line.seq,
        at: line.at.parse().unwrap(),
        actor: line.actor,
        session: line.session,
        client_ip: line.client_ip,
        request_id: line.request_id,
        action: line.action,
        subject: line.subject,
        service: line.service,
        detail: line.detail.get().to_owned(),
        hash: line.hash.parse().unwrap(),
    }
}

#[tokio::test]
async fn an_export_is_all_that_the_hashes_are_over_and_is_what_a_checkpoint_signs() {
    let world = World::new().await;
    let key = world.system_key().await;
    let odd = json!({ "name": "odd", "description": "a\"b\\c é\nd" });
    let viewer = world.person("viewer", &[("odin", "viewer")]).await;
    let mut body = odd.clone();
    body["scopes"] = json!(["read:jobs"]);
    world
        .post("/v1/services/odin/tokens", &body)
        .by(&viewer.jwt)
        .from("::1".parse().unwrap())
        .send()
        .await
        .expect(201);
    for number in 0..1_100 {
        world
            .post("/v1/users", &json!({ "name": format!("user{number}") }))
            .by(&key)
            .send()
            .await
            .expect(201);
    }
    let mut stream = Stream::open(&world, "/v1/audit/export", &key).await;
    let (mut chain, mut pieces) = (Chain::new(Anchors::default()), 0);
    while let Some(piece) = stream.piece().await {
        pieces += 1;
        let text = std::str::from_utf8(&piece).unwrap();
        text.lines().for_each(|line| chain.follow(&read(line)).unwrap());
    }
    assert!(pieces > 2, "it is not held whole");
    let head = chain.head();
    let signed = world.get("/v1/audit/checkpoint").by(&key).send().await.expect(200);
    let signed: AuditCheckpoint = serde_json::from_value(signed).unwrap();
    let checkpoint = Checkpoint {
        head: Head { seq: signed.seq, hash: signed.hash.parse().unwrap() },
        at: signed.at.parse().unwrap(),
        key: signed.key,
        signature: signed.signature.parse().unwrap(),
    };
    assert_eq!(checkpoint.head, head);
    let told = world.get("/v1/audit/key").by(&key).send().await.expect(200);
    let public = AuditKey::new(&Zeroizing::new([3; 32])).public();
    assert_eq!((&told["public_key"], &told["key"]), (&json!(public.to_string()), &json!(public.id())));
    checkpoint.verify(&[public]).unwrap();
    // From behind a line, and beyond the end.
    let after = format!("/v1/audit/export?after={}", head.seq - 2);
    assert_eq!(Stream::open(&world, &after, &key).await.numbers().await, [head.seq - 1, head.seq]);
    let after = format!("/v1/audit/export?after={}", u64::MAX);
    assert_eq!(Stream::open(&world, &after, &key).await.piece().await, None);
}

#[tokio::test]
async fn a_stream_goes_on_with_what_is_written_and_ends_with_the_right_to_it() {
    let world = World::new().await;
    let admin = world.admin().await;
    let last = Stream::open(&world, "/v1/audit/export", &admin.jwt).await.numbers().await.len() as u64;
    let path = format!("/v1/audit/export?follow=true&after={last}");
    let mut stream = Stream::open(&world, &path, &admin.jwt).await;
    let key = world.system_key().await;
    let made = world.post("/v1/users", &json!({ "name": "new" })).by(&key);
    made.send().await.expect(201);
    // The key was made by the test itself, and nobody was told.
    assert_eq!(stream.numbers().await, [last + 1, last + 2]);
    // So are refusals, when they are written.
    world.get("/v1/users").send().await.expect(401);
    world.app.write_refused_calls().await;
    assert_eq!(stream.numbers().await, [last + 3]);
    // What takes the right away is told to others and not to them.
    let mut other = Stream::open(&world, &path, &key).await;
    assert_eq!(other.numbers().await.len(), 3);
    world.delete(&format!("/v1/sessions/{}", admin.session.id)).by(&key).send().await.expect(204);
    assert_eq!(stream.piece().await, None);
    assert_eq!(other.numbers().await, [last + 4]);
}

#[tokio::test]
async fn a_stream_that_has_nothing_to_say_says_so() {
    let world = World::new().await;
    let key = world.system_key().await;
    let mut stream = Stream::open(&world, "/v1/audit/export?follow=true", &key).await;
    assert!(!stream.numbers().await.is_empty());
    // From here on time passes as soon as everybody waits for it; but not while the record is asked, for its time limits
    // would pass too.
    tokio::time::pause();
    assert_eq!(stream.piece().await.unwrap(), "\n");
    tokio::time::resume();
    world.post("/v1/users", &json!({ "name": "new" })).by(&key).send().await.expect(201);
    assert!(!stream.numbers().await.is_empty(), "and it goes on");
}
