//! WebSockets.

use std::time::Duration;

use symbolon_server::listen::Limits;
use symbolon_server::proxy::{ProxySettings, Timeouts};
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc;

use crate::support::backend::{Backend, Recorder};
use crate::support::front::{Front, request, settings};
use crate::support::wire::{Message, Wire};
use crate::support::world::World;

const HANDSHAKE: [(&str, &str); 4] = [
    ("Connection", "keep-alive, Upgrade"),
    ("Upgrade", "WebSocket"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("Sec-WebSocket-Version", "13"),
];

/// Accepts every upgrade, then says back in capitals what it hears.
async fn echo(say: mpsc::UnboundedSender<Message>, mut wire: Wire) {
    let Some(head) = wire.head().await else { return };
    say.send(head).unwrap();
    let accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    let head = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n";
    wire.send(format!("{head}{accept}\r\n\r\n")).await;
    let mut buffer = [0; 1024];
    while let Ok(count @ 1..) = wire.0.read(&mut buffer).await {
        wire.send(buffer[..count].to_ascii_uppercase()).await;
    }
}

async fn backend() -> (Backend, mpsc::UnboundedReceiver<Message>) {
    let (say, seen) = mpsc::unbounded_channel();
    (Backend::new(move |_, wire| echo(say.clone(), wire)).await, seen)
}

async fn said_back(wire: &mut Wire, text: &str) {
    wire.send(text).await;
    let mut heard = vec![0; text.len()];
    wire.0.read_exact(&mut heard).await.unwrap();
    assert_eq!(heard, text.to_ascii_uppercase().as_bytes());
}

#[tokio::test]
async fn a_websocket_is_decided_about_and_then_a_tunnel() {
    let world = World::new().await;
    let ann = world.user("ann", "viewer").await;
    let token = format!("Bearer {}", world.token(&ann, &["read:things"]).await);
    let (backend, mut seen) = backend().await;
    let front = Front::of(&world, backend.address).await;

    assert_eq!(front.ask("GET /api/socket", &HANDSHAKE).await.status(), 401);

    let mut wire = front.connect().await;
    let headers = [&HANDSHAKE[..], &[("Authorization", &token)]].concat();
    wire.send(request("GET /api/socket", &headers)).await;
    let answer = wire.head().await.unwrap();
    assert_eq!(answer.status(), 101);
    assert_eq!(answer.header("upgrade"), Some("websocket"));
    assert_eq!(answer.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    let seen = seen.recv().await.unwrap();
    assert_eq!((seen.header("connection"), seen.header("upgrade")), (Some("upgrade"), Some("websocket")));
    assert_eq!(seen.header("sec-websocket-key"), Some(HANDSHAKE[2].1));
    assert_eq!((seen.header("authorization"), seen.header("x-symbolon-owner")), (None, Some("ann")));
    said_back(&mut wire, "hello").await;
    said_back(&mut wire, "again").await;

    // The server's end is the tunnel's, without waiting for the grace.
    front.stop.cancel();
    assert!(wire.ends().await);
    front.served.await.unwrap();
}

#[tokio::test]
async fn no_other_protocol_is_tunnelled() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    for (line, headers) in [
        ("GET /api/health", &[("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c")][..]),
        ("GET /api/health", &[("Connection", "Upgrade"), ("Upgrade", "websocket, h2c")]),
        ("GET /api/health", &[("Connection", "close"), ("Upgrade", "websocket")]),
        ("POST /api/login", &[("Connection", "Upgrade"), ("Upgrade", "websocket")]),
    ] {
        assert_eq!(front.ask(line, headers).await.status(), 200);
        let seen = recorder.seen().await;
        assert_eq!((seen.header("upgrade"), seen.header("connection")), (None, None), "{headers:?}");
    }
}

#[tokio::test]
async fn an_upgrade_that_nobody_asked_for_is_no_answer() {
    let world = World::new().await;
    let (backend, _seen) = backend().await;
    let front = Front::of(&world, backend.address).await;
    assert_eq!(front.ask("GET /api/health", &[]).await.code(), "bad_gateway");
    let h2c = [("Connection", "Upgrade"), ("Upgrade", "h2c")];
    assert_eq!(front.ask("GET /api/health", &h2c).await.code(), "bad_gateway");
}

#[tokio::test]
async fn a_tunnel_ends_with_either_end_or_with_silence() {
    let world = World::new().await;
    let (backend, _seen) = backend().await;
    let timeouts = Timeouts { idle: Duration::from_millis(500), ..Timeouts::default() };
    let proxied = ProxySettings { timeouts, ..settings(backend.address) };
    let front = Front::by(&world, proxied, Limits::default()).await;
    let mut wire = front.connect().await;
    wire.send(request("GET /api/health", &HANDSHAKE)).await;
    assert_eq!(wire.head().await.unwrap().status(), 101);
    said_back(&mut wire, "hello").await;
    assert!(wire.ends().await);
}
