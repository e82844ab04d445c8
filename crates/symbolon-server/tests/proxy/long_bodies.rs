//! Bodies that are longer than they may be: those that say so never arrive, the others never arrive whole.

use std::sync::Mutex;

use axum::body::Body;
use http::StatusCode;
use symbolon_server::OtherCredentials;
use symbolon_server::proxy::{ProxyLimits, ProxySettings};
use tokio::io::AsyncReadExt;
use tokio::sync::{mpsc, oneshot};

use crate::http2::{H2C, Pieces, ask, client};
use crate::support::backend::{Backend, Recorder};
use crate::support::front::{Front, settings};
use crate::support::world::World;

/// Ten bytes at a time.
fn ten() -> ProxyLimits {
    ProxyLimits { body_bytes: Some(10), ..ProxyLimits::default() }
}

/// The shop, to which ten bytes may be sent at a time.
async fn front(world: &World, backend: &Backend) -> Front {
    let proxied = ProxySettings { limits: ten(), ..settings(backend.address) };
    Front::by(world, proxied, H2C()).await
}

/// An application that reads until its caller has gone, and tells what it read after the headers.
async fn reader() -> (Backend, mpsc::UnboundedReceiver<String>) {
    let (say, heard) = mpsc::unbounded_channel();
    let backend = Backend::new(move |_, mut wire| {
        let say = say.clone();
        async move {
            wire.head().await.unwrap();
            let mut read = Vec::new();
            // However the connection ends.
            let _ = wire.0.read_to_end(&mut read).await;
            say.send(String::from_utf8(read).unwrap()).unwrap();
        }
    })
    .await;
    (backend, heard)
}

const POST: &str = "POST /api/login HTTP/1.1\r\nHost: a\r\n";

#[tokio::test]
async fn a_body_that_says_that_it_is_too_long_does_not_arrive() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let front = front(&world, &recorder.backend).await;
    // Nobody is told to go on sending, either.
    for more in ["", "Expect: 100-continue\r\n"] {
        let mut wire = front.connect().await;
        wire.send(format!("{POST}{more}Content-Length: 11\r\n\r\n")).await;
        let answer = wire.message().await.unwrap();
        assert_eq!((answer.status(), answer.code().as_str()), (413, "payload_too_large"));
    }
    let mut client = client(&front).await;
    let answer = ask(&mut client, "POST /api/login", &[], Body::from("hello world")).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    recorder.saw_nothing();

    // Whoever may not ask is told that.
    let mut wire = front.connect().await;
    wire.send("POST /api/things HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n").await;
    assert_eq!(wire.message().await.unwrap().status(), 401);

    let mut wire = front.connect().await;
    wire.send(format!("{POST}Content-Length: 10\r\n\r\nhelloworld")).await;
    assert_eq!(wire.message().await.unwrap().status(), 200);
    assert_eq!(recorder.seen().await.body, b"helloworld");
    let answer = ask(&mut client, "POST /api/login", &[], Body::from("helloworld")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(recorder.seen().await.body, b"helloworld");
}

#[tokio::test]
async fn a_body_that_turns_out_too_long_arrives_broken() {
    let world = World::new().await;
    let (backend, mut heard) = reader().await;
    let front = front(&world, &backend).await;
    let mut wire = front.connect().await;
    wire.send(format!("{POST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n")).await;
    let answer = wire.message().await.unwrap();
    assert_eq!((answer.status(), answer.code().as_str()), (413, "payload_too_large"));
    let whole = |read: &str| read.contains("world") || read.ends_with("0\r\n\r\n");
    let read = heard.recv().await.unwrap();
    assert!(!whole(&read), "{read:?}");

    let mut client = client(&front).await;
    let pieces = Body::new(Pieces(vec![" world", "hello"]));
    let answer = ask(&mut client, "POST /api/login", &[], pieces).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let read = heard.recv().await.unwrap();
    assert!(!whole(&read), "{read:?}");
}

#[tokio::test]
async fn a_body_of_an_unsaid_length_that_is_not_too_long_arrives_whole() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let front = front(&world, &recorder.backend).await;
    let mut wire = front.connect().await;
    // Two requests on one connection are two bodies.
    for _ in 0..2 {
        wire.send(format!("{POST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n"))
            .await;
        assert_eq!(wire.message().await.unwrap().status(), 200);
        assert_eq!(recorder.seen().await.body, b"helloworld");
    }
    let mut client = client(&front).await;
    let pieces = Body::new(Pieces(vec!["world", "hello"]));
    assert_eq!(ask(&mut client, "POST /api/login", &[], pieces).await.status(), StatusCode::OK);
    assert_eq!(recorder.seen().await.body, b"helloworld");
}

#[tokio::test]
async fn an_answer_that_has_begun_breaks_off_with_the_body() {
    let world = World::new().await;
    let (go, gone) = oneshot::channel();
    let go = Mutex::new(Some(go));
    let backend = Backend::new(move |_, mut wire| {
        let go = go.lock().unwrap().take();
        async move {
            wire.head().await.unwrap();
            wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n").await;
            let mut read = Vec::new();
            let _ = wire.0.read_to_end(&mut read).await;
            go.unwrap().send(read).unwrap();
        }
    })
    .await;
    let front = front(&world, &backend).await;
    let mut wire = front.connect().await;
    wire.send(format!("{POST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")).await;
    assert_eq!(wire.head().await.unwrap().status(), 200);
    assert_eq!(wire.chunk().await.unwrap(), b"ok");
    wire.send("6\r\n world\r\n").await;
    assert!(wire.ends().await);
    assert!(!gone.await.unwrap().ends_with(b"0\r\n\r\n"));
}

#[tokio::test]
async fn what_is_left_to_the_applications_own_login_is_bounded_too() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let other_credentials = OtherCredentials::Passthrough;
    let proxied = ProxySettings { limits: ten(), other_credentials, ..settings(recorder.backend.address) };
    let front = Front::by(&world, proxied, H2C()).await;
    let mut wire = front.connect().await;
    wire.send("POST /own/login HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n").await;
    assert_eq!(wire.message().await.unwrap().status(), 413);
    recorder.saw_nothing();
}
