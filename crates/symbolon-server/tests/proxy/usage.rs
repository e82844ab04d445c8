//! Use is counted once for each request, whatever goes on afterwards.

use std::time::Duration;

use symbolon_core::usage::{Day, TokenUsage};
use symbolon_server::Clock;
use symbolon_server::listen::Limits;
use symbolon_server::proxy::{ProxySettings, Timeouts};

use crate::support::backend::{Backend, Recorder};
use crate::support::front::{Front, request, settings};
use crate::support::world::World;

async fn usage(world: &World, token: symbolon_core::id::TokenId) -> TokenUsage {
    world.app.write_usage().await;
    world.store.usage(token, Day::of(world.clock.now()).last(90)).await.unwrap()
}

#[tokio::test]
async fn the_days_add_up_to_what_was_asked() {
    let world = World::new().await;
    let ann = world.user("ann", "viewer").await;
    let (secret, token) = world.token_of("shop", &ann, &["read:things", "write:things"]).await;
    let recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    for (line, status) in [
        ("GET /api/things", 200),
        ("GET /api/things/7?secret=x", 200),
        ("HEAD /api/things", 200),
        ("GET /api/health", 200),
        // Refused by the role, by the kind of caller, and twice by what the proxy counts for nobody.
        ("DELETE /api/things/7", 403),
        ("GET /api/settings", 403),
        ("GET /api/nowhere", 404),
        ("PATCH /api/things", 405),
    ] {
        assert_eq!(front.ask_as(&secret, line, &[]).await.status(), status, "{line}");
        world.clock.advance(43_200_000);
    }
    let told = usage(&world, token.id).await;
    let days: Vec<_> = told.days.iter().map(|day| (day.allowed, day.refused)).collect();
    // The clock begins at 22:13, so the first is alone on its day.
    assert_eq!(days, [(1, 0), (2, 0), (1, 1), (0, 1)]);
    let mut routes: Vec<_> = told
        .routes
        .iter()
        .map(|route| format!("{} {} {} {}", route.method, route.path, route.outcome.as_str(), route.count))
        .collect();
    routes.sort();
    let expected = [
        "DELETE /things/{id} insufficient_role 1",
        "GET /health allowed 1",
        "GET /settings human_only 1",
        "GET /things allowed 2",
        "GET /things/{id} allowed 1",
    ];
    assert_eq!(routes, expected);
    assert!(told.routes.iter().all(|route| route.last_ip.is_some_and(|ip| ip.is_loopback())));
}

/// A stream is asked about again and again while it lasts; it is one request.
#[tokio::test]
async fn what_lasts_is_counted_once() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let (secret, token) = world.token_of("shop", &ann, &["read:things"]).await;
    let backend = Backend::new(|_, mut wire| async move {
        wire.head().await.unwrap();
        wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nevent\r\n").await;
        wire.ends().await;
    })
    .await;
    let timeouts = Timeouts { recheck: Duration::from_millis(1), ..Timeouts::default() };
    let proxied = ProxySettings { timeouts, ..settings(backend.address) };
    let front = Front::by(&world, proxied, Limits::default()).await;
    let mut wire = front.connect().await;
    wire.send(request("GET /api/things", &[("X-API-Key", &secret)])).await;
    assert_eq!(wire.head().await.unwrap().status(), 200);
    assert_eq!(wire.chunk().await.unwrap(), b"event");
    // Disabled, it is cut by such a look. So there have been some, and the last one is not counted as a refusal.
    let disabled = symbolon_core::record::Token { disabled: true, revision: 2, ..token.clone() };
    world.commit(vec![symbolon_core::store::Change::TokenChanged(disabled)]).await;
    assert!(wire.ends().await);
    let told = usage(&world, token.id).await;
    assert_eq!(told.days.iter().map(|day| (day.allowed, day.refused)).collect::<Vec<_>>(), [(1, 0)]);
}
