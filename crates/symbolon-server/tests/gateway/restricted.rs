//! A token's restrictions, by what each family of gateways shows of a request.

use crate::door::{Door, FAMILIES, names, status};
use crate::support::world::World;

#[tokio::test]
async fn each_family_says_where_a_request_comes_from_in_its_own_header() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let (secret, token) = world.token_of("shop", &ann, &["read:things"]).await;
    world.restrict(token, r#"{ "networks": ["192.0.2.7"], "parameters": { "id": ["7"] } }"#).await;
    let door = Door::of(&world).await;
    let bearer = format!("Bearer {secret}");
    for family in FAMILIES {
        let answer = async |path: &str, address: Option<&str>| {
            let credential = ("Authorization", bearer.as_str());
            let Some([uri, verb, client]) = names(family) else {
                let shown = address.map(|address| ("X-Forwarded-For", address));
                let headers: Vec<_> = [credential].into_iter().chain(shown).collect();
                return door.ask(&format!("GET /gateway/{family}/shop{path}"), &headers).await;
            };
            let shown = address.map(|address| (client, address));
            let headers: Vec<_> = [credential, (uri, path), (verb, "GET")].into_iter().chain(shown).collect();
            door.ask(&format!("GET /gateway/{family}/shop"), &headers).await
        };
        for (path, address, expected) in [
            ("/api/things/7", Some("192.0.2.7"), 200),
            ("/api/things/7", Some("::ffff:192.0.2.7"), 200),
            ("/api/things/7", Some("192.0.2.8"), 403),
            ("/api/things/7", None, 403),
            ("/api/things/8", Some("192.0.2.7"), 403),
            ("/api/things", Some("192.0.2.7"), 403),
        ] {
            let answer = answer(path, address).await;
            assert_eq!(answer.status(), status(family, expected), "{family} {path} {address:?}");
            let error = (expected == 403).then_some("restricted");
            assert_eq!(answer.header("x-symbolon-error"), error, "{family} {path} {address:?}");
        }
    }
}

/// What a client wrote into a list before the gateway did is not where it calls from.
#[tokio::test]
async fn an_address_that_the_client_wrote_itself_does_not_count() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let (secret, token) = world.token_of("shop", &ann, &["read:things"]).await;
    world.restrict(token, r#"{ "networks": ["192.0.2.7"] }"#).await;
    let door = Door::of(&world).await;
    let bearer = format!("Bearer {secret}");
    for (chain, expected) in [("192.0.2.7, 192.0.2.8", 403), ("192.0.2.8, 192.0.2.7", 200)] {
        let shown = [
            ("Authorization", bearer.as_str()),
            ("X-Forwarded-Uri", "/api/things"),
            ("X-Forwarded-Method", "GET"),
            ("X-Forwarded-For", chain),
        ];
        assert_eq!(door.ask("GET /gateway/caddy/shop", &shown).await.status(), expected, "{chain}");
    }
}
