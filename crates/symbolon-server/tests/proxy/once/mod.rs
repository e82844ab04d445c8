//! Changes under an `Idempotency-Key`: each reaches the application once.

mod bounds;
mod ends;
mod secrets;

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use symbolon_core::decision::Keys;
use symbolon_core::digest::Pepper;
use symbolon_core::record::Token;
use symbolon_core::store::Change;
use tokio::sync::mpsc;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::support::backend::{Backend, Held, Recorder};
use crate::support::front::{Front, request};
use crate::support::wire::{Message, Wire};
use crate::support::world::World;

const DAY: i64 = 86_400_000;
/// How long a test waits for what comes at once.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longer than an answer can take, in milliseconds.
const LONG: i64 = 221_000;

const CREATED: &str = "HTTP/1.1 201 Created\r\nContent-Type: text/plain; charset=utf-8\r\nLocation: /api/things/7\r\n\
                       ETag: \"7\"\r\nX-Other: x\r\nContent-Length: 5\r\n\r\nseven";

/// An application that gives these answers, one after the other, as they are written, and hangs up after each.
struct Scripted {
    backend: Backend,
    seen: mpsc::UnboundedReceiver<(usize, Message)>,
}

impl Scripted {
    async fn new<T: Into<String>>(answers: impl IntoIterator<Item = T>) -> Self {
        let (say, seen) = mpsc::unbounded_channel();
        let left: Mutex<VecDeque<String>> = Mutex::new(answers.into_iter().map(Into::into).collect());
        let backend = Backend::new(move |number, mut wire| {
            let (say, answer) = (say.clone(), left.lock().unwrap().pop_front());
            async move {
                let Some(message) = wire.message().await else { return };
                say.send((number, message)).unwrap();
                wire.send(answer.expect("it is asked no more often")).await;
            }
        })
        .await;
        Self { backend, seen }
    }

    /// How many requests have reached it since this was asked last.
    fn asked(&mut self) -> usize {
        std::iter::from_fn(|| self.seen.try_recv().ok()).count()
    }
}

/// Somebody with a token that may change things.
async fn caller(world: &World) -> (String, Token) {
    let ann = world.user("ann", "operator").await;
    world.token_of("shop", &ann, &["read:things", "write:things"]).await
}

/// A request's bytes.
fn written(line: &str, headers: &[(&str, &str)], body: &str) -> String {
    let length = body.len().to_string();
    request(line, &[headers, &[("Content-Length", length.as_str())]].concat()) + body
}

/// A new thing.
fn creation(secret: &str, key: &str) -> String {
    let bearer = format!("Bearer {secret}");
    let headers =
        [("Authorization", bearer.as_str()), ("Idempotency-Key", key), ("Content-Type", "application/json")];
    written("POST /api/things", &headers, r#"{"name":"seven"}"#)
}

async fn send(front: &Front, request: &str) -> Message {
    let mut wire = front.connect().await;
    wire.send(request).await;
    wire.message().await.expect("an answer")
}

/// A request that the application has, and answers when it is let; and the connection that the answer will come by.
async fn held_up(world: &World, request: &str) -> (Held, Front, Wire) {
    let mut held = Held::new().await;
    let front = Front::of(world, held.backend.address).await;
    let mut wire = front.connect().await;
    wire.send(request).await;
    held.asked().await;
    (held, front, wire)
}

fn is_replay(answer: &Message) -> bool {
    let said = ["idempotent-replayed", "x-idempotent-replay"].map(|name| answer.header(name) == Some("true"));
    assert_eq!(said[0], said[1]);
    said[0]
}

/// Sends it until the first of its kind is not under way any more.
async fn settled(front: &Front, request: &str) -> Message {
    let asking = async {
        loop {
            let answer = send(front, request).await;
            if answer.status() != 409 || answer.code() != "answer_pending" {
                return answer;
            }
        }
    };
    timeout(PATIENCE, asking).await.expect("it comes to an end")
}

#[tokio::test]
async fn a_change_that_is_sent_again_is_made_once_and_answered_as_the_first_time() {
    let world = World::new().await;
    let (secret, _) = caller(&world).await;
    let mut application = Scripted::new([CREATED, CREATED]).await;
    let front = Front::of(&world, application.backend.address).await;
    let request = creation(&secret, "k1");
    let first = send(&front, &request).await;
    assert_eq!(
        (first.status(), first.body.as_slice(), first.header("x-other")),
        (201, &b"seven"[..], Some("x"))
    );
    assert!(!is_replay(&first));
    let (_, sent) = application.seen.recv().await.unwrap();
    assert_eq!((sent.asks(), sent.body.as_slice()), ("POST /api/things", &br#"{"name":"seven"}"#[..]));
    assert_eq!(
        (sent.header("idempotency-key"), sent.header("accept-encoding")),
        (Some("k1"), Some("identity"))
    );

    for after in [0, DAY - 1] {
        world.clock.advance(after);
        let again = send(&front, &request).await;
        assert!(is_replay(&again), "{again:?}");
        assert_eq!((again.status(), &again.body), (201, &first.body));
        for name in ["content-type", "location", "etag", "content-length"] {
            assert_eq!(again.header(name), first.header(name), "{name}");
        }
        assert_eq!((again.header("x-other"), again.header("cache-control")), (None, Some("no-store")));
    }
    assert_eq!(application.asked(), 0);

    world.clock.advance(1);
    let anew = send(&front, &request).await;
    assert_eq!((anew.status(), is_replay(&anew), application.asked()), (201, false, 1));
}

#[tokio::test]
async fn a_key_stands_for_one_request_of_its_token() {
    let world = World::new().await;
    let (secret, _) = caller(&world).await;
    let mut application = Scripted::new([CREATED, CREATED]).await;
    let front = Front::of(&world, application.backend.address).await;
    let bearer = format!("Bearer {secret}");
    let request = |line: &str, kind: &str, body: &str| {
        let headers = [("Authorization", bearer.as_str()), ("Idempotency-Key", "k"), ("Content-Type", kind)];
        written(line, &headers, body)
    };
    let first = request("PUT /api/things/a%2Db?x=1", "text/plain", "a");
    assert_eq!(send(&front, &first).await.status(), 201);
    assert_eq!(application.asked(), 1);
    for (line, kind, body) in [
        ("PUT /api/things/a-c?x=1", "text/plain", "a"),
        ("PUT /api/things/a-b?x=2", "text/plain", "a"),
        ("PUT /api/things/a-b", "text/plain", "a"),
        ("DELETE /api/things/a-b?x=1", "text/plain", "a"),
        ("PUT /api/things/a-b?x=1", "text/html", "a"),
        ("PUT /api/things/a-b?x=1", "text/plain", "b"),
        ("PUT /api/things/a-b?x=1", "text/plain", ""),
    ] {
        let answer = send(&front, &request(line, kind, body)).await;
        assert_eq!((answer.status(), answer.code().as_str()), (422, "idempotency_mismatch"), "{line} {body}");
    }
    // One that is spelled otherwise and means the same.
    assert!(is_replay(&send(&front, &request("PUT /api/things/a-b?x=1", "text/plain", "a")).await));
    assert_eq!(application.asked(), 0);

    // Another token's key of the same name is another.
    let ann = world.user("bob", "operator").await;
    let other = world.token(&ann, &["write:things"]).await;
    let answer = send(&front, &first.replace(&secret, &other)).await;
    assert_eq!((answer.status(), is_replay(&answer), application.asked()), (201, false, 1));
}

#[tokio::test]
async fn of_two_at_once_one_is_sent_and_the_other_comes_back_later() {
    let world = World::new().await;
    let (secret, _) = caller(&world).await;
    let request = creation(&secret, "k");
    let (held, front, mut first) = held_up(&world, &request).await;
    let second = send(&front, &request).await;
    assert_eq!((second.status(), second.code().as_str()), (409, "answer_pending"));
    assert_eq!(second.header("retry-after"), Some("1"));
    let _listening = held.finish();
    let answer = first.message().await.unwrap();
    assert_eq!((answer.status(), answer.body.as_slice(), is_replay(&answer)), (200, &b"done"[..], false));
    // It was noted before it was told.
    let answer = send(&front, &request).await;
    assert_eq!((answer.status(), answer.body.as_slice(), is_replay(&answer)), (200, &b"done"[..], true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_at_once_one_is_sent() {
    let world = World::new().await;
    let (secret, _) = caller(&world).await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    let request = creation(&secret, "k");
    let calls: Vec<_> = (0..16)
        .map(|_| {
            let (address, request) = (front.address, request.clone());
            tokio::spawn(async move {
                let mut wire =
                    crate::support::wire::Wire::new(tokio::net::TcpStream::connect(address).await.unwrap());
                wire.send(&request).await;
                wire.message().await.unwrap().status()
            })
        })
        .collect();
    for call in calls {
        let status = call.await.unwrap();
        assert!([200, 409].contains(&status), "{status}");
    }
    assert!(is_replay(&settled(&front, &request).await));
    recorder.seen().await;
    recorder.saw_nothing();
}

#[tokio::test]
async fn who_hangs_up_finds_the_answer_when_they_come_back() {
    let world = World::new().await;
    let (secret, _) = caller(&world).await;
    let request = creation(&secret, "k");
    let (held, front, wire) = held_up(&world, &request).await;
    drop(wire);
    let _listening = held.finish();
    let answer = settled(&front, &request).await;
    assert_eq!((answer.status(), answer.body.as_slice(), is_replay(&answer)), (200, &b"done"[..], true));
}

#[tokio::test]
async fn who_may_not_any_more_is_refused_and_told_nothing_of_the_answer() {
    let world = World::new().await;
    let (secret, token) = caller(&world).await;
    let mut application = Scripted::new([CREATED]).await;
    let front = Front::of(&world, application.backend.address).await;
    let request = creation(&secret, "k");
    assert_eq!(send(&front, &request).await.status(), 201);
    assert_eq!(application.asked(), 1);
    let narrowed =
        Token { scopes: vec!["read:things".parse().unwrap()], revision: token.revision + 1, ..token };
    world.commit(vec![Change::TokenChanged(narrowed.clone())]).await;
    assert_eq!(send(&front, &request).await.code(), "insufficient_scope");
    world.revoke(narrowed).await;
    assert_eq!(send(&front, &request).await.code(), "invalid_token");
}

#[tokio::test]
async fn what_is_taken_back_while_the_application_works_is_told_nothing_of_its_answer() {
    let world = World::new().await;
    let (secret, token) = caller(&world).await;
    let (held, _front, mut wire) = held_up(&world, &creation(&secret, "k")).await;
    world.revoke(token).await;
    let _listening = held.finish();
    let answer = wire.message().await.unwrap();
    assert_eq!((answer.status(), answer.code().as_str()), (401, "invalid_token"));
}

#[tokio::test]
async fn a_key_is_known_after_the_servers_own_keys_were_rotated() {
    let world = World::new().await;
    let (secret, _) = caller(&world).await;
    let application = Scripted::new([CREATED]).await;
    let front = Front::of(&world, application.backend.address).await;
    let request = creation(&secret, "k");
    assert_eq!(send(&front, &request).await.status(), 201);
    let keys = world.keys.clone();
    let pepper = Pepper::new(2, &Zeroizing::new([9; 32]));
    world.gate.set_keys(Keys { pepper, former_peppers: vec![keys.pepper.clone()], ..keys });
    assert!(is_replay(&send(&front, &request).await));
}
