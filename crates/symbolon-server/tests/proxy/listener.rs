//! The listener: its limits, its end, and what it says of a connection.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::Request;
use hyper::body::Incoming;
use symbolon_server::listen::{Limits, serve};
use symbolon_server::{AtTheMachine, Peer};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::support::backend::{Backend, Held, Recorder, listen, silent};
use crate::support::front::{Front, request, settings};
use crate::support::wire::Wire;
use crate::support::world::World;

const HEALTH: &str = "GET /api/health HTTP/1.1\r\nHost: a\r\n\r\n";

#[tokio::test]
async fn headers_that_do_not_arrive_are_not_waited_for() {
    let world = World::new().await;
    let recorder = Recorder::new().await;
    let limits = Limits { headers: Duration::from_millis(50), ..Limits::default() };
    let front = Front::by(&world, settings(recorder.backend.address), limits).await;
    for part in ["", "GET /api/hea", "GET /api/health HTTP/1.1\r\nHost: a\r\nX-Slow: "] {
        let mut wire = front.connect().await;
        wire.send(part).await;
        assert!(wire.ends().await, "{part:?}");
    }
}

#[tokio::test]
async fn headers_are_bounded() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    let many = "X-Many: 1\r\n".repeat(200);
    let long = format!("X-Long: {}\r\n", "x".repeat(70_000));
    for headers in [many, long] {
        let mut wire = front.connect().await;
        wire.send(format!("GET /api/health HTTP/1.1\r\nHost: a\r\n{headers}\r\n")).await;
        assert_eq!(wire.head().await.unwrap().status(), 431);
    }
    recorder.saw_nothing();
}

#[tokio::test]
async fn a_request_under_way_is_finished_and_the_port_is_free() {
    let world = World::new().await;
    let mut held = Held::new().await;
    let front = Front::of(&world, held.backend.address).await;
    // Connections with nothing under way: one that has said nothing yet, one kept alive. Neither is waited for.
    let mut silent = front.connect().await;
    let mut kept = front.connect().await;
    kept.send("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(kept.message().await.unwrap().status(), 404);
    let mut busy = front.connect().await;
    busy.send(HEALTH).await;
    held.asked().await;

    front.stop.cancel();
    assert!(silent.ends().await);
    assert!(kept.ends().await);
    // They ended because the listener had; its port is free while the request is still under way.
    assert!(TcpStream::connect(front.address).await.is_err());
    drop(tokio::net::TcpListener::bind(front.address).await.unwrap());
    assert!(!front.served.is_finished());
    let _backend = held.finish();
    let answer = busy.message().await.unwrap();
    assert_eq!((answer.body.as_slice(), answer.header("connection")), (&b"done"[..], Some("close")));
    assert!(busy.ends().await);
    front.served.await.unwrap();
}

#[tokio::test]
async fn the_grace_is_bounded() {
    let world = World::new().await;
    let (backend, mut heard) = silent().await;
    let limits = Limits { grace: Duration::from_millis(50), ..Limits::default() };
    let front = Front::by(&world, settings(backend.address), limits).await;
    let mut wire = front.connect().await;
    wire.send(HEALTH).await;
    assert_eq!(heard.recv().await, Some("asked"));
    front.stop.cancel();
    front.served.await.unwrap();
    assert!(wire.ends().await);
    assert_eq!(heard.recv().await, Some("left"));
}

#[tokio::test]
async fn connections_beyond_the_cap_wait() {
    let world = World::new().await;
    let recorder = Recorder::new().await;
    let limits = Limits { connections: 1, ..Limits::default() };
    let front = Front::by(&world, settings(recorder.backend.address), limits).await;
    let mut first = front.connect().await;
    first.send(HEALTH).await;
    assert_eq!(first.message().await.unwrap().status(), 200);
    let mut second = front.connect().await;
    second.send(HEALTH).await;
    // The first is still served, and the second is not yet.
    first.send(HEALTH).await;
    tokio::select! {
        biased;
        answer = second.message() => panic!("{answer:?}"),
        answer = first.message() => assert_eq!(answer.unwrap().status(), 200),
    }
    drop(first);
    assert_eq!(second.message().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_tunnel_counts_as_the_connection_that_it_was() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["read:things"]).await;
    let backend = Backend::new(async |_, mut wire| {
        wire.head().await.unwrap();
        wire.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
            .await;
        let mut buffer = [0; 64];
        while let Ok(count @ 1..) = wire.0.read(&mut buffer).await {
            wire.send(&buffer[..count]).await;
        }
    })
    .await;
    let limits = Limits { connections: 1, ..Limits::default() };
    let front = Front::by(&world, settings(backend.address), limits).await;
    let mut tunnel = front.tunnel(&[("X-API-Key", &token)]).await;
    let mut second = front.connect().await;
    second.send(request("GET /api/things", &[])).await;
    for _ in 0..10 {
        tokio::select! {
            biased;
            answer = second.message() => panic!("{answer:?}"),
            () = tunnel.hears_itself() => {}
        }
    }
    drop(tunnel);
    assert_eq!(second.message().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_caller_who_does_not_read_is_left() {
    let world = World::new().await;
    let (say, mut heard) = mpsc::unbounded_channel();
    let backend = Backend::new(move |_, mut wire| {
        let say = say.clone();
        async move {
            wire.message().await.unwrap();
            let piece = vec![b'x'; 1 << 20];
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n").await;
            while tokio::io::AsyncWriteExt::write_all(wire.0.get_mut(), &piece).await.is_ok() {}
            say.send(()).unwrap();
        }
    })
    .await;
    let limits = Limits { stall: Duration::from_millis(100), ..Limits::default() };
    let front = Front::by(&world, settings(backend.address), limits).await;
    let mut wire = front.connect().await;
    wire.send(HEALTH).await;
    heard.recv().await.unwrap();
}

/// Answers with what the listener says of the connection.
async fn tell(request: Request<Incoming>) -> Result<Response, Infallible> {
    let peer = request.extensions().get::<Peer>().map(|Peer(address)| address.to_string());
    let machine = request.extensions().get::<AtTheMachine>().is_some();
    Ok(Response::new(Body::from(format!("{} {machine}", peer.unwrap_or_default()))))
}

#[tokio::test]
async fn a_connection_says_where_it_comes_from() {
    let stop = CancellationToken::new();
    let (listener, address) = listen().await;
    let tcp = tokio::spawn(serve(listener.into(), tower::service_fn(tell), stop.clone(), Limits::default()));
    let mut wire = Wire::new(TcpStream::connect(address).await.unwrap());
    wire.send(HEALTH).await;
    assert_eq!(wire.message().await.unwrap().body, b"127.0.0.1 false");

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let unix = tokio::spawn(serve(listener.into(), tower::service_fn(tell), stop.clone(), Limits::default()));
    let mut wire = Wire::new(UnixStream::connect(&path).await.unwrap());
    wire.send(HEALTH).await;
    assert_eq!(wire.message().await.unwrap().body, b" true");

    stop.cancel();
    tcp.await.unwrap();
    unix.await.unwrap();
}

#[tokio::test]
async fn the_management_api_is_served_by_the_same_listener() {
    let world = World::new().await;
    let stop = CancellationToken::new();
    let (listener, address) = listen().await;
    let door = symbolon_server::router(world.app.clone());
    let served = tokio::spawn(serve(listener.into(), door, stop.clone(), Limits::default()));
    let mut wire = Wire::new(TcpStream::connect(address).await.unwrap());
    wire.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(wire.message().await.unwrap().status(), 200);
    stop.cancel();
    served.await.unwrap();
}
