//! What passes, and what Envoy is to change of it.

use symbolon_core::decision::ServiceRules;
use symbolon_server::OtherCredentials;

use super::call::{header, joined, passed, raw};
use super::messages::OkHttpResponse;
use crate::door::Door;
use crate::support::world::World;

const IDENTITY: [&str; 5] = ["principal", "token-id", "owner", "role", "scopes"];

fn identity(ok: &OkHttpResponse) -> [String; 5] {
    IDENTITY.map(|name| header(&ok.headers, &format!("x-symbolon-{name}")).unwrap())
}

/// Asserts that Envoy is to take these headers from the request.
fn removes(ok: &OkHttpResponse, names: &[&str]) {
    for name in names {
        assert!(ok.headers_to_remove.iter().any(|removed| removed == name), "{name}: {ok:?}");
    }
}

/// What is removed beside the identity headers with underscores, which always are.
fn removed(ok: &OkHttpResponse) -> Vec<&str> {
    let twins = IDENTITY.map(|name| format!("x_symbolon_{}", name.replace('-', "_")));
    removes(ok, &twins.each_ref().map(String::as_str));
    ok.headers_to_remove.iter().filter(|name| !twins.contains(name)).map(String::as_str).collect()
}

#[tokio::test]
async fn every_identity_header_is_set_in_place_of_the_clients_and_no_credential_goes_on() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let (secret, token) = world.token_of("shop", &ann, &["read:things", "write:things"]).await;
    let session = world.session(&ann).await;
    let system = world.system_key().await;
    let door = Door::of(&world).await;
    let id = token.id.to_string();
    for (secret, line, expected) in [
        (&secret, "GET /api/things/7?full=1", ["token", &id, "ann", "operator", "read:things write:things"]),
        (&session, "POST /api/settings", ["session", "-", "ann", "operator", "-"]),
        (&system, "GET /api/metrics", ["system", "-", "system", "operator", "-"]),
    ] {
        let ok = passed(door.check_as(secret, line).await);
        assert_eq!(identity(&ok), expected, "{line}");
        assert_eq!(removed(&ok), ["authorization", "cookie", "proxy-authorization", "x-api-key"], "{line}");
    }
    let ok = passed(door.check(joined("GET /api/health", &[])).await);
    assert_eq!(identity(&ok), ["anonymous", "-", "-", "-", "-"]);
    assert_eq!(removed(&ok), ["authorization", "cookie", "proxy-authorization", "x-api-key"]);
}

#[tokio::test]
async fn what_could_be_taken_for_an_identity_or_a_credential_is_removed_in_every_spelling() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let secret = world.token(&ann, &["read:things"]).await;
    let door = Door::of(&world).await;
    let tricks = [
        ("X-Symbolon-Owner", "root"),
        ("X-Symbolon_Owner", "root"),
        ("X.Symbolon.Role", "root"),
        ("X-Symbolon-Identity", "eyJ"),
        ("X_API_Key", "x"),
        ("Proxy-Authorization", "Basic dTpw"),
        ("Remote-User", "root"),
        ("X-Auth-Request-User", "root"),
        ("X_Forwarded_User", "root"),
        ("X-Real-IP", "127.0.0.1"),
        ("X-Forwarded-For", "192.0.2.7"),
        ("X-Request-Id", "of Envoy's"),
        ("X-Envoy-Internal", "true"),
        ("X-Kept", "kept"),
    ];
    let bearer = format!("Bearer {secret}");
    let question = joined("GET /api/things", &[&tricks[..], &[("Authorization", &bearer)]].concat());
    let ok = passed(door.check(question).await);
    let claims = ["remote-user", "x-auth-request-user", "x_forwarded_user", "x-real-ip"];
    let all =
        ["x-symbolon_owner", "x.symbolon.role", "x-symbolon-identity", "x_api_key", "proxy-authorization"];
    removes(&ok, &[&claims[..], &all].concat());
    for kept in ["x-symbolon-owner", "x-forwarded-for", "x-request-id", "x-envoy-internal", "x-kept"] {
        assert!(!ok.headers_to_remove.iter().any(|name| name == kept), "{kept}: {ok:?}");
    }
    assert_eq!(header(&ok.headers, "x-symbolon-owner").as_deref(), Some("ann"));
}

#[tokio::test]
async fn others_requests_keep_their_credentials_and_not_our_cookie() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let session = world.session(&ann).await;
    let door = Door::by(&world, &["127.0.0.1"], OtherCredentials::Passthrough).await;
    let sent = [
        ("Authorization", "Basic dTpw"),
        ("Cookie", "app=1; b=2"),
        ("X_Symbolon_Role", "admin"),
        ("Remote-User", "as it came"),
    ];
    let ok = passed(door.check(joined("GET /a;b", &sent)).await);
    assert_eq!(identity(&ok), ["none", "-", "-", "-", "-"]);
    assert_eq!(removed(&ok), [""; 0]);
    assert_eq!(header(&ok.headers, "cookie"), None);

    let mixed = format!("app=1; symbolon_session={session}; b=2");
    let ok = passed(door.check(joined("GET /", &[("Cookie", &mixed)])).await);
    assert_eq!(header(&ok.headers, "cookie").as_deref(), Some("app=1; b=2"));
    let own = format!("symbolon_session={session}");
    let ok = passed(door.check(joined("GET /", &[("Cookie", &own)])).await);
    assert_eq!((removed(&ok), header(&ok.headers, "cookie")), (vec!["cookie"], None));
}

#[tokio::test]
async fn nothing_of_symbolons_goes_on_with_what_would_have_been_refused() {
    let world = World::with(ServiceRules { enforce: false, ..ServiceRules::default() }).await;
    let ann = world.user("ann", "operator").await;
    let secret = world.token(&ann, &["read:things"]).await;
    let door = Door::of(&world).await;
    let ok = passed(door.check_as(&secret, "POST /api/things").await);
    assert_eq!(identity(&ok), ["refused", "-", "-", "-", "-"]);
    assert_eq!(removed(&ok), ["authorization", "cookie", "proxy-authorization", "x-api-key"]);
}

#[tokio::test]
async fn a_session_cookie_counts_as_it_does_through_the_proxy() {
    let world = World::with(ServiceRules { session_cookie: true, ..ServiceRules::default() }).await;
    let ann = world.user("ann", "operator").await;
    let own = format!("app=1; symbolon_session={}", world.session(&ann).await);
    let door = Door::of(&world).await;
    let ok = passed(door.check(joined("GET /api/settings", &[("Cookie", &own)])).await);
    assert_eq!(identity(&ok)[..3], ["session", "-", "ann"]);
    assert_eq!(header(&ok.headers, "cookie").as_deref(), Some("app=1"));
    for (line, extra, passes) in [
        ("POST /api/settings", ("Sec-Fetch-Site", "same-origin"), true),
        ("POST /api/settings", ("Origin", "http://shop.example"), true),
        ("POST /api/settings", ("Origin", "http://evil.example"), false),
        ("GET /api/settings", ("Sec-WebSocket-Key", "x"), false),
    ] {
        let answer = door.check(joined(line, &[("Cookie", &own), extra])).await;
        assert_eq!(answer.status.unwrap().code == 0, passes, "{line} {extra:?}");
    }
}

#[tokio::test]
async fn raw_headers_are_read_byte_by_byte() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let bearer = format!("Bearer {}", world.token(&ann, &["read:things"]).await);
    let door = Door::of(&world).await;
    let own: (&str, &[u8]) = ("Authorization", bearer.as_bytes());
    for line in ["GET /api/things", "GET /api/things/a!b?c=!"] {
        passed(door.check(raw(line, &[own, ("X-Note", b"\xff")])).await);
    }
    let door = Door::by(&world, &["127.0.0.1"], OtherCredentials::Passthrough).await;
    let digest: (&str, &[u8]) = ("Authorization", b"Digest username=\"a\", realm=\"b\"");
    assert_eq!(identity(&passed(door.check(raw("GET /", &[digest])).await))[0], "none");
}

#[tokio::test]
async fn http_1_is_spoken_at_the_same_address() {
    let world = World::new().await;
    let door = Door::of(&world).await;
    passed(door.check(joined("GET /api/health", &[])).await);
    assert_eq!(door.about("nginx", "GET /api/health", &[]).await.status(), 200);
}
