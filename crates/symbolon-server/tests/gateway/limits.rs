//! Limits, as far as each family can carry them.

use crate::door::{Door, FAMILIES};
use crate::support::world::World;

#[tokio::test]
async fn a_limit_is_told_on_what_passes_and_on_what_does_not() {
    let world = World::new().await;
    world.limit("token = \"5/1m\"");
    let ann = world.user("ann", "operator").await;
    let door = Door::of(&world).await;
    for family in FAMILIES {
        let token = world.token(&ann, &["read:things"]).await;
        let passed = door.about_as(&token, family, "GET /api/things").await;
        assert_eq!(passed.status(), 200, "{family}");
        assert_eq!(passed.header("ratelimit-policy"), Some("\"token\";q=5;w=60"), "{family}");
        assert_eq!(passed.header("ratelimit"), Some("\"token\";r=0;t=12"), "{family}");
        let refused = door.about_as(&token, family, "GET /api/things").await;
        // nginx carries no more than 401 and 403, and its file makes this one 429 again.
        assert_eq!(refused.status(), if family == "nginx" { 403 } else { 429 }, "{family}");
        assert_eq!(refused.header("x-symbolon-error"), Some("rate_limited"), "{family}");
        assert_eq!(refused.header("retry-after"), Some("12"), "{family}");
        assert_eq!(refused.header("ratelimit"), Some("\"token\";r=0;t=12"), "{family}");
    }
}

#[tokio::test]
async fn guesses_are_counted_by_the_clients_address() {
    let world = World::new().await;
    let door = Door::of(&world).await;
    let ask = async |address: &str| {
        let headers = [
            ("Authorization", "Bearer shop_x"),
            ("X-Original-URI", "/api/things"),
            ("X-Original-Method", "GET"),
            ("X-Original-Address", address),
        ];
        let answer = door.send(&crate::support::front::request("GET /gateway/nginx/shop", &headers)).await;
        answer.header("x-symbolon-error").unwrap().to_owned()
    };
    for _ in 0..100 {
        assert_eq!(ask("2001:db8::7").await, "invalid_token");
    }
    assert_eq!(ask("2001:db8::8").await, "rate_limited", "one network is one source");
    assert_eq!(ask("2001:db8:0:1::7").await, "invalid_token");
    assert_eq!(ask("192.0.2.7").await, "invalid_token");
}
