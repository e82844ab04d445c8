//! A change that is only to be tried goes nowhere.

use serde_json::{Value, json};
use symbolon_core::decision::ServiceRules;

use crate::support::backend::Recorder;
use crate::support::front::Front;
use crate::support::wire::Message;
use crate::support::world::World;

fn told(answer: &Message) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

#[tokio::test]
async fn what_would_become_of_a_change_is_said_and_nothing_is_sent() {
    let world = World::new().await;
    world.limit("token = \"9/1m\"");
    let ann = world.user("ann", "operator").await;
    let (reads, writes) =
        (world.token(&ann, &["read:things"]).await, world.token(&ann, &["write:things"]).await);
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    // It takes no place in the limit, of which two requests at once are all.
    for _ in 0..5 {
        let answer = front.ask_as(&writes, "POST /api/things?a=1", &[("X-Dry-Run", "true")]).await;
        assert_eq!((answer.status(), answer.header("x-dry-run")), (200, Some("true")));
        assert_eq!(answer.header("ratelimit"), None);
        let request = json!({ "method": "POST", "target": "/api/things?a=1" });
        assert_eq!(told(&answer), json!({ "dry_run": true, "allowed": true, "would_execute": request }));
    }
    let answer = told(&front.ask_as(&reads, "POST /api/things", &[("x-dry-run", "YES")]).await);
    assert_eq!((&answer["allowed"], &answer["code"]), (&json!(false), &json!("insufficient_scope")));
    assert_eq!(answer["required_scopes"], json!([["write:things"]]));
    let answer = told(&front.ask_as(&writes, "POST /api/nothing", &[("X-Dry-Run", "1")]).await);
    assert_eq!((&answer["allowed"], &answer["code"]), (&json!(false), &json!("no_route")));
    recorder.saw_nothing();
    // Nobody learns what somebody might do.
    assert_eq!(front.ask("POST /api/things", &[("X-Dry-Run", "true")]).await.status(), 401);
    assert_eq!(
        front.ask_as("shop_nonsense", "POST /api/things", &[("X-Dry-Run", "true")]).await.status(),
        401
    );
    let misspelt = front.ask_as(&writes, "POST /api/things", &[("X-Dry-Run", "ture")]).await;
    assert_eq!((misspelt.status(), misspelt.code().as_str()), (400, "invalid_request"));
    recorder.saw_nothing();
    // What reads is made, and what is not to be tried is done.
    assert_eq!(front.ask_as(&reads, "GET /api/things", &[("X-Dry-Run", "true")]).await.status(), 200);
    recorder.seen().await;
    assert_eq!(front.ask_as(&writes, "POST /api/things", &[("X-Dry-Run", "false")]).await.status(), 200);
    recorder.seen().await;
}

#[tokio::test]
async fn a_service_that_is_not_enforced_says_so_and_is_spared_all_the_same() {
    let world = World::with(ServiceRules { enforce: false, ..ServiceRules::default() }).await;
    let ann = world.user("ann", "operator").await;
    let reads = world.token(&ann, &["read:things"]).await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    let answer = told(&front.ask_as(&reads, "POST /api/things", &[("X-Dry-Run", "true")]).await);
    assert_eq!((&answer["allowed"], &answer["enforced"]), (&json!(false), &json!(false)));
    let answer = told(&front.ask("POST /api/things", &[("X-Dry-Run", "true")]).await);
    assert_eq!((&answer["allowed"], &answer["enforced"]), (&json!(false), &json!(false)));
    recorder.saw_nothing();
}

/// As its catalog says, it knows the header itself.
#[tokio::test]
async fn an_application_that_tries_by_itself_is_left_to() {
    let world = World::new().await;
    world.say("dry_run = \"application\"");
    let ann = world.user("ann", "operator").await;
    let (reads, writes) =
        (world.token(&ann, &["read:things"]).await, world.token(&ann, &["write:things"]).await);
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    assert_eq!(front.ask_as(&writes, "POST /api/things", &[("X-Dry-Run", "true")]).await.status(), 200);
    assert_eq!(recorder.seen().await.header("x-dry-run"), Some("true"));
    assert_eq!(front.ask_as(&reads, "POST /api/things", &[("X-Dry-Run", "true")]).await.status(), 403);
    recorder.saw_nothing();
}
