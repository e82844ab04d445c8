//! What reaches the application of what a caller sends.

use symbolon_core::decision::ServiceRules;
use symbolon_server::listen::Limits;
use symbolon_server::proxy::{ProxySettings, UpstreamHeaders};

use crate::support::backend::Recorder;
use crate::support::front::{Front, settings};
use crate::support::wire::Message;
use crate::support::world::World;

const IDENTITY: [&str; 5] = [
    "x-symbolon-owner",
    "x-symbolon-principal",
    "x-symbolon-role",
    "x-symbolon-scopes",
    "x-symbolon-token-id",
];

/// The identity headers as an application sees them that folds names; asserts that each is there once.
fn identity(seen: &Message) -> Vec<(String, String)> {
    let fold = |name: &str| name.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let mut found: Vec<_> = seen.headers.iter().map(|(name, value)| (fold(name), value.clone())).collect();
    found.retain(|(name, _)| name.starts_with("x-symbolon-"));
    found.sort();
    assert_eq!(found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), IDENTITY, "{seen:?}");
    found
}

fn values(seen: &Message) -> Vec<String> {
    identity(seen).into_iter().map(|(_, value)| value).collect()
}

#[tokio::test]
async fn identity_is_what_was_decided_whatever_a_caller_says() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let (secret, token) = world.token_of("shop", &ann, &["read:things", "write:things"]).await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    let id = token.id.to_string();
    let expected = ["ann", "token", "operator", "read:things write:things", &id];
    for tricks in [
        &[][..],
        &[("X-Symbolon-Owner", "root")],
        &[("X_Symbolon_Owner", "root"), ("x_SYMBOLON-principal", "system")],
        &[("X.Symbolon.Owner", "root"), ("X-Symbolon_Token!Id", "tok_1")],
        &[("x-symbolon-scopes", "a"), ("X-SYMBOLON-SCOPES", "b"), ("X-Symbolon-Scopes", "c")],
        &[("X-Symbolon-Anything", "else"), ("X_Symbolon_Identity", "jwt")],
        &[("Connection", "X-Symbolon-Owner, X-Symbolon-Token-Id, close"), ("X-Symbolon-Owner", "root")],
        &[("Connection", "x-symbolon-owner"), ("Connection", "X-Symbolon-Role")],
    ] {
        assert_eq!(front.ask_as(&secret, "GET /api/things", tricks).await.status(), 200, "{tricks:?}");
        assert_eq!(values(&recorder.seen().await), expected, "{tricks:?}");
    }
}

#[tokio::test]
async fn each_principal_is_told_in_full() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let session = world.session(&ann).await;
    let system = world.system_key().await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    front.ask_as(&session, "GET /api/settings", &[]).await;
    assert_eq!(values(&recorder.seen().await), ["ann", "session", "operator", "-", "-"]);
    front.ask_as(&system, "GET /api/metrics", &[]).await;
    assert_eq!(values(&recorder.seen().await), ["system", "system", "operator", "-", "-"]);
    front.ask("GET /api/health", &[("X-Symbolon-Owner", "root")]).await;
    assert_eq!(values(&recorder.seen().await), ["-", "anonymous", "-", "-", "-"]);
}

#[tokio::test]
async fn no_credential_reaches_the_application() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["read:things"]).await;
    let session = world.session(&ann).await;
    let system = world.system_key().await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    for secret in [&token, &session, &system] {
        let bearer = format!("bearer {secret}");
        let cookie = format!("theme=dark; symbolon_session={session}; __Host-symbolon_session={session}");
        for credential in [("Authorization", bearer.as_str()), ("x-api-key", secret)] {
            let sent =
                [credential, ("X_API_Key", secret), ("Proxy-Authorization", &bearer), ("Cookie", &cookie)];
            assert_eq!(front.ask("GET /api/things", &sent).await.status(), 200);
            let seen = recorder.seen().await;
            for (name, value) in &seen.headers {
                assert!(![&token, &session, &system].iter().any(|s| value.contains(*s)), "{name}");
                assert!(!["cookie", "authorization", "x-api-key", "x_api_key"].contains(&name.as_str()));
            }
        }
    }
    // On a public route too, where a bad credential counts as none.
    front.ask_as("shop_made_up", "GET /api/health", &[]).await;
    assert_eq!(recorder.seen().await.header("authorization"), None);
    front.ask("GET /api/health", &[("Authorization", "Basic dTpw")]).await;
    assert_eq!(recorder.seen().await.header("authorization"), None);
}

#[tokio::test]
async fn cookies_go_on_unless_a_header_decided() {
    let world = World::with(ServiceRules { session_cookie: true, ..ServiceRules::default() }).await;
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["read:things"]).await;
    let own = format!("symbolon_session={}", world.session(&ann).await);
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;

    front.ask_as(&token, "GET /api/things", &[("Cookie", "app=1"), ("Cookie", "b=2")]).await;
    assert_eq!(recorder.seen().await.header("cookie"), None);

    front.ask("GET /api/health", &[("Cookie", "app=1; b=2")]).await;
    assert_eq!(recorder.seen().await.header("cookie"), Some("app=1; b=2"));

    let mixed = format!("app=1;{own} ; b=2; symbolon_device=d; __Host-symbolon_device=d; symbolon_form=f");
    let answer = front.ask("GET /api/settings", &[("Cookie", &mixed), ("Cookie", "c=3")]).await;
    assert_eq!(answer.status(), 200);
    let seen = recorder.seen().await;
    assert_eq!(seen.header("cookie"), Some("app=1; b=2; c=3"));
    assert_eq!(seen.header("x-symbolon-principal"), Some("session"));

    front.ask("GET /api/settings", &[("Cookie", &own)]).await;
    assert_eq!(recorder.seen().await.header("cookie"), None);
}

#[tokio::test]
async fn a_cookie_needs_a_page_of_the_same_origin_for_what_changes_something() {
    let world = World::with(ServiceRules { session_cookie: true, ..ServiceRules::default() }).await;
    let ann = world.user("ann", "operator").await;
    let own = format!("symbolon_session={}", world.session(&ann).await);
    let recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    let upgrade = [("Connection", "Upgrade"), ("Upgrade", "websocket")];
    for (line, extra, status) in [
        ("POST /api/settings", &[("Sec-Fetch-Site", "same-origin")][..], 200),
        ("POST /api/settings", &[("Origin", "http://shop.example")], 200),
        ("POST /api/settings", &[("Origin", "http://evil.example")], 401),
        ("POST /api/settings", &[], 401),
        ("GET /api/settings", &[], 200),
        ("GET /api/settings", &upgrade, 401),
        ("GET /api/settings", &[upgrade[0], upgrade[1], ("Origin", "http://evil.example")], 401),
        ("GET /api/settings", &[upgrade[0], upgrade[1], ("Origin", "http://shop.example")], 200),
    ] {
        let sent = [&[("Cookie", own.as_str())], extra].concat();
        assert_eq!(front.ask(line, &sent).await.status(), status, "{line} {extra:?}");
    }
}

#[tokio::test]
async fn upstream_headers_are_sent_for_those_who_are_known() {
    let world = World::new().await;
    let ann = world.user("ann", "viewer").await;
    let token = world.token(&ann, &["read:things"]).await;
    let mut recorder = Recorder::new().await;
    let upstream_headers =
        UpstreamHeaders::parse([("X-API-Key", "the-static-key"), ("X-Tenant-Id", "7")]).unwrap();
    let proxied = ProxySettings { upstream_headers, ..settings(recorder.backend.address) };
    assert!(!format!("{proxied:?}").contains("the-static-key"));
    let front = Front::by(&world, proxied, Limits::default()).await;

    let tricks = [("X-Tenant-Id", "8"), ("x_tenant_id", "9"), ("Connection", "x-api-key, x-tenant-id")];
    assert_eq!(front.ask_as(&token, "GET /api/things", &tricks).await.status(), 200);
    let seen = recorder.seen().await;
    assert_eq!(seen.header("x-api-key"), Some("the-static-key"));
    assert_eq!(seen.header("x-tenant-id"), Some("7"));
    assert_eq!(seen.header("x_tenant_id"), None);

    front.ask("GET /api/health", &[("X-Tenant-Id", "8"), ("X_Tenant_Id", "9")]).await;
    let seen = recorder.seen().await;
    assert!(["x-api-key", "x-tenant-id", "x_tenant_id"].iter().all(|name| seen.header(name).is_none()));
}

#[tokio::test]
async fn headers_of_this_connection_stay_here() {
    let world = World::new().await;
    let ann = world.user("ann", "viewer").await;
    let token = world.token(&ann, &["read:things"]).await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    let sent = [
        ("Connection", "X-Once, keep-alive"),
        ("X-Once", "1"),
        ("X-Always", "2"),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Connection", "keep-alive"),
        ("TE", "trailers, deflate"),
        ("Upgrade", "h2c"),
        ("HTTP2-Settings", "AAMAAABkAAQAoAAAAAIAAAAA"),
    ];
    assert_eq!(front.ask_as(&token, "GET /api/things", &sent).await.status(), 200);
    let seen = recorder.seen().await;
    for name in ["x-once", "keep-alive", "proxy-connection", "upgrade"] {
        assert_eq!(seen.header(name), None, "{name}");
    }
    assert_eq!(seen.header("x-always"), Some("2"));
    assert_eq!((seen.header("te"), seen.header("connection")), (Some("trailers"), Some("TE")));
    assert_eq!(seen.header("host"), Some("shop.example"));
}
