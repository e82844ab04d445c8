//! What passes, and what the application is told of it.

use symbolon_core::decision::ServiceRules;
use symbolon_server::OtherCredentials;

use crate::door::{Door, FAMILIES};
use crate::support::wire::Message;
use crate::support::world::World;

const IDENTITY: [&str; 5] = [
    "x-symbolon-principal",
    "x-symbolon-token-id",
    "x-symbolon-owner",
    "x-symbolon-role",
    "x-symbolon-scopes",
];

fn identity(answer: &Message) -> [&str; 5] {
    IDENTITY.map(|name| answer.header(name).unwrap_or_else(|| panic!("{name} is missing: {answer:?}")))
}

#[tokio::test]
async fn an_allowed_request_is_exactly_200_and_empty_and_says_who_calls() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let (secret, token) = world.token_of("shop", &ann, &["read:things", "write:things"]).await;
    let key = world.system_key().await;
    let session = world.session(&ann).await;
    let door = Door::of(&world).await;
    for family in FAMILIES {
        for (secret, line, expected) in [
            (
                Some(&secret),
                "GET /api/things/7?full=1",
                ["token", &token.id.to_string(), "ann", "operator", "read:things write:things"],
            ),
            (
                Some(&secret),
                "DELETE /api/things/7",
                ["token", &token.id.to_string(), "ann", "operator", "read:things write:things"],
            ),
            (Some(&key), "GET /api/metrics", ["system", "-", "system", "operator", "-"]),
            (Some(&session), "POST /api/settings", ["session", "-", "ann", "operator", "-"]),
            (None, "GET /api/health", ["anonymous", "-", "-", "-", "-"]),
        ] {
            let answer = match secret {
                Some(secret) => door.about_as(secret, family, line).await,
                None => door.about(family, line, &[]).await,
            };
            assert_eq!(answer.start, "HTTP/1.1 200 OK", "{family} {line}");
            assert_eq!(identity(&answer), expected, "{family} {line}");
            assert_eq!(answer.header("content-length"), Some("0"));
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
    }
}

#[tokio::test]
async fn what_is_not_symbolons_passes_where_the_applications_login_decides() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let reader = world.token(&ann, &["read:things"]).await;
    let door = Door::by(&world, &["127.0.0.1"], OtherCredentials::Passthrough).await;
    for family in FAMILIES {
        for (line, headers) in [
            ("GET /", &[][..]),
            ("POST /api/settings", &[("Cookie", "app=1")]),
            ("GET /api/things", &[("Authorization", "Basic dTpw")]),
            ("GET /a;b", &[("X-API-Key", "somebody-elses")]),
        ] {
            let answer = door.about(family, line, headers).await;
            assert_eq!(answer.status(), 200, "{family} {line}");
            assert_eq!(identity(&answer), ["none", "-", "-", "-", "-"], "{family} {line}");
        }
        // A token is decided about all the same, and a bad one is no stranger.
        assert_ne!(door.about_as(&reader, family, "POST /api/settings").await.status(), 200);
        assert_eq!(door.about_as("shop_x", family, "GET /").await.header("x-symbolon-principal"), None);
        let twin = door.about(family, "POST /api/settings", &[("X_API_Key", &reader)]).await;
        assert_ne!(twin.status(), 200, "{family}");
    }
}

#[tokio::test]
async fn a_session_cookie_opens_no_websocket_for_another_site() {
    let world = World::with(ServiceRules { session_cookie: true, ..ServiceRules::default() }).await;
    let ann = world.user("ann", "operator").await;
    let cookie = format!("symbolon_session={}", world.session(&ann).await);
    let door = Door::of(&world).await;
    for family in FAMILIES {
        let cookie = ("Cookie", cookie.as_str());
        assert_eq!(door.about(family, "GET /api/socket", &[cookie]).await.status(), 200, "{family}");
        for handshake in [("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Upgrade", "websocket")] {
            let foreign = door.about(family, "GET /api/socket", &[cookie, handshake]).await;
            assert_eq!(foreign.status(), 401, "{family} {handshake:?}");
            let own = [cookie, handshake, ("Sec-Fetch-Site", "same-origin")];
            assert_eq!(door.about(family, "GET /api/socket", &own).await.status(), 200, "{family}");
        }
    }
}

#[tokio::test]
async fn a_revoked_token_is_refused_at_the_next_question() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let (secret, token) = world.token_of("shop", &ann, &["read:things"]).await;
    let door = Door::of(&world).await;
    for family in FAMILIES {
        assert_eq!(door.about_as(&secret, family, "GET /api/things").await.status(), 200);
    }
    world.revoke(token).await;
    for family in FAMILIES {
        assert_eq!(door.about_as(&secret, family, "GET /api/things").await.status(), 401, "{family}");
    }
}
