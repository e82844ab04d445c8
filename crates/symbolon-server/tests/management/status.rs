//! How the server is.

use serde_json::{Value, json};
use symbolon_core::credential::Credentials;
use symbolon_core::decision::Request;
use symbolon_server::Door;

use crate::world::{Setup, World};

async fn status(world: &World, key: &str) -> Value {
    world.get("/v1/status").by(key).send().await.expect(200)
}

#[tokio::test]
async fn it_tells_what_is_held_and_what_was_decided() {
    let world = World::new().await;
    let (admin, key) = (world.admin().await, world.system_key().await);
    world.person("viewer", &[]).await;
    let (id, token) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    world.clock.advance(60);
    world.verdict(&token, "GET", "/api/jobs").await;
    world.verdict(&token, "GET", "/api/jobs").await;
    world.verdict(&token, "GET", "/api/printers?api_key=hush").await;
    let told = status(&world, &key).await;
    assert_eq!(told["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        (&told["started_at"], &told["now"]),
        (&json!("2026-01-01T00:00:00Z"), &json!("2026-01-01T00:01:00Z"))
    );
    // The built-in user is one.
    assert_eq!(told["index"], json!({ "tokens": 1, "users": 3, "sessions": 2 }));
    let odin = &told["services"][0];
    assert_eq!(odin["checks"], json!({ "allowed": 2, "insufficient_scope": 1 }));
    assert_eq!((&odin["service"], odin["title"].is_string()), (&json!("odin"), true));
    assert_eq!((&told["store"]["kind"], &told["store"]["available"]), (&json!("sqlite"), &json!(true)));
    assert!(told["store"]["bytes"].as_u64().is_some_and(|bytes| bytes > 4_096));
    assert_eq!(told["usage_dropped"], 0);
    let refusal = &told["refusals"][0];
    let expected = json!({
        "request_id": refusal["request_id"], "at": "2026-01-01T00:01:00Z", "service": "odin", "method": "GET",
        "path": "/api/printers", "code": "insufficient_scope", "reason": "insufficient_scope", "token": id,
    });
    assert_eq!((refusal, told["refusals"].as_array().unwrap().len()), (&expected, 1));
    for _ in 0..60 {
        world.verdict(&token, "GET", "/api/printers").await;
    }
    assert_eq!(status(&world, &key).await["refusals"].as_array().unwrap().len(), 50);
}

#[tokio::test]
async fn checks_are_told_by_the_second_for_a_minute() {
    let world = World::new().await;
    let (admin, key) = (world.admin().await, world.system_key().await);
    let (_, token) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    assert_eq!(status(&world, &key).await["rates"], json!([]));
    for path in ["/api/jobs", "/api/jobs", "/api/printers"] {
        world.verdict(&token, "GET", path).await;
    }
    world.app.sample();
    world.clock.advance(1);
    world.verdict(&token, "GET", "/api/jobs").await;
    world.app.sample();
    let rates = json!([
        { "at": "2026-01-01T00:00:00Z", "allowed": 2, "refused": 1, "unavailable": 0 },
        { "at": "2026-01-01T00:00:01Z", "allowed": 1, "refused": 0, "unavailable": 0 },
    ]);
    assert_eq!(status(&world, &key).await["rates"], rates);
    for _ in 0..60 {
        world.clock.advance(1);
        world.app.sample();
    }
    let told = status(&world, &key).await;
    assert_eq!(told["rates"].as_array().unwrap().len(), 60);
    assert_eq!(told["rates"][59]["at"], "2026-01-01T00:01:01Z");
}

#[tokio::test]
async fn what_could_not_be_known_is_neither_allowed_nor_refused() {
    let world = World::of(Setup { loaded: false, ..Setup::default() }).await;
    let (key, odin) = (world.system_key().await, "odin".parse().unwrap());
    let request = Request {
        method: "GET",
        target: b"/api/jobs",
        credentials: Credentials::default(),
        method_override: false,
        client_ip: None,
    };
    let _ = world.gate.check(&odin, &request, world.app.now()).unwrap();
    world.app.sample();
    world.store.attach(world.gate.clone()).await.unwrap();
    let _ = world.gate.check(&odin, &request, world.app.now()).unwrap();
    world.app.sample();
    let told = status(&world, &key).await;
    assert_eq!(told["services"][0]["checks"], json!({ "credential_required": 1, "unavailable": 1 }));
    let rate = |refused: u64, unavailable: u64| json!({ "at": "2026-01-01T00:00:00Z", "allowed": 0, "refused": refused, "unavailable": unavailable });
    assert_eq!(told["rates"], json!([rate(0, 1), rate(1, 0)]));
}

#[tokio::test]
async fn doors_and_catalogs_are_told_and_a_service_knows_its_url() {
    let world = World::new().await;
    let key = world.system_key().await;
    let url = async |service: &str| {
        let path = format!("/v1/services/{service}");
        world.get(&path).by(&key).send().await.expect(200)["url"].clone()
    };
    assert_eq!(url("odin").await, Value::Null);
    let door = |name, address: &str, service: Option<&str>| Door {
        tls: None,
        name,
        address: address.to_owned(),
        service: service.map(|service| service.parse().unwrap()),
    };
    let proxy = "http://127.0.0.1:7081";
    world.app.set_doors(vec![
        door("management", "http://127.0.0.1:7070", None),
        door("proxy", proxy, Some("odin")),
    ]);
    assert_eq!((url("odin").await, url("odysseus").await), (json!(proxy), Value::Null));
    let told = status(&world, &key).await;
    assert_eq!(
        told["doors"][1],
        json!({ "name": "proxy", "address": proxy, "service": "odin", "certificate": null })
    );

    world.clock.advance(5);
    world.app.catalogs_failed(&"x".repeat(10_000));
    let told = status(&world, &key).await["catalogs"].clone();
    assert_eq!(
        (&told[0]["service"], &told[0]["loaded_at"]),
        (&json!("odin"), &json!("2026-01-01T00:00:00Z"))
    );
    assert_eq!(told[1]["fault"].as_str().unwrap().len(), 2_000);
    world.app.catalogs_reloaded();
    let told = status(&world, &key).await["catalogs"].clone();
    let odin =
        json!({ "service": "odin", "enforced": true, "loaded_at": "2026-01-01T00:00:05Z", "fault": null });
    assert_eq!(told[0], odin);
}
