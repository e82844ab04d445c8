//! Limits on requests and on bad credentials, as callers of the proxy meet them.

use symbolon_core::decision::ServiceRules;

use crate::support::backend::{Backend, Recorder};
use crate::support::front::Front;
use crate::support::wire::Message;
use crate::support::world::World;

fn told(answer: &Message) -> [Option<&str>; 3] {
    ["ratelimit-policy", "ratelimit", "retry-after"].map(|name| answer.header(name))
}

#[tokio::test]
async fn beyond_its_limit_a_token_waits_and_is_told_how_long() {
    let world = World::new().await;
    world.limit("token = \"9/1m\"");
    let ann = world.user("ann", "operator").await;
    let (first, second) =
        (world.token(&ann, &["read:things"]).await, world.token(&ann, &["read:things"]).await);
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    let policy = Some("\"token\";q=9;w=60");
    // Two at once, and then one in seven and a half seconds.
    for (remaining, status) in [("r=1;t=8", 200), ("r=0;t=8", 200)] {
        let answer = front.ask_as(&first, "GET /api/things", &[]).await;
        assert_eq!(answer.status(), status);
        assert_eq!(told(&answer), [policy, Some(&*format!("\"token\";{remaining}")), None]);
        recorder.seen().await;
    }
    let refused = front.ask_as(&first, "GET /api/things", &[]).await;
    assert_eq!((refused.status(), refused.code().as_str()), (429, "rate_limited"));
    assert_eq!(told(&refused), [policy, Some("\"token\";r=0;t=8"), Some("8")]);
    assert_eq!(refused.header("www-authenticate"), None);
    let detail = String::from_utf8_lossy(&refused.body).into_owned();
    assert!(detail.contains("which is 9/1m; wait 8 s before the next"), "{detail}");
    recorder.saw_nothing();
    // Others are not kept waiting, and what is refused otherwise is what it was.
    assert_eq!(front.ask_as(&second, "GET /api/things", &[]).await.status(), 200);
    assert_eq!(front.ask_as(&first, "POST /api/things", &[]).await.code(), "insufficient_scope");
    world.clock.advance(7_499);
    assert_eq!(told(&front.ask_as(&first, "GET /api/things", &[]).await)[2], Some("1"));
    world.clock.advance(1);
    assert_eq!(front.ask_as(&first, "GET /api/things", &[]).await.status(), 200);
}

#[tokio::test]
async fn the_services_limit_is_for_its_tokens_alone() {
    let world = World::new().await;
    world.limit("service = \"9/1m\"");
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["read:things"]).await;
    let (session, key) = (world.session(&ann).await, world.system_key().await);
    let recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    for _ in 0..2 {
        let answer = front.ask_as(&token, "GET /api/things", &[]).await;
        assert_eq!(
            (answer.status(), told(&answer)),
            (200, [None; 3]),
            "how busy others are is nobody's to know"
        );
    }
    let refused = front.ask_as(&token, "GET /api/things", &[]).await;
    assert_eq!(refused.status(), 429);
    assert_eq!(told(&refused), [Some("\"service\";q=9;w=60"), Some("\"service\";r=0;t=8"), Some("8")]);
    for secret in [&session, &key] {
        assert_eq!(front.ask_as(secret, "GET /api/things", &[]).await.status(), 200);
    }
    assert_eq!(front.ask("GET /api/health", &[]).await.status(), 200);
}

#[tokio::test]
async fn what_the_application_says_of_its_own_limits_stays() {
    let world = World::new().await;
    world.limit("token = \"9/1m\"");
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["read:things"]).await;
    let backend = Backend::new(|_, mut wire| async move {
        wire.message().await.unwrap();
        wire.send("HTTP/1.1 200 OK\r\nRateLimit: \"own\";r=5\r\nContent-Length: 0\r\n\r\n").await;
    })
    .await;
    let front = Front::of(&world, backend.address).await;
    let answer = front.ask_as(&token, "GET /api/things", &[]).await;
    let said: Vec<_> = answer.headers.iter().filter(|(name, _)| name == "ratelimit").collect();
    let said: Vec<_> = said.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(said, ["\"own\";r=5", "\"token\";r=1;t=8"]);
}

#[tokio::test]
async fn where_a_service_is_not_enforced_no_limit_is_acted_on() {
    let world = World::with(ServiceRules { enforce: false, ..ServiceRules::default() }).await;
    world.limit("token = \"1/1m\"");
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["read:things"]).await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    for principal in [Some("token"), None] {
        assert_eq!(front.ask_as(&token, "GET /api/things", &[]).await.status(), 200);
        assert_eq!(recorder.seen().await.header("x-symbolon-principal"), principal);
    }
}

/// A bad credential that nobody has used before.
fn guess(number: usize) -> String {
    format!("shop_{number}")
}

#[tokio::test]
async fn guesses_become_dear_and_nobody_beside_the_guesser_notices() {
    let world = World::telling().await;
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["read:things"]).await;
    let recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    for number in 0..100 {
        assert_eq!(front.ask_as(&guess(number), "GET /api/things", &[]).await.status(), 401, "{number}");
    }
    for number in 100..110 {
        let answer = front.ask_as(&guess(number), "GET /api/things", &[]).await;
        assert_eq!((answer.status(), answer.code().as_str()), (429, "rate_limited"));
        assert_eq!(told(&answer), [None, None, Some("1")]);
        assert_eq!(answer.header("www-authenticate"), None);
        // From the same address, and between the guesses.
        assert_eq!(front.ask_as(&token, "GET /api/things", &[]).await.status(), 200);
        assert_eq!(front.ask("GET /api/things", &[]).await.code(), "credential_required");
        assert_eq!(front.ask_as("shop_x", "GET /api/health", &[]).await.status(), 200, "a public route");
    }
    world.clock.advance(1_000);
    assert_eq!(front.ask_as(&guess(110), "GET /api/things", &[]).await.status(), 401);
    assert_eq!(front.ask_as(&guess(111), "GET /api/things", &[]).await.status(), 429);
    let log = world.access_log().await;
    let limited = log.iter().filter(|line| line["code"] == "rate_limited");
    assert!(limited.clone().all(|line| line["status"] == 429 && line["reason"] == "token_form"));
    assert_eq!(limited.count(), 11);
}
