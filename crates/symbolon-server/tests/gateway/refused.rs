//! Refusals, in the form that each family can carry.

use symbolon_core::decision::ServiceRules;

use crate::door::{Door, FAMILIES, status};
use crate::support::world::World;

#[tokio::test]
async fn every_refusal_has_its_status_its_code_and_its_challenge() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let reader = format!("Bearer {}", world.token(&ann, &["read:things"]).await);
    let other = format!("Bearer {}", world.token_of("bank", &ann, &["read:things"]).await.0);
    let door = Door::of(&world).await;
    let bearer = ("Authorization", reader.as_str());
    for (line, headers, plain, code) in [
        ("GET /api/things", &[][..], 401, "credential_required"),
        ("GET /api/things", &[("Authorization", "Bearer shop_x")], 401, "invalid_token"),
        ("GET /api/things", &[("Authorization", other.as_str())], 401, "invalid_token"),
        ("GET /api/things", &[("Authorization", "Bearer a,Bearer b")], 401, "invalid_token"),
        ("GET /api/things", &[bearer, bearer], 400, "invalid_request"),
        ("GET /api/things", &[bearer, ("X-API-Key", "x")], 400, "invalid_request"),
        ("POST /api/things", &[bearer], 403, "insufficient_scope"),
        ("GET /api/settings", &[bearer], 403, "human_only"),
        ("GET /api/metrics", &[bearer], 403, "system_only"),
        ("GET /api/nothing", &[bearer], 404, "no_route"),
        ("PUT /api/things", &[bearer], 405, "method_not_allowed"),
        ("GET //api/things", &[bearer], 400, "invalid_request"),
        ("GET /api/%2e%2e/things", &[bearer], 400, "invalid_request"),
        ("GET /api/things%2f7", &[bearer], 400, "invalid_request"),
        ("GET /api/things", &[bearer, ("X-HTTP-Method-Override", "DELETE")], 400, "invalid_request"),
        ("POST /api/things?_method=DELETE", &[bearer], 400, "invalid_request"),
    ] {
        for family in FAMILIES {
            let answer = door.about(family, line, headers).await;
            assert_eq!(answer.status(), status(family, plain), "{family} {line} {headers:?}");
            assert_eq!(answer.header("x-symbolon-error"), Some(code), "{family} {line}");
            assert!(answer.header("x-symbolon-request-id").unwrap().starts_with("req_"));
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            assert_eq!(answer.header("x-symbolon-principal"), None);
            let challenged = plain == 401 || code == "insufficient_scope";
            assert_eq!(answer.header("www-authenticate").is_some(), challenged, "{family} {line}");
            if family == "nginx" {
                assert_eq!(
                    (answer.header("content-length"), answer.header("content-type")),
                    (Some("0"), None)
                );
            } else {
                assert_eq!(answer.code(), code, "{family} {line}");
            }
        }
    }
}

#[tokio::test]
async fn what_cannot_be_known_is_no_refusal_and_no_pass() {
    let world = World::unloaded(ServiceRules::default()).await;
    let door = Door::of(&world).await;
    for family in FAMILIES {
        for line in ["GET /api/things", "GET /api/health"] {
            let answer = door.about_as("shop_x", family, line).await;
            assert_eq!(answer.status(), if family == "nginx" { 500 } else { 503 }, "{family}");
            assert_eq!(answer.header("x-symbolon-error"), Some("unavailable"));
            assert_eq!(answer.header("retry-after"), Some("1"));
        }
    }
}

#[tokio::test]
async fn a_service_or_a_family_that_is_not_there_lets_nothing_pass() {
    let world = World::new().await;
    let key = format!("Bearer {}", world.system_key().await);
    let door = Door::of(&world).await;
    let headers = [
        ("Authorization", key.as_str()),
        ("X-Original-URI", "/api/things"),
        ("X-Original-Method", "GET"),
        ("X-Forwarded-Uri", "/api/things"),
        ("X-Forwarded-Method", "GET"),
    ];
    assert_eq!(door.ask("GET /gateway/nginx/shop", &headers).await.status(), 200);
    for (path, expected) in [
        ("/gateway/nginx/nothing", 403),
        ("/gateway/nginx/", 403),
        ("/gateway/caddy/nothing", 404),
        ("/gateway/caddy/%73hop", 404),
        ("/gateway/envoy/nothing/api/things", 404),
        ("/gateway/apache/shop", 404),
        ("/gateway/nginx", 404),
        ("/gateway//shop", 404),
        ("/gateway/", 404),
        ("/", 404),
        ("/v1/services", 404),
        ("http://shop/gateway/nginx/shop", 404),
    ] {
        assert_eq!(door.ask(&format!("GET {path}"), &headers).await.status(), expected, "{path}");
    }
}

/// Whoever asks here can pass no other answer on than that of the application, which may not know the header.
#[tokio::test]
async fn a_change_that_is_only_to_be_tried_is_not_let_through() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let bearer = format!("Bearer {}", world.token(&ann, &["read:things", "write:things"]).await);
    let door = Door::of(&world).await;
    for family in FAMILIES {
        let asked = async |line: &str, dry_run: &str| {
            let headers = [("Authorization", bearer.as_str()), ("X-Dry-Run", dry_run)];
            door.about(family, line, &headers).await.status()
        };
        for dry_run in ["true", "ture"] {
            assert_eq!(asked("POST /api/things", dry_run).await, status(family, 400), "{family} {dry_run}");
        }
        assert_eq!(asked("POST /api/things", "false").await, 200, "{family}");
        assert_eq!(asked("GET /api/things", "true").await, 200, "{family}");
    }
    world.say("dry_run = \"application\"");
    let headers = [("Authorization", bearer.as_str()), ("X-Dry-Run", "true")];
    assert_eq!(door.about("caddy", "POST /api/things", &headers).await.status(), 200);
}
