//! What goes to the application's own login, and what does not.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use symbolon_core::decision::ServiceRules;
use symbolon_core::id::KeyId;
use symbolon_core::record::{Key, KeyKind};
use symbolon_core::store::Change;
use symbolon_server::Clock;
use symbolon_server::OtherCredentials;
use symbolon_server::listen::Limits;
use symbolon_server::proxy::{ProxySettings, UpstreamHeaders};

use crate::support::backend::Recorder;
use crate::support::front::{Front, settings};
use crate::support::wire::Message;
use crate::support::world::World;

/// A JWT of the application's own.
const FOREIGN: &str = "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl";

/// What of a request an application would see without a proxy.
fn own_headers(seen: &Message) -> Vec<(&str, &str)> {
    let pairs = seen.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    pairs
        .filter(|(name, _)| {
            !["host", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"].contains(name)
        })
        .collect()
}

/// A system key that the operator made up, of no form at all.
async fn operators_key(world: &World) -> String {
    let secret = "an/operators;own=secret".to_owned();
    let key = Key {
        id: KeyId::new(world.clock.now(), &*world.entropy),
        kind: KeyKind::System,
        name: "own".to_owned(),
        key_prefix: None,
        created_at: world.clock.now(),
        digest: (world.keys.pepper.digest(secret.as_bytes()), world.keys.pepper.id()),
    };
    world.commit(vec![Change::KeyCreated(key)]).await;
    secret
}

#[tokio::test]
async fn what_is_not_ours_goes_on_unchanged() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let upstream_headers = UpstreamHeaders::parse([("X-API-Key", "the-static-key")]).unwrap();
    let proxied = ProxySettings {
        upstream_headers,
        other_credentials: OtherCredentials::Passthrough,
        ..settings(recorder.backend.address)
    };
    let front = Front::by(&world, proxied, Limits::default()).await;
    for (line, headers) in [
        ("GET /", &[][..]),
        ("GET /login?next=/a%2Fb", &[("cookie", "app=1; theme=dark")]),
        ("GET /api/settings", &[("authorization", FOREIGN), ("cookie", "app=1")]),
        ("GET /api/things", &[("authorization", "Basic dTpw")]),
        ("GET /api/things", &[("x-api-key", "the application's own")]),
        ("POST /api/things", &[("x-http-method-override", "DELETE"), ("x-original-url", "/x")]),
        ("GET /a/../b//c;d=%2e%2F%61", &[("authorization", "Digest username=\"a\", realm=\"b\"")]),
        (
            "BREW /pot",
            &[("authorization", FOREIGN), ("x-api-key", "both"), ("proxy-authorization", "Basic a")],
        ),
    ] {
        assert_eq!(front.ask(line, headers).await.status(), 200, "{line}");
        let seen = recorder.seen().await;
        assert_eq!((seen.asks(), own_headers(&seen)), (line, headers.to_vec()));
    }
}

/// A key without a form is known by the record alone, and another node may have made one that this one has not heard of.
#[tokio::test]
async fn what_cannot_be_known_not_to_be_ours_stays_here() {
    let world = World::in_a_fleet().await;
    let mut recorder = Recorder::new().await;
    let front = Front::passthrough(&world, recorder.backend.address).await;
    let own = [("authorization", FOREIGN)];
    world.gate.lease().give_up();
    assert_eq!(front.ask("GET /api/things", &own).await.code(), "unavailable");
    // What carries nothing goes on.
    assert_eq!(front.ask("GET /login", &[]).await.status(), 200);
    assert_eq!(recorder.seen().await.asks(), "GET /login");
    world.renew();
    assert_eq!(front.ask("GET /api/things", &own).await.status(), 200);
    assert_eq!(own_headers(&recorder.seen().await), own);
}

#[tokio::test]
async fn identity_cannot_be_passed_through() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let front = Front::passthrough(&world, recorder.backend.address).await;
    let tricks = [
        ("Authorization", FOREIGN),
        ("X-Symbolon-Owner", "root"),
        ("X_Symbolon_Owner", "root"),
        ("x.symbolon.role", "admin"),
        ("Connection", "x-nothing"),
    ];
    front.ask("GET /api/things", &tricks).await;
    assert_eq!(own_headers(&recorder.seen().await), [("authorization", FOREIGN)]);
}

#[tokio::test]
async fn what_claims_to_be_ours_is_decided_about() {
    let world = World::new().await;
    let ann = world.user("ann", "viewer").await;
    let good = format!("Bearer {}", world.token(&ann, &["read:things"]).await);
    let (bank, _) = world.token_of("bank", &ann, &["read:things"]).await;
    let bank = format!("Bearer {bank}");
    let session = format!("Bearer {}", world.session(&ann).await);
    let broken = format!("{session}x");
    let mut recorder = Recorder::new().await;
    let front = Front::passthrough(&world, recorder.backend.address).await;
    for (headers, status) in [
        (&[("Authorization", "Bearer shop_unknown")][..], 401),
        (&[("X-API-Key", "shop_unknown")], 401),
        (&[("X-API-Key", "symkey_unknown")], 401),
        (&[("Authorization", &bank)], 401),
        (&[("Authorization", &broken)], 401),
        (&[("Authorization", FOREIGN), ("Authorization", &good)], 400),
        (&[("Authorization", FOREIGN), ("Authorization", FOREIGN)], 400),
        (&[("Authorization", FOREIGN), ("X-API-Key", &good[7..])], 400),
        (&[("Authorization", "Basic dTpw"), ("X-API-Key", "shop_unknown")], 400),
    ] {
        assert_eq!(front.ask("GET /api/things", headers).await.status(), status, "{headers:?}");
    }
    recorder.saw_nothing();
    for ours in [&good, &session] {
        let sent = [("Authorization", ours.as_str()), ("Cookie", "app=1")];
        assert_eq!(front.ask("GET /api/things", &sent).await.status(), 200);
        let seen = recorder.seen().await;
        assert_eq!((seen.header("cookie"), seen.header("x-symbolon-owner")), (None, Some("ann")));
    }
    assert_eq!(front.ask_as(&good[7..], "POST /api/things", &[]).await.code(), "insufficient_scope");
    recorder.saw_nothing();
}

#[tokio::test]
async fn our_session_cookie_is_never_passed_on() {
    for session_cookie in [false, true] {
        let world = World::with(ServiceRules { session_cookie, ..ServiceRules::default() }).await;
        let ann = world.user("ann", "operator").await;
        let cookie = format!("app=1; symbolon_session={}", world.session(&ann).await);
        let mut recorder = Recorder::new().await;
        let front = Front::passthrough(&world, recorder.backend.address).await;

        front.ask("GET /api/settings", &[("Cookie", &cookie)]).await;
        let seen = recorder.seen().await;
        assert_eq!(seen.header("cookie"), Some("app=1"));
        assert_eq!(seen.header("x-symbolon-principal"), session_cookie.then_some("session"));

        let foreign = [("Cookie", cookie.as_str()), ("Authorization", FOREIGN)];
        front.ask("GET /api/settings", &foreign).await;
        let seen = recorder.seen().await;
        assert_eq!((seen.header("cookie"), seen.header("authorization")), (Some("app=1"), Some(FOREIGN)));
        assert_eq!(seen.header("x-symbolon-principal"), None);
    }
}

#[tokio::test]
async fn what_is_no_path_is_passed_to_nobody() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let front = Front::passthrough(&world, recorder.backend.address).await;
    for line in ["OPTIONS *", "GET http://shop.example/api/things", "GET shop.example:80"] {
        assert_eq!(front.ask(line, &[]).await.code(), "invalid_request", "{line}");
    }
    recorder.saw_nothing();
}

#[tokio::test]
async fn no_live_credential_is_passed_on_in_any_dress() {
    let world = World::new().await;
    let ann = world.user("ann", "viewer").await;
    let token = world.token(&ann, &["read:things"]).await;
    let system = world.system_key().await;
    let own = operators_key(&world).await;
    let session = world.session(&ann).await;
    let mut recorder = Recorder::new().await;
    let front = Front::passthrough(&world, recorder.backend.address).await;
    for secret in [&token, &system, &own, &session] {
        let in_basic = |text: String| format!("Basic {}", STANDARD.encode(text));
        for (name, value) in [
            ("X_API_Key", secret.clone()),
            ("x-api_key", secret.clone()),
            ("X.Api.Key", secret.clone()),
            ("Authorization", secret.clone()),
            ("Authorization", format!("Bearer  {secret}")),
            ("Authorization", format!("Bearer\t{secret}")),
            ("Authorization", format!("Token {secret}")),
            ("Authorization", format!("Digest k=\"{secret}\"")),
            ("Authorization", format!("Digest username=\"a\", k={secret}, b=c")),
            ("Authorization", in_basic(format!("x:{secret}"))),
            ("Authorization", in_basic(format!("{secret}:"))),
            ("Authorization", in_basic(secret.clone()).replace("Basic ", "bASIC  ").replace('=', "")),
            ("Proxy-Authorization", format!("Bearer {secret}")),
            ("Proxy_Authorization", in_basic(format!("x:{secret}"))),
        ] {
            let answer = front.ask("GET /api/things", &[(name, &value)]).await;
            assert_eq!(answer.status(), 401, "{name}: {value}");
        }
    }
    for (name, value) in
        [("Authorization", format!("Bearer x{token}y")), ("X_API_Key", format!("some{token}thing"))]
    {
        assert_eq!(front.ask("GET /api/things", &[(name, &value)]).await.status(), 401, "{name}: {value}");
    }
    recorder.saw_nothing();
}

#[tokio::test]
async fn what_only_looks_like_a_token_elsewhere_is_not_looked_at() {
    let world = World::new().await;
    let ann = world.user("ann", "viewer").await;
    let token = world.token(&ann, &["read:things"]).await;
    let mut recorder = Recorder::new().await;
    let front = Front::passthrough(&world, recorder.backend.address).await;
    let line = format!("GET /api/things?key={token}");
    for header in [("x-note", token.as_str()), ("authorization", "Bearer workshop_x")] {
        assert_eq!(front.ask(&line, &[header]).await.status(), 200);
        assert_eq!(own_headers(&recorder.seen().await), [header]);
    }
}

#[tokio::test]
async fn our_session_is_not_passed_on_in_a_malformed_cookie() {
    let world = World::new().await;
    let ann = world.user("ann", "viewer").await;
    let token = world.token(&ann, &["read:things"]).await;
    let session = world.session(&ann).await;
    let mut recorder = Recorder::new().await;
    let front = Front::passthrough(&world, recorder.backend.address).await;
    for cookie in [
        format!("a=b, symbolon_session={session}"),
        format!("a=b,__Host-symbolon_session={session}"),
        format!("a=b symbolon_session={session}"),
        "a=symbolon_session=x".to_owned(),
        "a=b, symbolon_device=x".to_owned(),
        "a=b,__Host-symbolon_form=x".to_owned(),
        format!("Symbolon_Session={session}"),
        format!("a=\"{session}\""),
        format!("symbolon_session={session}; a={session}"),
    ] {
        for line in ["GET /api/things", "GET /api/health"] {
            let sent = [("Cookie", "c=d"), ("Cookie", cookie.as_str())];
            assert_eq!(front.ask(line, &sent).await.status(), 200);
            assert_eq!(recorder.seen().await.header("cookie"), None, "{cookie}");
        }
        // On a public route that is decided about, too, where cookies go on.
        let sent = [("Cookie", cookie.as_str()), ("X_API_Key", token.as_str())];
        assert_eq!(front.ask("GET /api/health", &sent).await.status(), 200);
        assert_eq!(recorder.seen().await.header("cookie"), None, "{cookie}");
    }
}
