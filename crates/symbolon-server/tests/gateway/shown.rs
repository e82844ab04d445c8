//! What is read of a question, and what never is.

use crate::door::{Door, FAMILIES, names, status};
use crate::support::world::World;

/// A world, its door, and a credential that may read things.
async fn reader() -> (World, Door, String) {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let bearer = format!("Bearer {}", world.token(&ann, &["read:things"]).await);
    let door = Door::of(&world).await;
    (world, door, bearer)
}

#[tokio::test]
async fn what_is_missing_empty_or_there_twice_is_refused_and_never_guessed() {
    let (_world, door, bearer) = reader().await;
    let bearer = ("Authorization", bearer.as_str());
    for family in FAMILIES {
        let Some([uri, method, address]) = names(family) else { continue };
        let (target, verb) = ((uri, "/api/things"), (method, "GET"));
        // The question's own line is one that would be allowed; that it is not decided about is the point.
        let line = format!("GET /gateway/{family}/shop?/api/things");
        assert_eq!(door.ask(&line, &[bearer, target, verb]).await.status(), 200, "{family}");
        for headers in [
            &[][..],
            &[target],
            &[verb],
            &[target, (method, "")],
            &[(uri, ""), verb],
            &[target, target, verb],
            &[target, (uri, "/api/health"), verb],
            &[target, verb, verb],
            &[target, verb, (method, "POST")],
            &[target, (method, "G\u{e4}T")],
            &[target, verb, (address, "")],
            &[target, verb, (address, "unknown")],
            &[target, verb, (address, "192.0.2.7:80")],
        ] {
            let answer = door.ask(&line, &[&[bearer][..], headers].concat()).await;
            assert_eq!(answer.status(), status(family, 400), "{family} {headers:?}");
            assert_eq!(answer.header("x-symbolon-error"), Some("invalid_request"));
        }
        let path = format!("GET /gateway/{family}/shop/api/things");
        assert_eq!(door.ask(&path, &[bearer, target, verb]).await.status(), status(family, 400), "{family}");
    }
}

#[tokio::test]
async fn other_families_headers_say_nothing() {
    let (_world, door, bearer) = reader().await;
    let bearer = ("Authorization", bearer.as_str());
    let every = FAMILIES.into_iter().filter_map(names);
    for family in FAMILIES {
        let own = names(family);
        let strangers: Vec<_> = every
            .clone()
            .filter(|names| own != Some(*names))
            .flat_map(|[uri, method, _]| [(uri, "/api/things"), (method, "GET")])
            .chain([
                ("X-Original-URL", "/api/things"),
                ("X-Rewrite-URL", "/api/things"),
                ("X-Forwarded-Path", "/api/things"),
            ])
            .collect();
        let headers = [&[bearer][..], &strangers].concat();
        let refused = door.about(family, "DELETE /api/things/7", &headers).await;
        assert_eq!(refused.status(), 403, "{family}");
        assert_eq!(refused.header("x-symbolon-error"), Some("insufficient_scope"));
        if own.is_some() {
            let alone = door.ask(&format!("GET /gateway/{family}/shop"), &headers).await;
            assert_eq!(alone.header("x-symbolon-error"), Some("invalid_request"), "{family}");
        }
    }
}

#[tokio::test]
async fn the_target_is_bytes_and_never_a_url() {
    let (_world, door, bearer) = reader().await;
    let bearer = ("Authorization", bearer.as_str());
    for family in FAMILIES {
        for (target, code) in [
            ("/api/things?a=/../b&c=%zz", None),
            ("/%61pi/things", None),
            ("//shop.example/api/things", Some("invalid_request")),
            ("http://shop.example/api/things", Some("invalid_request")),
            ("*", Some("invalid_request")),
            ("api/things", Some("invalid_request")),
            ("/api/things%3Fa=b", Some("invalid_request")),
            ("/api/things/..;/settings", Some("invalid_request")),
            ("/api/things/", Some("no_route")),
            ("/API/things", Some("no_route")),
        ] {
            if family == "envoy" && !target.starts_with('/') {
                continue;
            }
            for method in ["GET", "HEAD"] {
                let mut line = format!("GET {target}");
                if family != "envoy" {
                    line = format!("{method} {target}");
                }
                let answer = door.about(family, &line, &[bearer]).await;
                assert_eq!(answer.header("x-symbolon-error"), code, "{family} {line}");
                assert_eq!(answer.status() == 200, code.is_none(), "{family} {line}");
            }
        }
    }
}

#[tokio::test]
async fn methods_are_taken_as_they_are_sent() {
    let (_world, door, bearer) = reader().await;
    let bearer = ("Authorization", bearer.as_str());
    for family in FAMILIES {
        for method in ["get", "Get", "GETT", "TRACE", "PROPFIND", "OPTIONS", "CONNECT"] {
            if family == "envoy" && method == "CONNECT" {
                continue;
            }
            let answer = door.about(family, &format!("{method} /api/things"), &[bearer]).await;
            assert_eq!(answer.header("x-symbolon-error"), Some("method_not_allowed"), "{family} {method}");
        }
        let star = door.about(family, "OPTIONS *", &[bearer]).await;
        assert_ne!(star.status(), 200, "{family}");
    }
}

#[tokio::test]
async fn of_a_list_of_addresses_the_gateways_own_entry_counts() {
    let (world, door, bearer) = reader().await;
    let bearer = ("Authorization", bearer.as_str());
    for family in ["caddy", "traefik"] {
        let shown = [("X-Forwarded-Uri", "/api/things"), ("X-Forwarded-Method", "GET"), bearer];
        for (list, status) in
            [("192.0.2.1, 203.0.113.9", 200), ("nonsense, 203.0.113.9", 200), ("192.0.2.1, x", 400)]
        {
            let headers = [&shown[..], &[("X-Forwarded-For", list)]].concat();
            let answer = door.ask(&format!("GET /gateway/{family}/shop"), &headers).await;
            assert_eq!(answer.status(), status, "{family} {list}");
        }
    }
    for family in ["caddy", "traefik"] {
        let twice = [
            ("X-Forwarded-Uri", "/api/things"),
            ("X-Forwarded-Method", "GET"),
            ("X-Forwarded-For", "192.0.2.1"),
            ("X-Forwarded-For", "203.0.113.9"),
            bearer,
        ];
        assert_eq!(door.ask(&format!("GET /gateway/{family}/shop"), &twice).await.status(), 400, "{family}");
    }
    // What was noted of the use is the address that the gateway added.
    world.gate.gather_usage();
    let noted = world.gate.take_usage(10);
    assert!(!noted.is_empty());
    let seen = format!("{noted:?}");
    assert!(seen.contains("203.0.113.9") && !seen.contains("192.0.2.1"), "{seen}");
}
