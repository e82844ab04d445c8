//! What cannot be known passes nobody.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};
use symbolon_core::decision::ServiceRules;
use symbolon_gate::{Gate, Service};
use symbolon_tower::{Grant, SetupError, Symbolon};

use crate::backend::{Backend, listen};
use crate::stage::{Server, guarded, in_process};
use crate::world::{SHOP, World};

async fn is_unavailable(layer: &Symbolon) {
    let door = guarded(layer).await;
    let answer = door.ask("GET /api/health", &[("X-API-Key", "x")]).await;
    assert_eq!((answer.status(), answer.code().as_str()), (503, "unavailable"));
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn a_gate_that_is_not_loaded_or_knows_no_such_service_passes_nobody() {
    let world = World::new().await;
    let gate = std::sync::Arc::new(Gate::new(world.keys.clone()));
    is_unavailable(&Symbolon::in_process(gate.clone(), "shop").unwrap()).await;
    let catalog = std::sync::Arc::new(symbolon_core::Catalog::compile("test", SHOP).unwrap());
    gate.set_services(vec![Service { catalog, rules: ServiceRules::default() }]).unwrap();
    is_unavailable(&Symbolon::in_process(gate, "shop").unwrap()).await;
    is_unavailable(&Symbolon::in_process(world.gate.clone(), "nowhere").unwrap()).await;
}

#[tokio::test]
async fn a_server_that_is_away_or_late_passes_nobody() {
    let (listener, address) = listen().await;
    // It takes connections, as far as the system does, and never answers.
    let late = Symbolon::remote(&format!("http://{address}"), "shop", "symkey_x".to_owned()).unwrap();
    is_unavailable(&late.timeout(Duration::from_millis(50))).await;
    drop(listener);
    is_unavailable(&Symbolon::remote(&format!("http://{address}"), "shop", "symkey_x".to_owned()).unwrap())
        .await;
}

#[tokio::test]
async fn a_server_that_answers_nonsense_passes_nobody() {
    let allowed = || {
        json!({
            "allowed": true, "code": "allowed", "status": 200, "principal": "anonymous", "owner": null,
            "role": null, "token": null, "target": "/api/health",
        })
    };
    let but = |field: &str, value: Value| {
        let mut reply = allowed();
        reply[field] = value;
        reply.to_string()
    };
    let problem = |status: u16, code: &str| {
        json!({
            "headers": {},
            "problem": {
                "type": "", "title": "", "status": status, "code": code, "detail": "", "request_id": "",
            },
        })
    };
    let refused = |status: u16, answer: Value| {
        let mut reply = allowed();
        for (field, value) in [
            ("allowed", json!(false)),
            ("code", json!("no_route")),
            ("status", json!(status)),
            ("answer", answer),
        ] {
            reply[field] = value;
        }
        reply.to_string()
    };
    let mut nonsense = vec![
        String::new(),
        "{}".to_owned(),
        "<html>".to_owned(),
        "{\"allowed\":true}".to_owned(),
        but("target", json!("/api/settings")),
        but("target", Value::Null),
        but("principal", Value::Null),
        but("principal", json!("root")),
        but("principal", json!("token")),
        but("code", json!("no_route")),
        but("status", json!(403)),
        but("allowed", json!(false)),
        refused(200, problem(200, "no_route")),
        refused(404, problem(404, "allowed")),
        refused(404, problem(404, "unheard_of")),
        refused(404, problem(403, "no_route")),
    ];
    nonsense.sort();
    // The one that is no nonsense, so that the others prove something.
    nonsense.push(allowed().to_string());
    let last = nonsense.len() - 1;
    for (number, body) in nonsense.into_iter().enumerate() {
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let server = Backend::new(move |_, mut wire| {
            let answer = answer.clone();
            async move {
                wire.message().await.unwrap();
                wire.send(answer).await;
            }
        })
        .await;
        let url = format!("http://{}", server.address);
        let layer = Symbolon::remote(&url, "shop", "symkey_x".to_owned()).unwrap();
        if number == last {
            let door = guarded(&layer).await;
            assert_eq!(door.ask("GET /api/health", &[]).await.status(), 200);
        } else {
            let door = guarded(&layer).await;
            let answer = door.ask("GET /api/health", &[]).await;
            assert_eq!(answer.status(), 503, "{body}");
        }
    }
}

#[tokio::test]
async fn a_bad_key_passes_nobody() {
    let world = World::new().await;
    let management = crate::stage::management(&world).await;
    let url = format!("http://{}", management.address);
    is_unavailable(&Symbolon::remote(&url, "shop", "symkey_wrong".to_owned()).unwrap()).await;
}

#[tokio::test]
async fn a_handler_without_a_layer_in_front_answers_that_nothing_was_decided() {
    async fn handler(_: Grant) -> &'static str {
        "in"
    }
    let app = Router::new().route("/api/health", get(handler));
    let bare = Server::new(app.clone()).await;
    let answer = bare.ask("GET /api/health", &[]).await;
    assert_eq!((answer.status(), answer.code().as_str()), (503, "unavailable"));
    let world = World::new().await;
    let layered = Server::new(app.layer(in_process(&world))).await;
    assert_eq!(layered.ask("GET /api/health", &[]).await.body, b"in");
}

#[test]
fn what_cannot_be_a_layer_is_refused_in_a_sentence() {
    let remote =
        |url: &str, service: &str, key: &str| Symbolon::remote(url, service, key.to_owned()).unwrap_err();
    assert!(matches!(remote("ftp://x", "shop", "k"), SetupError::Url(text) if text.contains("http://")));
    assert!(matches!(remote("http://x", "two words", "k"), SetupError::Service(..)));
    assert_eq!(remote("http://x", "shop", "two words"), SetupError::Key);
    let layer = Symbolon::remote("http://x", "shop", "symkey_secret".to_owned()).unwrap();
    assert!(!format!("{layer:?}").contains("secret"), "{layer:?}");
}
