//! The question of applications: may this secret make this request?

use serde_json::{Value, json};

use crate::world::{Answer, World};

/// What to answer the caller, taken out of a refusal's reply.
fn taken(reply: &mut Value) -> Value {
    reply.as_object_mut().unwrap().remove("answer").unwrap_or(Value::Null)
}

async fn ask(world: &World, body: Value) -> Answer {
    let key = world.system_key().await;
    world.post("/v1/services/odin/verify", &body).by(&key).send().await
}

fn request(secret: &str, method: &str, path: &str) -> Value {
    json!({ "token": secret, "method": method, "path": path, "client_ip": "192.0.2.1" })
}

#[tokio::test]
async fn the_reply_tells_who_it_is_and_what_to_answer() {
    let world = World::new().await;
    let viewer = world.person("viewer", &[("odin", "viewer")]).await;
    let (id, secret) = world.odin_token(&viewer.jwt, &["read:jobs"]).await;
    let record = |at: Value| {
        json!({
            "id": id,
            "service": "odin",
            "name": "test",
            "description": "",
            "metadata": {},
            "owner": "viewer",
            "token_prefix": secret[5..13],
            "scopes": ["read:jobs"],
            "effective_scopes": ["read:jobs"],
            "profile": null,
            "state": "active",
            "created_at": "2026-01-01T00:00:00Z",
            "expires_at": null,
            "last_used_at": at,
            "rotated_at": null,
            "old_secret": null,
            "reused_at": null,
            "rate_limit": null,
            "effective_rate_limit": null,
            "restrictions": {},
            "change_limit": null,
            "parent": null,
            "depth": 0,
            "derive": 0,
        })
    };
    let refused = |code: &str, status: u16, challenge: Option<&str>, token: Value| {
        let mut reply = json!({
            "allowed": false, "code": code, "status": status,
            "principal": null, "owner": null, "role": null, "token": token,
        });
        if let Some(challenge) = challenge {
            reply["www_authenticate"] = json!(challenge);
        }
        reply
    };

    // A refusal is no use.
    let mut other = ask(&world, request(&secret, "GET", "/api/users")).await.expect(200);
    let answer = taken(&mut other);
    let challenge = r#"Bearer realm="odin", error="insufficient_scope", scope="read:users""#;
    assert_eq!(other, refused("insufficient_scope", 403, Some(challenge), record(Value::Null)));
    let headers = json!({ "content-type": "application/problem+json", "www-authenticate": challenge });
    assert_eq!(answer["headers"], headers);
    let problem = &answer["problem"];
    assert_eq!((&problem["status"], &problem["code"]), (&json!(403), &json!("insufficient_scope")));
    assert_eq!(problem["required_scopes"], json!([["read:users"]]));
    assert!(problem["request_id"].as_str().unwrap().starts_with("req_"));
    let allowed = ask(&world, request(&secret, "GET", "/api/v1/jobs?page=2")).await.expect(200);
    let expected = json!({
        "allowed": true, "code": "allowed", "status": 200,
        "principal": "token", "owner": "viewer", "role": "viewer",
        "token": record(json!("2026-01-01T00:00:00Z")),
        "target": "/api/v1/jobs?page=2", "route": { "method": "GET", "path": "/jobs" },
    });
    assert_eq!(allowed, expected);

    let used = || record(json!("2026-01-01T00:00:00Z"));
    for (method, path, code, status, token) in [
        ("POST", "/api/backups", "human_only", 403, used()),
        ("GET", "/nowhere", "no_route", 404, Value::Null),
        ("BREW", "/api/jobs", "method_not_allowed", 405, Value::Null),
        ("GET", "/api/../api/jobs", "invalid_request", 400, Value::Null),
        ("GET", "*", "invalid_request", 400, Value::Null),
    ] {
        let mut reply = ask(&world, request(&secret, method, path)).await.expect(200);
        let answer = taken(&mut reply);
        assert_eq!(reply, refused(code, status, None, token), "{method} {path}");
        assert_eq!(answer["problem"]["code"], code);
        assert_eq!(answer["headers"].get("allow").is_some(), status == 405, "{method} {path}");
    }
    // Of a bad secret nothing is told, whatever it is that is wrong.
    world.delete("/v1/self").by(&secret).send().await.expect(204);
    let challenge = r#"Bearer realm="odin", error="invalid_token""#;
    for bad in [secret.as_str(), "odin_mistyped", "two words", "\u{e9}", "nothing"] {
        let mut reply = ask(&world, request(bad, "GET", "/api/jobs")).await.expect(200);
        taken(&mut reply);
        assert_eq!(reply, refused("invalid_token", 401, Some(challenge), Value::Null), "{bad}");
    }
}

#[tokio::test]
async fn a_token_that_does_not_live_is_not_shown() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (id, secret) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let path = format!("/v1/services/odin/tokens/{id}");
    let shown = async || {
        let reply = ask(&world, request(&secret, "GET", "/api/jobs")).await.expect(200);
        (reply["code"].clone(), reply["token"]["id"].clone())
    };
    assert_eq!(shown().await, (json!("allowed"), json!(id)));
    world.post(&format!("{path}/disable"), &json!({})).by(&admin.jwt).send().await.expect(200);
    assert_eq!(shown().await, (json!("invalid_token"), Value::Null));
    world.post(&format!("{path}/enable"), &json!({})).by(&admin.jwt).send().await.expect(200);
    world.patch(&path, &json!({ "expires_in": "1s" })).by(&admin.jwt).send().await.expect(200);
    world.clock.advance(1);
    assert_eq!(shown().await, (json!("invalid_token"), Value::Null));
}

#[tokio::test]
async fn a_token_of_another_service_is_nobody_here() {
    let world = World::new().await;
    let admin = world.admin().await;
    let body = json!({ "name": "test", "profile": "chat" });
    let foreign = world.token(&admin.jwt, "odysseus", &body).await;
    let reply =
        ask(&world, request(foreign["token"].as_str().unwrap(), "GET", "/api/jobs")).await.expect(200);
    assert_eq!((&reply["code"], &reply["token"]), (&json!("invalid_token"), &Value::Null));
}

#[tokio::test]
async fn sessions_and_system_keys_are_decided_about_too() {
    let world = World::new().await;
    let operator = world.person("operator", &[("odin", "operator")]).await;
    let stranger = world.person("stranger", &[]).await;
    let key = world.system_key().await;
    let reply = async |secret: &str, method: &str, path: &str| {
        let reply = ask(&world, request(secret, method, path)).await.expect(200);
        assert_eq!(reply["token"], Value::Null);
        ["code", "principal", "owner", "role"].map(|field| reply[field].as_str().unwrap_or("-").to_owned())
    };
    let jobs = ("GET", "/api/jobs");
    assert_eq!(reply(&operator.jwt, jobs.0, jobs.1).await, ["allowed", "session", "operator", "operator"]);
    assert_eq!(reply(&key, jobs.0, jobs.1).await, ["allowed", "system", "system", "superadmin"]);
    assert_eq!(reply(&key, "POST", "/api/backups").await, ["allowed", "system", "system", "superadmin"]);
    assert_eq!(reply(&operator.jwt, "POST", "/api/backups").await, ["insufficient_role", "-", "-", "-"]);
    assert_eq!(reply(&stranger.jwt, jobs.0, jobs.1).await, ["insufficient_role", "-", "-", "-"]);
    assert_eq!(reply("nobody", "GET", "/health").await[0], "no_route");
}

#[tokio::test]
async fn scopes_can_be_asked_for_alone() {
    let world = World::new().await;
    let (admin, key) = (world.admin().await, world.system_key().await);
    let (id, secret) = world.odin_token(&admin.jwt, &["agent:write"]).await;
    let holds = async |secret: &str, scopes: &[&str]| {
        let reply = ask(&world, json!({ "token": secret, "scopes": scopes })).await.expect(200);
        (reply["code"].as_str().unwrap().to_owned(), reply["token"]["id"].clone())
    };
    let answer = |code: &str, id: Value| (code.to_owned(), id);
    assert_eq!(holds(&secret, &["agent:read", "agent:write"]).await, answer("allowed", json!(id)));
    assert_eq!(holds(&secret, &["agent:read", "read:jobs"]).await, answer("insufficient_scope", json!(id)));
    assert_eq!(holds(&key, &["read:jobs", "write:jobs"]).await, answer("allowed", Value::Null));
    // A session has a role and no scopes.
    assert_eq!(holds(&admin.jwt, &["read:jobs"]).await, answer("insufficient_scope", Value::Null));
    assert_eq!(holds("odin_x", &["read:jobs"]).await, answer("invalid_token", Value::Null));
}

#[tokio::test]
async fn half_a_question_is_refused() {
    let world = World::new().await;
    let long = "x".repeat(8_193);
    for (body, field) in [
        (json!({ "token": "x" }), "path"),
        (json!({ "token": "x", "method": "GET" }), "path"),
        (json!({ "token": "x", "path": "/" }), "method"),
        (json!({ "token": "x", "method": "GET", "path": "/", "scopes": ["read:jobs"] }), "scopes"),
        (json!({ "token": "x", "method": "GET", "scopes": ["read:jobs"] }), "scopes"),
        (json!({ "token": "x", "scopes": [] }), "scopes"),
        (json!({ "token": "x", "scopes": ["read:jobs", "chat"] }), "scopes[1]"),
        (json!({ "token": "x", "scopes": ["read jobs"] }), "scopes[0]"),
        (json!({ "token": "", "method": "GET", "path": "/" }), "token"),
        (json!({ "token": long, "method": "GET", "path": "/" }), "token"),
        (json!({ "token": "x", "method": "", "path": "/" }), "method"),
        (json!({ "token": "x", "method": "GE T", "path": "/" }), "method"),
        (json!({ "token": "x", "method": "GET", "path": "" }), "path"),
        (json!({ "token": "x", "method": "GET", "path": long }), "path"),
        (json!({ "token": "x", "method": "GET", "path": "/", "client_ip": "localhost" }), "client_ip"),
        (json!({ "method": "GET", "path": "/" }), "token"),
        (json!({ "token": "x", "headers": {}, "method": "GET", "path": "/" }), "headers"),
        (json!({ "headers": { "authorization": [] }, "method": "GET", "path": "/" }), "headers"),
        (json!({ "headers": { "two words": ["x"] }, "method": "GET", "path": "/" }), "headers"),
        (json!({ "headers": { "authorization": ["x\ny"] }, "method": "GET", "path": "/" }), "headers"),
        (json!({ "headers": { "authorization": ["\u{20ac}"] }, "method": "GET", "path": "/" }), "headers"),
    ] {
        ask(&world, body).await.refused_at(422, "validation_failed", field);
    }
    let body = request("x", "GET", "/");
    let key = world.system_key().await;
    world.post("/v1/services/loki/verify", &body).by(&key).send().await.refused(404, "not_found");
}

#[tokio::test]
async fn headers_say_all_that_a_door_would_see() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (id, secret) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let bearer = format!("Bearer {secret}");
    let told = async |headers: Value, method: &str, path: &str| {
        let body = json!({ "headers": headers, "method": method, "path": path });
        let reply = ask(&world, body).await.expect(200);
        (reply["code"].as_str().unwrap().to_owned(), reply["token"]["id"].clone())
    };
    let nobody = |code: &str| (code.to_owned(), Value::Null);
    let jobs = ("GET", "/api/jobs");
    for headers in [
        json!({ "authorization": [bearer] }),
        json!({ "Authorization": [bearer], "cookie": ["a=b", "c=d"], "x-other": ["\u{e9}"] }),
        json!({ "X-API-Key": [secret] }),
    ] {
        assert_eq!(told(headers, jobs.0, jobs.1).await, ("allowed".to_owned(), json!(id)));
    }
    assert_eq!(told(json!({}), jobs.0, jobs.1).await, nobody("credential_required"));
    assert_eq!(told(json!({}), "GET", "/api/health").await, nobody("allowed"));
    for headers in [
        json!({ "authorization": [bearer, bearer] }),
        json!({ "authorization": [bearer], "Authorization": [bearer] }),
        json!({ "authorization": [bearer], "x-api-key": [secret] }),
        json!({ "authorization": [bearer], "X-HTTP-Method-Override": ["DELETE"] }),
        json!({ "authorization": [bearer], "x_http_method_override": ["DELETE"] }),
    ] {
        assert_eq!(told(headers.clone(), jobs.0, jobs.1).await, nobody("invalid_request"), "{headers}");
    }
    for headers in [json!({ "authorization": [""] }), json!({ "authorization": ["Basic eDp4"] })] {
        assert_eq!(told(headers, jobs.0, jobs.1).await, nobody("invalid_token"));
    }
    let escaped =
        json!({ "headers": { "authorization": [bearer] }, "method": "GET", "path": "/api/%6aobs?a=%2F" });
    assert_eq!(ask(&world, escaped).await.expect(200)["target"], "/api/jobs?a=%2F");
}

#[tokio::test]
async fn questions_together_are_answered_as_each_by_itself() {
    let world = World::new().await;
    let viewer = world.person("viewer", &[("odin", "viewer")]).await;
    let (_, secret) = world.odin_token(&viewer.jwt, &["read:jobs"]).await;
    let questions = [
        request(&secret, "GET", "/api/jobs"),
        request(&secret, "GET", "/api/orders"),
        request("nobody's", "GET", "/api/jobs"),
        request(&secret, "GET", "//"),
        json!({ "token": secret, "scopes": ["read:jobs"] }),
        json!({ "method": "GET", "path": "/api/jobs", "headers": { "x-api-key": [secret] } }),
    ];
    let key = world.system_key().await;
    let body = json!({ "questions": questions });
    let together = world.post("/v1/services/odin/verify/batch", &body).by(&key).send().await.expect(200);
    let replies = together["replies"].as_array().unwrap();
    assert_eq!(replies.len(), questions.len());
    let mut explained = 0;
    for (question, reply) in questions.iter().zip(replies) {
        let (mut alone, mut reply) = (ask(&world, question.clone()).await.expect(200), reply.clone());
        let (own, other) = (taken(&mut reply), taken(&mut alone));
        assert_eq!(reply, alone, "{question}");
        assert_eq!(own["headers"], other["headers"]);
        assert_eq!(own["problem"]["detail"], other["problem"]["detail"]);
        // Each refusal of a known token's can be explained by an id of its own.
        if reply["code"] == "insufficient_scope" {
            let id = &own["problem"]["request_id"];
            let explain = json!({ "request_id": id });
            let told = world.post("/v1/services/odin/explain", &explain).by(&key).send().await.expect(200);
            assert_eq!((&told["path"], &told["code"]), (&json!("/api/orders"), &reply["code"]));
            explained += 1;
        }
    }
    assert_eq!(explained, 1);
}

/// A list of nothing takes 3 bytes an item, and far more in memory.
#[tokio::test]
async fn no_more_questions_are_read_than_are_answered_and_none_of_who_may_not_ask() {
    let world = World::new().await;
    let viewer = world.person("viewer", &[("odin", "viewer")]).await;
    let (_, secret) = world.odin_token(&viewer.jwt, &["read:jobs"]).await;
    let key = world.system_key().await;
    // The last of them is no JSON, and whoever reads so far says so.
    let list = format!("{{\"questions\":[{}nonsense]}}", "{},".repeat(1_000_000));
    let call = |by: &str| world.post("/v1/services/odin/verify/batch", &json!({})).body(list.clone()).by(by);
    call(&secret).send().await.refused(403, "system_only");
    let problem = call(&key).send().await.expect(422);
    assert_eq!(problem["errors"][0]["field"], "questions", "{problem}");
}

#[tokio::test]
async fn of_questions_of_which_one_is_not_understood_none_is_decided() {
    let world = World::new().await;
    let viewer = world.person("viewer", &[("odin", "viewer")]).await;
    let (id, secret) = world.odin_token(&viewer.jwt, &["read:jobs"]).await;
    let key = world.system_key().await;
    let good = request(&secret, "GET", "/api/jobs");
    let batch = async |questions: Value| {
        let body = json!({ "questions": questions });
        world.post("/v1/services/odin/verify/batch", &body).by(&key).send().await
    };
    for (bad, field) in [
        (json!({ "token": secret, "path": "/api/jobs" }), "questions[1].method"),
        (json!({ "token": secret, "scopes": ["no:such"] }), "questions[1].scopes[0]"),
        (
            json!({ "token": secret, "method": "GET", "path": "/", "client_ip": "here" }),
            "questions[1].client_ip",
        ),
        (json!({ "method": "GET", "path": "/" }), "questions[1].token"),
    ] {
        let problem = batch(json!([good, bad])).await.expect(422);
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    for many in [0, 101] {
        let problem = batch(vec![good.clone(); many].into()).await.expect(422);
        assert_eq!(problem["errors"][0]["field"], "questions");
    }
    let token = world.get(&format!("/v1/services/odin/tokens/{id}")).by(&key).send().await.expect(200);
    assert_eq!(token["last_used_at"], Value::Null);
    assert_eq!(batch(vec![good; 100].into()).await.expect(200)["replies"].as_array().unwrap().len(), 100);
}
