//! Which cookies the application is to see: the caller's without Symbolon's own, which signs in to its API.

use symbolon_core::decision::ServiceRules;
use symbolon_server::OtherCredentials;

use crate::door::{Door, FAMILIES};
use crate::support::wire::Message;
use crate::support::world::World;

/// What is left of the cookies where an answer lets a request pass, as its family is told it.
fn left(family: &str, answer: &Message) -> Option<String> {
    assert_eq!(answer.status(), 200, "{family} {answer:?}");
    let own = matches!(family, "nginx" | "caddy" | "haproxy");
    let (name, other) = if own { ("x-symbolon-cookie", "cookie") } else { ("cookie", "x-symbolon-cookie") };
    assert_eq!(answer.header(other), None, "{family} {answer:?}");
    let left = answer.header(name).map(str::to_owned);
    if family == "envoy" {
        let removed = answer.header("x-envoy-auth-headers-to-remove").unwrap_or_default();
        let removed = removed.split(',').any(|name| name == "cookie");
        assert_eq!(removed, left.is_none(), "{family} {answer:?}");
    }
    left
}

/// Cookies as they are sent, in one header or more, and what is left of them.
const SENT: [(&[&str], Option<&str>); 9] = [
    (&[], None),
    (&["app=1"], Some("app=1")),
    (&["app=1; symbolon_session=abc; other=2"], Some("app=1; other=2")),
    (&["symbolon_device=a; app=1;symbolon_form=b;__Host-symbolon_session=c"], Some("app=1")),
    (&["symbolon_session=abc"], None),
    (&["app=1", "symbolon_session=abc", "other=2"], Some("app=1; other=2")),
    (&["app=1", "other=2"], Some("app=1; other=2")),
    // As some programs read it, ours is in it.
    (&["app=1, symbolon_session=abc"], None),
    (&["app=\"{x}\" \\ $y"], Some("app=\"{x}\" \\ $y")),
];

async fn expect_all(door: &Door, line: &str, principal: &str) {
    for family in FAMILIES {
        for (sent, expected) in SENT {
            let mut headers: Vec<_> = sent.iter().map(|value| ("Cookie", *value)).collect();
            headers.push(("X-Symbolon-Cookie", "evil=1"));
            let answer = door.about(family, line, &headers).await;
            assert_eq!(answer.header("x-symbolon-principal"), Some(principal), "{family} {line}");
            assert_eq!(left(family, &answer).as_deref(), expected, "{family} {line} {sent:?}");
        }
    }
}

#[tokio::test]
async fn symbolons_own_cookies_stay_whoever_decides() {
    let world = World::new().await;
    expect_all(&Door::of(&world).await, "GET /api/health", "anonymous").await;
    let passing = Door::by(&world, &["127.0.0.1"], OtherCredentials::Passthrough).await;
    expect_all(&passing, "POST /api/settings", "none").await;
    let watched = World::with(ServiceRules { enforce: false, ..ServiceRules::default() }).await;
    expect_all(&Door::of(&watched).await, "POST /api/settings", "none").await;
}

#[tokio::test]
async fn a_session_that_counts_stays_and_a_headers_caller_has_no_cookies() {
    let world = World::with(ServiceRules { session_cookie: true, ..ServiceRules::default() }).await;
    let ann = world.user("ann", "operator").await;
    let session = world.session(&ann).await;
    let reader = world.token(&ann, &["read:things"]).await;
    let key = world.system_key().await;
    let door = Door::of(&world).await;
    let (both, own) =
        (format!("app=1; symbolon_session={session}; b=2"), format!("symbolon_session={session}"));
    for family in FAMILIES {
        for (cookie, expected) in [(&both, Some("app=1; b=2")), (&own, None)] {
            let answer = door.about(family, "GET /api/settings", &[("Cookie", cookie)]).await;
            assert_eq!(answer.header("x-symbolon-principal"), Some("session"), "{family}");
            assert_eq!(left(family, &answer).as_deref(), expected, "{family} {cookie}");
        }
        for (secret, line) in
            [(&reader, "GET /api/things"), (&key, "GET /api/metrics"), (&session, "GET /api/settings")]
        {
            let bearer = format!("Bearer {secret}");
            let headers = [("Authorization", bearer.as_str()), ("Cookie", "app=1")];
            let answer = door.about(family, line, &headers).await;
            assert_eq!(left(family, &answer), None, "{family} {line}");
        }
        // A refusal says nothing of cookies.
        let refused = door.about(family, "POST /api/settings", &[("Cookie", "app=1")]).await;
        assert_eq!((refused.status() == 200, refused.header("x-symbolon-cookie")), (false, None), "{family}");
    }
}
