//! Callers who go on, but so slowly that they hold a connection for as long as they like.

use std::num::NonZeroU64;
use std::time::Duration;

use symbolon_server::listen::Limits;
use symbolon_server::proxy::{ProxyLimits, ProxySettings, Timeouts};
use tokio::io::AsyncWriteExt;
use tokio::time::interval;

use crate::support::backend::Recorder;
use crate::support::front::{Front, settings};
use crate::support::world::World;

/// A byte every few milliseconds, none of which is a pause that is too long.
#[tokio::test]
async fn a_body_that_trickles_is_cut_although_no_pause_is_too_long() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["write:things"]).await;
    for (rate, status) in [(NonZeroU64::new(10_000), 400), (None, 200)] {
        let recorder = Recorder::new().await;
        let timeouts = Timeouts { idle: Duration::from_millis(300), ..Timeouts::default() };
        let limits = ProxyLimits { body_rate: rate, ..ProxyLimits::default() };
        let proxied = ProxySettings { timeouts, limits, ..settings(recorder.backend.address) };
        let front = Front::by(&world, proxied, Limits::default()).await;
        let mut wire = front.connect().await;
        wire.send(format!(
            "POST /api/things HTTP/1.1\r\nHost: shop.example\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: 100\r\n\r\n"
        ))
        .await;
        let mut tick = interval(Duration::from_millis(10));
        for _ in 0..100 {
            tick.tick().await;
            if wire.0.get_mut().write_all(b"x").await.is_err() {
                break;
            }
        }
        assert_eq!(wire.message().await.unwrap().status(), status, "{rate:?}");
    }
}
