//! How many requests an application is given at once.

use std::time::Duration;

use symbolon_server::listen::Limits;
use symbolon_server::proxy::{ProxyLimits, ProxySettings, Timeouts};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

use crate::support::backend::{Backend, Held};
use crate::support::front::{Front, request, settings};
use crate::support::world::World;

/// Long enough to connect, and for nothing else.
const SHORTLY: Duration = Duration::from_millis(500);
/// Longer than a test: who waits for a place that nobody gives back is seen to hang.
const LONG: Duration = Duration::from_mins(10);

/// The shop, which is given `requests` at once; more wait for `patience`.
async fn front(world: &World, backend: &Backend, requests: usize, patience: Duration) -> Front {
    let timeouts = Timeouts { connect: patience, ..Timeouts::default() };
    let limits = ProxyLimits { requests, ..ProxyLimits::default() };
    let proxied = ProxySettings { timeouts, limits, ..settings(backend.address) };
    Front::by(world, proxied, Limits::default()).await
}

#[tokio::test]
async fn what_is_too_much_at_once_is_answered_503_and_never_reaches_the_application() {
    let world = World::telling().await;
    let mut held = Held::new().await;
    let front = front(&world, &held.backend, 1, SHORTLY).await;
    let mut first = front.connect().await;
    first.send(request("GET /api/health", &[])).await;
    held.asked().await;

    let second = front.ask("GET /api/health", &[]).await;
    assert_eq!((second.status(), second.code().as_str()), (503, "overloaded"));
    assert_eq!(second.header("retry-after"), Some("1"));
    // What is refused takes no place, and is told at once.
    assert_eq!(front.ask("GET /api/things", &[]).await.status(), 401);

    let _backend = held.finish();
    assert_eq!(first.message().await.unwrap().body, b"done");
    let statuses: Vec<_> = world.access_log().await.iter().map(|line| line["code"].clone()).collect();
    assert_eq!(statuses, ["overloaded", "credential_required", "allowed"]);
}

/// An application that says what it is asked, and answers as the path says.
async fn application() -> (Backend, mpsc::UnboundedReceiver<String>) {
    let (say, heard) = mpsc::unbounded_channel();
    let backend = Backend::new(move |_, mut wire| {
        let say = say.clone();
        async move {
            while let Some(message) = wire.message().await {
                say.send(message.asks().to_owned()).unwrap();
                match message.asks() {
                    "GET /api/socket" => {
                        let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
                        wire.send(format!("HTTP/1.1 101 Switching Protocols\r\n{upgrade}")).await;
                        assert!(wire.ends().await);
                        return;
                    }
                    "GET /api/things/silence" => {
                        assert!(wire.ends().await);
                        return;
                    }
                    "GET /api/things/fault" => return,
                    "GET /api/things/long" => {
                        wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n").await;
                        assert!(wire.ends().await);
                        return;
                    }
                    _ => wire.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await,
                }
            }
        }
    })
    .await;
    (backend, heard)
}

#[tokio::test]
async fn a_tunnel_and_an_answer_that_goes_on_keep_their_place() {
    let world = World::new().await;
    let (backend, mut heard) = application().await;
    let front = front(&world, &backend, 1, SHORTLY).await;
    let ann = world.user("ann", "operator").await;
    let bearer = format!("Bearer {}", world.token(&ann, &["read:things"]).await);
    let bearer = [("Authorization", bearer.as_str())];

    let tunnel = front.tunnel(&bearer).await;
    assert_eq!(front.ask("GET /api/health", &[]).await.code(), "overloaded");
    drop(tunnel);
    assert_eq!(heard.recv().await.unwrap(), "GET /api/socket");

    let front = self::front(&world, &backend, 1, SHORTLY).await;
    let mut wire = front.connect().await;
    wire.send(request("GET /api/things/long", &bearer)).await;
    assert_eq!(wire.head().await.unwrap().status(), 200);
    assert_eq!(front.ask("GET /api/health", &[]).await.code(), "overloaded");
}

#[tokio::test]
async fn a_place_is_free_when_its_request_is_over_however_that_was() {
    let world = World::new().await;
    let (backend, mut heard) = application().await;
    let front = front(&world, &backend, 1, LONG).await;
    let ann = world.user("ann", "operator").await;
    let bearer = format!("Bearer {}", world.token(&ann, &["read:things"]).await);
    let bearer = [("Authorization", bearer.as_str())];
    // The fault first: over a connection that was kept it would be asked twice.
    for asked in ["things/fault", "socket", "things/silence", "things/long", "things/7"] {
        let line = format!("GET /api/{asked}");
        let mut wire = if asked == "socket" {
            front.tunnel(&bearer).await
        } else {
            let mut wire = front.connect().await;
            wire.send(request(&line, &bearer)).await;
            wire
        };
        assert_eq!(heard.recv().await.unwrap(), line);
        match asked {
            "things/fault" => assert_eq!(wire.message().await.unwrap().status(), 502),
            "things/7" => assert_eq!(wire.message().await.unwrap().status(), 200),
            "things/long" => assert_eq!(wire.head().await.unwrap().status(), 200),
            _ => {}
        }
        // Who comes meanwhile waits in turn.
        let mut next = front.connect().await;
        next.send(request("GET /api/health", &[])).await;
        drop(wire);
        assert_eq!(heard.recv().await.unwrap(), "GET /api/health", "after {asked}");
        assert_eq!(next.message().await.unwrap().status(), 200, "after {asked}");
    }
}

#[tokio::test]
async fn who_leaves_while_waiting_for_a_place_takes_none() {
    let world = World::new().await;
    let (backend, mut heard) = application().await;
    let front = front(&world, &backend, 1, LONG).await;
    let ann = world.user("ann", "operator").await;
    let bearer = format!("Bearer {}", world.token(&ann, &["read:things"]).await);
    let ask = async |path: &str| {
        let mut wire = front.connect().await;
        wire.send(request(&format!("GET /api/things/{path}"), &[("Authorization", &bearer)])).await;
        wire
    };
    let first = ask("silence").await;
    assert_eq!(heard.recv().await.unwrap(), "GET /api/things/silence");
    let second = ask("second").await;
    // It waits by now, for this one came after it and is told of.
    assert_eq!(front.ask("GET /api/things", &[]).await.status(), 401);
    drop(second);
    drop(first);
    let mut third = ask("third").await;
    assert_eq!(third.message().await.unwrap().status(), 200);
    assert_eq!(heard.recv().await.unwrap(), "GET /api/things/third");
}

/// An application may answer and never read the rest.
#[tokio::test]
async fn an_upload_that_nobody_reads_keeps_its_place_no_longer_than_nothing_moves() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["write:things"]).await;
    for stays in [true, false] {
        let backend = Backend::new(async |_, mut wire| {
            let asked = wire.head().await.unwrap();
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
            if asked.asks().starts_with("POST") {
                std::future::pending::<()>().await;
            }
        })
        .await;
        let timeouts = Timeouts { connect: LONG, idle: Duration::from_millis(200), ..Timeouts::default() };
        let limits = ProxyLimits { requests: 1, ..ProxyLimits::default() };
        let proxied = ProxySettings { timeouts, limits, ..settings(backend.address) };
        let front = Front::by(&world, proxied, Limits::default()).await;
        let mut wire = front.connect().await;
        let upload = [("X-API-Key", token.as_str()), ("Content-Length", "1099511627776")];
        wire.send(request("POST /api/things", &upload)).await;
        let (mut reading, mut writing) = tokio::io::split(wire.0.into_inner());
        let sending = tokio::spawn(async move { while writing.write_all(&[0; 4096]).await.is_ok() {} });
        let mut answer = [0; 12];
        reading.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
        if !stays {
            sending.abort();
            drop(reading);
        }
        assert_eq!(front.ask("GET /api/health", &[]).await.body, b"ok", "{stays}");
    }
}
