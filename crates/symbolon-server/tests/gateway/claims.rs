//! What a caller says by other proxies' headers of who it is, which Envoy is told to take away. For the other families
//! the files in deploy/ do.

use symbolon_core::decision::ServiceRules;
use symbolon_server::OtherCredentials;

use crate::door::Door;
use crate::support::world::World;

const CLAIMS: [&str; 12] = [
    "Remote-User",
    "Remote_User",
    "X-Remote-User",
    "X-Auth-Request-User",
    "X-Forwarded-User",
    "X-Forwarded-Host",
    "X-Real-IP",
    "X-Original-URL",
    "Tailscale-User-Login",
    "X-Symbolon-Tenant",
    "X_Symbolon_Owner",
    "X-API-Key",
];

/// What Envoy sets itself, what is Symbolon's to replace, and what is the caller's to say.
const KEPT: [&str; 7] = [
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Request-Id",
    "X-Envoy-Internal",
    "X-Symbolon-Owner",
    "User-Agent",
    "X-Remote",
];

/// The names that Envoy is told to remove.
async fn removed(door: &Door, line: &str) -> Vec<String> {
    let value = |name: &str| if name == "X-Forwarded-For" { "192.0.2.7" } else { "stranger" };
    let sent: Vec<_> = CLAIMS.iter().chain(&KEPT).map(|name| (*name, value(name))).collect();
    let answer = door.about("envoy", line, &sent).await;
    assert_eq!(answer.status(), 200, "{line} {answer:?}");
    let names = answer.header("x-envoy-auth-headers-to-remove").unwrap_or_default();
    names.split(',').map(str::to_owned).collect()
}

fn has(removed: &[String], name: &str) -> bool {
    removed.iter().any(|removed| *removed == name.to_ascii_lowercase())
}

#[tokio::test]
async fn what_a_caller_claims_does_not_go_on_with_what_was_decided() {
    let world = World::new().await;
    let removed = removed(&Door::of(&world).await, "GET /api/health").await;
    for name in CLAIMS {
        assert!(has(&removed, name), "{name}: {removed:?}");
    }
    for name in KEPT {
        assert!(!has(&removed, name), "{name}: {removed:?}");
    }
}

#[tokio::test]
async fn what_is_left_to_the_applications_login_goes_on_as_it_came_but_for_identity() {
    let world = World::new().await;
    let passing = Door::by(&world, &["127.0.0.1"], OtherCredentials::Passthrough).await;
    let watched = World::with(ServiceRules { enforce: false, ..ServiceRules::default() }).await;
    for door in [passing, Door::of(&watched).await] {
        let removed = removed(&door, "POST /api/settings").await;
        for name in CLAIMS {
            let identity = name.to_ascii_lowercase().replace('_', "-").starts_with("x-symbolon-");
            assert_eq!(has(&removed, name), identity, "{name}: {removed:?}");
        }
    }
}
