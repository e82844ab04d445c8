//! A token's restrictions, by what the proxy knows of a request.

use std::time::Duration;

use symbolon_server::listen::Limits;
use symbolon_server::proxy::{ProxySettings, Timeouts};
use tokio::sync::watch;

use crate::support::backend::{Backend, Recorder};
use crate::support::front::{Front, request, settings};
use crate::support::world::World;

#[tokio::test]
async fn a_request_outside_a_restriction_does_not_reach_the_application() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let (secret, token) = world.token_of("shop", &ann, &["read:things"]).await;
    let only = r#"{ "networks": ["127.0.0.0/8"], "methods": ["GET"], "parameters": { "id": ["7", "é"] } }"#;
    world.restrict(token, only).await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    for line in ["GET /api/things/7", "GET /api/things/%37", "HEAD /api/things/7", "GET /api/things/%c3%a9"] {
        assert_eq!(front.ask_as(&secret, line, &[]).await.status(), 200, "{line}");
        let seen = recorder.seen().await;
        assert_eq!(seen.header("x-symbolon-owner"), Some("ann"));
        assert!(
            ["/api/things/7", "/api/things/%C3%A9"].iter().any(|path| seen.asks().ends_with(path)),
            "{seen:?}"
        );
    }
    for line in ["GET /api/things/8", "GET /api/things", "GET /api/printers", "GET /api/things/07"] {
        let answer = front.ask_as(&secret, line, &[]).await;
        assert_eq!((answer.status(), answer.code().as_str()), (403, "restricted"), "{line}");
        // Whoever holds it does not learn to what.
        assert!(!String::from_utf8_lossy(&answer.body).contains("127.0.0"), "{answer:?}");
        recorder.saw_nothing();
    }
    // What everybody may ask, nobody asks.
    assert_eq!(front.ask_as(&secret, "GET /api/health", &[]).await.status(), 200);
    assert_eq!(recorder.seen().await.header("x-symbolon-principal"), Some("anonymous"));
}

#[tokio::test]
async fn who_calls_is_whom_a_trusted_proxy_names() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let (secret, token) = world.token_of("shop", &ann, &["read:things"]).await;
    world.restrict(token, r#"{ "networks": ["192.0.2.0/24"] }"#).await;
    let recorder = Recorder::new().await;
    let proxies = ["127.0.0.1", "10.0.0.0/8"];
    let settings = || settings(recorder.backend.address);
    let behind = Front::behind(&world, &proxies, settings(), Limits::default()).await;
    let open = Front::of(&world, recorder.backend.address).await;
    for (chain, status) in [
        (&["192.0.2.7"][..], 200),
        (&["192.0.2.7, 10.0.0.1"], 200),
        (&["198.51.100.1, 192.0.2.7"], 200),
        (&["192.0.2.7", "10.0.0.1"], 200),
        (&["192.0.2.7, 198.51.100.1"], 403),
        (&["192.0.2.7, unknown"], 403),
        (&["192.0.2.7:80"], 403),
        (&["10.0.0.1"], 403),
        (&[], 403),
    ] {
        let headers: Vec<_> = chain.iter().map(|value| ("X-Forwarded-For", *value)).collect();
        let answer = behind.ask_as(&secret, "GET /api/things", &headers).await;
        assert_eq!(answer.status(), status, "{chain:?}");
        // Without a word in the settings nobody is believed.
        assert_eq!(open.ask_as(&secret, "GET /api/things", &headers).await.status(), 403, "{chain:?}");
    }
    // A proxy that is not among them says nothing of who calls.
    let other = Front::behind(&world, &["10.0.0.0/8"], settings(), Limits::default()).await;
    let named = [("X-Forwarded-For", "192.0.2.7")];
    assert_eq!(other.ask_as(&secret, "GET /api/things", &named).await.status(), 403);
}

/// As with a scope that is taken away: what the token may not ask for any more does not go on.
#[tokio::test]
async fn the_stream_of_a_token_that_is_narrowed_is_cut_and_another_is_not() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let (secret, token) = world.token_of("shop", &ann, &["read:things"]).await;
    let (say, heard) = watch::channel(());
    let backend = Backend::new(move |_, mut wire| {
        let mut heard = heard.clone();
        async move {
            wire.head().await.unwrap();
            wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nevent\r\n").await;
            loop {
                tokio::select! {
                    biased;
                    _ = wire.ends() => break,
                    said = heard.changed() => said.unwrap(),
                }
                wire.send("5\r\nagain\r\n").await;
            }
        }
    })
    .await;
    let timeouts = Timeouts { recheck: Duration::from_millis(5), ..Timeouts::default() };
    let front =
        Front::by(&world, ProxySettings { timeouts, ..settings(backend.address) }, Limits::default()).await;
    let stream = async |line: &str| {
        let mut wire = front.connect().await;
        wire.send(request(line, &[("X-API-Key", &secret)])).await;
        assert_eq!(wire.head().await.unwrap().status(), 200);
        assert_eq!(wire.chunk().await.unwrap(), b"event");
        wire
    };
    let (mut first, mut second) = (stream("GET /api/things/7").await, stream("GET /api/things/8").await);
    let narrowed =
        world.restrict(token, r#"{ "networks": ["127.0.0.1"], "parameters": { "id": ["7"] } }"#).await;
    assert!(second.ends().await, "cut, not ended: no last chunk");
    // The first goes on, by the same address and the same path, until it is outside too.
    say.send(()).unwrap();
    assert_eq!(first.chunk().await.unwrap(), b"again");
    world.restrict(narrowed, r#"{ "networks": ["10.0.0.0/8"] }"#).await;
    assert!(first.ends().await);
}
