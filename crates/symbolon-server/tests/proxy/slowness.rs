//! Callers who go on, but so slowly that they hold a connection for as long as they like.

use std::num::NonZeroU64;
use std::time::Duration;

use symbolon_server::listen::Limits;
use symbolon_server::proxy::{ProxyLimits, ProxySettings, Timeouts};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::interval;

use crate::support::backend::{Backend, Recorder};
use crate::support::front::{Front, request, settings};
use crate::support::world::World;

/// A byte every few milliseconds, none of which is a pause that is too long.
#[tokio::test]
async fn a_body_that_trickles_is_cut_although_no_pause_is_too_long() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["write:things"]).await;
    for (rate, status) in [(NonZeroU64::new(10_000), 400), (None, 200)] {
        let recorder = Recorder::new().await;
        let timeouts = Timeouts { idle: Duration::from_secs(1), ..Timeouts::default() };
        let limits = ProxyLimits { body_rate: rate, ..ProxyLimits::default() };
        let proxied = ProxySettings { timeouts, limits, ..settings(recorder.backend.address) };
        let front = Front::by(&world, proxied, Limits::default()).await;
        let mut wire = front.connect().await;
        wire.send(format!(
            "POST /api/things HTTP/1.1\r\nHost: shop.example\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: 100\r\n\r\n"
        ))
        .await;
        let mut tick = interval(Duration::from_millis(20));
        for _ in 0..100 {
            tick.tick().await;
            if wire.0.get_mut().write_all(b"x").await.is_err() {
                break;
            }
        }
        assert_eq!(wire.message().await.unwrap().status(), status, "{rate:?}");
    }
}

/// What is said on both sides has its pauses, and they are no trick.
#[tokio::test]
async fn a_conversation_may_be_slow() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["write:things"]).await;
    let backend = Backend::new(async |_, mut wire| {
        wire.head().await.unwrap();
        wire.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n").await;
        let mut said = [0];
        while wire.0.read_exact(&mut said).await.is_ok() {
            wire.send(said).await;
        }
    })
    .await;
    let timeouts = Timeouts { idle: Duration::from_secs(1), ..Timeouts::default() };
    let limits = ProxyLimits { body_rate: NonZeroU64::new(10_000), ..ProxyLimits::default() };
    let proxied = ProxySettings { timeouts, limits, ..settings(backend.address) };
    let front = Front::by(&world, proxied, Limits::default()).await;
    let mut wire = front.connect().await;
    wire.send(request("POST /api/things", &[("X-API-Key", &token), ("Content-Length", "100")])).await;
    assert_eq!(wire.head().await.unwrap().status(), 200);
    let mut tick = interval(Duration::from_millis(20));
    let mut heard = [0];
    for _ in 0..100 {
        tick.tick().await;
        wire.send("x").await;
        wire.0.read_exact(&mut heard).await.unwrap();
    }
}

/// Where nothing is answered any more it is a trickle again.
#[tokio::test]
async fn a_body_that_trickles_on_after_its_answer_is_cut() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["write:things"]).await;
    let (say, mut ended) = tokio::sync::mpsc::unbounded_channel();
    let backend = Backend::new(move |_, mut wire| {
        let say = say.clone();
        async move {
            wire.head().await.unwrap();
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
            let mut said = [0];
            while wire.0.read_exact(&mut said).await.is_ok() {}
            say.send(()).unwrap();
        }
    })
    .await;
    let timeouts = Timeouts { idle: Duration::from_millis(500), ..Timeouts::default() };
    let limits = ProxyLimits { body_rate: NonZeroU64::new(10_000), ..ProxyLimits::default() };
    let proxied = ProxySettings { timeouts, limits, ..settings(backend.address) };
    let front = Front::by(&world, proxied, Limits::default()).await;
    let mut wire = front.connect().await;
    wire.send(request("POST /api/things", &[("X-API-Key", &token), ("Content-Length", "1000000")])).await;
    assert_eq!(wire.message().await.unwrap().body, b"ok");
    let mut tick = interval(Duration::from_millis(20));
    // Without the cut for hours; the application hears of it before that.
    while ended.is_empty() {
        tick.tick().await;
        let _ = wire.0.get_mut().write_all(b"x").await;
    }
    ended.recv().await.unwrap();
}
