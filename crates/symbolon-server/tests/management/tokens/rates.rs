//! How many requests a token may make, by its catalog and by itself.

use serde_json::{Value, json};

use crate::world::{Setup, World};

const HELD: &str = r#"
service = "held"
title = "Held"
token_prefix = "hld"
[limits]
service = "1000/1s"
token = "100/1m"
max_token = "200/1m"
[scopes]
"read" = "Read"
[[routes]]
scopes = ["read"]
paths = ["GET /read"]
"#;

const TOKENS: &str = "/v1/services/held/tokens";

async fn world() -> (World, String) {
    let world = World::of(Setup { catalogs: vec![HELD.to_owned()], ..Setup::default() }).await;
    let key = world.system_key().await;
    (world, key)
}

fn new(more: &Value) -> Value {
    let mut body = json!({ "name": "test", "scopes": ["read"] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn a_token_has_the_catalogs_limit_or_its_own_and_is_shown_with_both() {
    let (world, key) = world().await;
    let made = world.post(TOKENS, &new(&json!({}))).by(&key).send().await.expect(201);
    let both = |record: &Value| [record["rate_limit"].clone(), record["effective_rate_limit"].clone()];
    assert_eq!(both(&made), [Value::Null, json!("100/1m")]);
    let own = new(&json!({ "rate_limit": "150/60s burst 30" }));
    let made = world.post(TOKENS, &own).by(&key).send().await.expect(201);
    assert_eq!(both(&made), [json!("150/1m"), json!("150/1m")]);
    let path = format!("{TOKENS}/{}", made["id"].as_str().unwrap());
    let edit = async |body: Value| world.patch(&path, &body).by(&key).send().await;
    let edited = edit(json!({ "rate_limit": "10/1m" })).await.expect(200);
    assert_eq!(both(&edited), [json!("10/1m"), json!("10/1m")]);
    let edited = edit(json!({ "name": "other" })).await.expect(200);
    assert_eq!(both(&edited), [json!("10/1m"), json!("10/1m")], "what is left out is left alone");
    let own = world.get("/v1/self").by(made["token"].as_str().unwrap()).send().await.expect(200);
    assert_eq!(both(&own["token"]), [json!("10/1m"), json!("10/1m")]);
    let edited = edit(json!({ "rate_limit": "default" })).await.expect(200);
    assert_eq!(both(&edited), [Value::Null, json!("100/1m")]);
    let audit = world.get(&format!("{path}/audit")).by(&key).send().await.expect(200);
    let changes: Vec<_> =
        audit["items"].as_array().unwrap().iter().map(|line| &line["detail"]["after"]).collect();
    assert_eq!(changes[0], &json!({ "rate_limit": null }));
    let info = world.get("/v1/services/held").by(&key).send().await.expect(200);
    let limits = ["rate_limit", "token_rate_limit", "max_token_rate_limit"].map(|field| info[field].clone());
    assert_eq!(limits, [json!("1000/1s"), json!("100/1m"), json!("200/1m")]);
}

#[tokio::test]
async fn no_token_gets_a_looser_limit_than_the_catalog_allows() {
    let (world, key) = world().await;
    let made = world.post(TOKENS, &new(&json!({}))).by(&key).send().await.expect(201);
    let path = format!("{TOKENS}/{}", made["id"].as_str().unwrap());
    for rate in ["201/1m", "200/1m burst 41", "10/1s", "200/1h burst 50", "fast", "100", "0/1m", ""] {
        let asked = json!({ "rate_limit": rate });
        let created = world.post(TOKENS, &new(&asked)).by(&key).send().await;
        created.refused_at(422, "validation_failed", "rate_limit");
        let edited = world.patch(&path, &asked).by(&key).send().await;
        edited.refused_at(422, "validation_failed", "rate_limit");
    }
    // A catalog that becomes stricter holds for tokens that there are.
    let own = world.patch(&path, &json!({ "rate_limit": "200/1m" })).by(&key).send().await.expect(200);
    assert_eq!(own["effective_rate_limit"], "200/1m");
    world.set_catalogs(&[&HELD.replace("200/1m", "120/1m")]);
    let shown = world.get(&path).by(&key).send().await.expect(200);
    assert_eq!((&shown["rate_limit"], &shown["effective_rate_limit"]), (&json!("200/1m"), &json!("120/1m")));
}

#[tokio::test]
async fn who_asks_about_a_request_is_told_what_is_left_and_what_to_answer() {
    let (world, key) = world().await;
    let held = new(&json!({ "rate_limit": "5/1m" }));
    let made = world.post(TOKENS, &held).by(&key).send().await.expect(201);
    let ask = async |body: Value| {
        let mut body = body;
        body["token"] = made["token"].clone();
        world.post("/v1/services/held/verify", &body).by(&key).send().await.expect(200)
    };
    let request = json!({ "method": "GET", "path": "/read" });
    let allowed = ask(request.clone()).await;
    let told = json!({ "ratelimit": "\"token\";r=0;t=12", "ratelimit-policy": "\"token\";q=5;w=60" });
    assert_eq!((&allowed["code"], &allowed["headers"]), (&json!("allowed"), &told));
    for question in [request.clone(), json!({ "scopes": ["read"] })] {
        let refused = ask(question).await;
        assert_eq!((&refused["code"], &refused["status"]), (&json!("rate_limited"), &json!(429)));
        assert_eq!(refused["answer"]["headers"]["retry-after"], "12");
        assert_eq!(refused["answer"]["headers"]["ratelimit"], told["ratelimit"]);
        assert_eq!(refused["token"]["id"], made["id"], "it is a live token's secret");
    }
    // To explain, or to introspect, is no request.
    let asked = json!({ "method": "GET", "path": "/read", "token": made["id"] });
    let explained = world.post("/v1/services/held/explain", &asked).by(&key).send().await.expect(200);
    assert_eq!(explained["allowed"], true);
    world.clock.advance(12);
    assert_eq!(ask(request).await["code"], "allowed");
}
