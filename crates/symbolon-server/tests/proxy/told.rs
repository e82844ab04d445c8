//! What the application is told of where a request comes from and what it asks for: the truth, and nothing beside it.

use crate::support::backend::Recorder;
use crate::support::front::Front;
use crate::support::world::World;

#[tokio::test]
async fn where_a_request_comes_from_is_said_truly() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    for (sent, chain, proto) in [
        (&[][..], "127.0.0.1", "http"),
        (&[("X-Forwarded-For", "6.6.6.6")], "6.6.6.6, 127.0.0.1", "http"),
        (
            &[("X-Forwarded-For", "1.1.1.1, 2.2.2.2"), ("X-Forwarded-For", "3.3.3.3")],
            "1.1.1.1, 2.2.2.2, 3.3.3.3, 127.0.0.1",
            "http",
        ),
        (&[("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil")], "127.0.0.1", "https"),
        (&[("X-Forwarded-Proto", "gopher")], "127.0.0.1", "http"),
        (&[("X_Forwarded_For", "6.6.6.6"), ("X_Forwarded_Host", "evil")], "127.0.0.1", "http"),
        (&[("Connection", "X-Forwarded-For, X-Forwarded-Host")], "127.0.0.1", "http"),
    ] {
        front.ask("GET /api/health", sent).await;
        let seen = recorder.seen().await;
        assert_eq!(seen.header("x-forwarded-for"), Some(chain), "{sent:?}");
        assert_eq!(seen.header("x-forwarded-proto"), Some(proto), "{sent:?}");
        assert_eq!(seen.header("x-forwarded-host"), Some("shop.example"), "{sent:?}");
        assert!(seen.headers.iter().all(|(name, _)| !name.starts_with("x_")), "{sent:?}");
    }
}

#[tokio::test]
async fn the_canonical_path_goes_on_and_no_header_says_otherwise() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["read:things", "write:things"]).await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    for (sent, arrives) in [
        ("GET /%61pi/printers", "GET /api/printers"),
        ("GET /api/things/%c3%a9%41?q=%2e%2E/..;//", "GET /api/things/%C3%A9A?q=%2e%2E/..;//"),
        ("GET /api/things?", "GET /api/things?"),
        ("HEAD /api/things", "HEAD /api/things"),
        ("DELETE /api/things/7", "DELETE /api/things/7"),
    ] {
        let tricks = [
            ("X-Original-URL", "/api/settings"),
            ("X_Rewrite_URL", "/api/settings"),
            ("X-Forwarded-Uri", "/api/settings"),
            ("X-Forwarded-Prefix", "/evil"),
        ];
        assert_eq!(front.ask_as(&token, sent, &tricks).await.status(), 200, "{sent}");
        let seen = recorder.seen().await;
        assert_eq!(seen.asks(), arrives);
        assert!(!format!("{seen:?}").contains("settings"), "{seen:?}");
        assert!(!format!("{seen:?}").contains("evil"), "{seen:?}");
    }
}

#[tokio::test]
async fn who_is_calling_is_not_said_in_the_words_of_other_proxies() {
    let world = World::new().await;
    let ann = world.user("ann", "viewer").await;
    let token = world.token(&ann, &["read:things"]).await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    let others = [
        ("Forwarded", "for=6.6.6.6;host=evil"),
        ("X-Real-IP", "evil"),
        ("X_Real_IP", "evil"),
        ("True-Client-IP", "evil"),
        ("X-Original-Host", "evil"),
        ("X-Script-Name", "/evil"),
        ("X-Forwarded-Ssl", "evil"),
        ("X-Forwarded-User", "evil"),
        ("X-Forwarded-Client-Cert", "evil"),
        ("Remote-User", "evil"),
        ("Remote_Groups", "evil"),
        ("X-Remote-User", "evil"),
        ("X-Auth-Request-User", "evil"),
        ("X_Auth_Request_Email", "evil"),
        ("X-WebAuth-User", "evil"),
        ("X-Authentik-Username", "evil"),
        ("X-Consumer-Username", "evil"),
        ("Cf-Access-Jwt-Assertion", "evil"),
        ("Tailscale-User-Login", "evil"),
    ];
    let sent = [&others[..], &[("X-Remote-Control", "kept"), ("X-Real", "kept")]].concat();
    for line in ["GET /api/things", "GET /api/health"] {
        assert_eq!(front.ask_as(&token, line, &sent).await.status(), 200);
        let seen = recorder.seen().await;
        assert!(!format!("{seen:?}").contains("evil"), "{seen:?}");
        assert_eq!((seen.header("x-remote-control"), seen.header("x-real")), (Some("kept"), Some("kept")));
    }
    // Where the application's own login decides, they are its own affair.
    let front = Front::passthrough(&world, recorder.backend.address).await;
    for other in others {
        front.ask("GET /api/things", &[other]).await;
        let name = other.0.to_ascii_lowercase();
        assert_eq!(recorder.seen().await.header(&name), Some(other.1), "{name}");
    }
}
