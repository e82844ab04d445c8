//! What a service says of itself (RFC 9728), and how who was refused finds it.

use serde_json::{Value, json};
use symbolon_server::listen::Limits;
use symbolon_server::proxy::ProxySettings;

use crate::support::backend::Recorder;
use crate::support::front::{Front, settings};
use crate::support::world::World;

const PATH: &str = "/.well-known/oauth-protected-resource";

#[tokio::test]
async fn a_service_with_a_public_url_describes_itself_and_its_challenges_say_where() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let reader = world.token(&ann, &["read:things"]).await;
    let mut recorder = Recorder::new().await;
    let public_url = Some("https://shop.example/".parse().unwrap());
    let proxied = ProxySettings { public_url, ..settings(recorder.backend.address) };
    let front = Front::by(&world, proxied, Limits::default()).await;
    for query in ["", "?x=y"] {
        let answer = front.ask(&format!("GET {PATH}{query}"), &[]).await;
        assert_eq!((answer.status(), answer.header("content-type")), (200, Some("application/json")));
        let told: Value = serde_json::from_slice(&answer.body).unwrap();
        let expected = json!({
            "resource": "https://shop.example",
            "resource_name": "The shop",
            "scopes_supported": ["read:things", "write:things"],
            "bearer_methods_supported": ["header"],
        });
        assert_eq!(told, expected);
    }
    assert_eq!(front.ask(&format!("HEAD {PATH}"), &[]).await.status(), 200);
    let at = format!(r#"resource_metadata="https://shop.example{PATH}""#);
    for (answer, challenge) in [
        (front.ask("GET /api/things", &[]).await, format!(r#"Bearer realm="shop", {at}"#)),
        (
            front.ask_as(&reader, "POST /api/things", &[]).await,
            format!(r#"Bearer realm="shop", error="insufficient_scope", scope="write:things", {at}"#),
        ),
    ] {
        assert_eq!(answer.header("www-authenticate"), Some(challenge.as_str()));
    }
    // What is not a challenge has no place for it.
    assert_eq!(front.ask_as(&reader, "GET /api/nothing", &[]).await.header("www-authenticate"), None);
    // Near it is not it, and a message that two could read in two ways is still none.
    for line in [format!("GET {PATH}/"), format!("POST {PATH}"), format!("GET {PATH}/shop")] {
        assert_eq!(front.ask(&line, &[]).await.status(), 404, "{line}");
    }
    let twice = [("Host", "other.example")];
    assert_eq!(front.ask(&format!("GET {PATH}"), &twice).await.status(), 400);
    recorder.saw_nothing();
}

#[tokio::test]
async fn without_a_public_url_the_path_is_the_applications() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    let refused = front.ask(&format!("GET {PATH}"), &[]).await;
    assert_eq!((refused.status(), refused.code().as_str()), (404, "no_route"));
    recorder.saw_nothing();
    let passthrough = Front::passthrough(&world, recorder.backend.address).await;
    assert_eq!(passthrough.ask(&format!("GET {PATH}"), &[]).await.status(), 200);
    assert_eq!(recorder.seen().await.asks(), format!("GET {PATH}"));
}
