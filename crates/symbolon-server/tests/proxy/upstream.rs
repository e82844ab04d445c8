//! Applications that are down, slow, broken, or close their connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use symbolon_server::listen::Limits;
use symbolon_server::proxy::{ProxySettings, Timeouts};

use crate::support::backend::{Backend, Recorder, listen};
use crate::support::front::{Front, settings};
use crate::support::world::World;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

#[tokio::test]
async fn an_application_that_is_down_is_a_bad_gateway() {
    let world = World::new().await;
    let (listener, address) = listen().await;
    drop(listener);
    let front = Front::of(&world, address).await;
    let answer = front.ask("GET /api/health", &[]).await;
    assert_eq!((answer.status(), answer.code().as_str()), (502, "bad_gateway"));
    assert!(!String::from_utf8_lossy(&answer.body).contains(&address.port().to_string()));
}

#[tokio::test]
async fn an_application_that_is_silent_is_a_timeout() {
    let world = World::new().await;
    let backend = Backend::new(|_, mut wire| async move {
        wire.message().await.unwrap();
        assert!(wire.ends().await);
    })
    .await;
    let timeouts = Timeouts { answer: Duration::from_millis(50), ..Timeouts::default() };
    let front =
        Front::by(&world, ProxySettings { timeouts, ..settings(backend.address) }, Limits::default()).await;
    let answer = front.ask("GET /api/health", &[]).await;
    assert_eq!((answer.status(), answer.code().as_str()), (504, "gateway_timeout"));
}

#[tokio::test]
async fn a_slow_upload_is_not_taken_for_a_slow_application() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let timeouts = Timeouts { answer: Duration::from_millis(250), ..Timeouts::default() };
    let proxied = ProxySettings { timeouts, ..settings(recorder.backend.address) };
    let front = Front::by(&world, proxied, Limits::default()).await;
    let mut wire = front.connect().await;
    wire.send("POST /api/login HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n").await;
    for _ in 0..2 {
        // The passing of time is what is tested: each pause is longer than the whole patience with an answer.
        tokio::time::sleep(Duration::from_millis(510)).await;
        wire.send("x").await;
    }
    assert_eq!(wire.message().await.unwrap().status(), 200);
    assert_eq!(recorder.seen().await.body, b"xx");
}

#[tokio::test]
async fn an_application_that_does_not_speak_http_is_a_bad_gateway() {
    let world = World::new().await;
    for speech in
        ["", "SSH-2.0-OpenSSH\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na"]
    {
        let backend = Backend::new(move |_, mut wire| async move {
            wire.message().await.unwrap();
            wire.send(speech).await;
        })
        .await;
        let front = Front::of(&world, backend.address).await;
        assert_eq!(front.ask("GET /api/health", &[]).await.code(), "bad_gateway", "{speech:?}");
    }
}

#[tokio::test]
async fn connections_are_used_again() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    let mut wire = front.connect().await;
    for line in ["GET /api/health", "HEAD /api/health", "POST /api/login", "GET /api/health"] {
        wire.send(format!("{line} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        let answer = if line.starts_with("HEAD") { wire.head().await } else { wire.message().await };
        assert_eq!(answer.unwrap().header("content-length"), Some("2"));
        assert_eq!(recorder.numbered().await.0, 0, "{line}");
    }
}

/// An application whose first connection answers once, and ends when the second request is there.
async fn closing() -> (Backend, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let backend = Backend::new(move |number, mut wire| {
        let count = counted.clone();
        async move {
            while wire.message().await.is_some() {
                let before = count.fetch_add(1, Ordering::SeqCst);
                if number == 0 && before > 0 {
                    return;
                }
                wire.send(OK).await;
            }
        }
    })
    .await;
    (backend, count)
}

#[tokio::test]
async fn what_may_be_sent_twice_survives_a_closed_connection() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["read:things", "write:things"]).await;
    for line in ["GET /api/things", "DELETE /api/things/7", "PUT /api/things/7"] {
        let (backend, count) = closing().await;
        let front = Front::of(&world, backend.address).await;
        assert_eq!(front.ask_as(&token, "GET /api/things", &[]).await.status(), 200);
        assert_eq!(front.ask_as(&token, line, &[]).await.status(), 200, "{line}");
        assert_eq!(count.load(Ordering::SeqCst), 3, "{line}");
    }
}

#[tokio::test]
async fn what_may_not_be_sent_twice_is_not() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["read:things", "write:things"]).await;
    let (backend, count) = closing().await;
    let front = Front::of(&world, backend.address).await;
    assert_eq!(front.ask_as(&token, "GET /api/things", &[]).await.status(), 200);
    assert_eq!(front.ask_as(&token, "POST /api/things", &[]).await.code(), "bad_gateway");
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn answers_pass_without_what_was_between_two_servers() {
    let world = World::new().await;
    let backend = Backend::new(|_, mut wire| async move {
        wire.message().await.unwrap();
        wire.send(
            "HTTP/1.1 418 Short and stout\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nConnection: close, X-Once\r\n\
             X-Once: 1\r\nKeep-Alive: timeout=5\r\nServer: pot\r\nContent-Length: 3\r\n\r\ntea",
        )
        .await;
    })
    .await;
    let front = Front::of(&world, backend.address).await;
    let mut wire = front.connect().await;
    for _ in 0..2 {
        wire.send("GET /api/health HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let answer = wire.message().await.unwrap();
        assert_eq!((answer.status(), answer.body.as_slice()), (418, &b"tea"[..]));
        assert_eq!(answer.all("set-cookie"), ["a=1", "b=2"]);
        assert_eq!(answer.header("server"), Some("pot"));
        for name in ["x-once", "keep-alive", "connection"] {
            assert_eq!(answer.header(name), None, "{name}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_ends_with_its_connection_is_passed_whole() {
    let world = World::new().await;
    let backend = Backend::new(|_, mut wire| async move {
        wire.message().await.unwrap();
        wire.send("HTTP/1.0 200 OK\r\n\r\nall of it").await;
    })
    .await;
    let front = Front::of(&world, backend.address).await;
    assert_eq!(front.ask("GET /api/health", &[]).await.body, b"all of it");
}
