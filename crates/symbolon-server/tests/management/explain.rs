//! Why: of a request that is only thought of, and of one that was refused.

use serde_json::{Value, json};

use crate::world::{Answer, World};

async fn explain(world: &World, by: &str, body: Value) -> Answer {
    world.post("/v1/services/odin/explain", &body).by(by).send().await
}

fn rules(explanation: &Value) -> Vec<(String, bool)> {
    let step = |step: &Value| (step["rule"].as_str().unwrap().to_owned(), step["passed"].as_bool().unwrap());
    explanation["steps"].as_array().unwrap().iter().map(step).collect()
}

fn passed(rules: &[&str], last: bool) -> Vec<(String, bool)> {
    let end = rules.len() - 1;
    rules.iter().enumerate().map(|(at, rule)| ((*rule).to_owned(), at < end || last)).collect()
}

#[tokio::test]
async fn a_request_is_explained_rule_by_rule_without_being_made() {
    let world = World::new().await;
    let admin = world.admin().await;
    let viewer = world.person("viewer", &[("odin", "viewer")]).await;
    let (id, secret) = world.odin_token(&viewer.jwt, &["read:jobs"]).await;
    let told = async |caller: Value, method: &str, path: &str| {
        let mut body = json!({ "method": method, "path": path });
        body.as_object_mut().unwrap().extend(caller.as_object().unwrap().clone());
        let told = explain(&world, &admin.jwt, body).await.expect(200);
        assert_eq!(
            (&told["service"], &told["method"], &told["path"]),
            (&json!("odin"), &json!(method), &json!(path))
        );
        assert!(told.get("at").is_none());
        (told["code"].as_str().unwrap().to_owned(), rules(&told))
    };
    let by_id = json!({ "token": id });
    let by_prefix = json!({ "token": secret[5..13] });
    let all = ["target", "route", "identity", "access", "scopes", "role"];
    for token in [&by_id, &by_prefix] {
        let (code, steps) = told(token.clone(), "GET", "/api/jobs").await;
        assert_eq!((code.as_str(), steps), ("allowed", passed(&all, true)));
        let (code, steps) = told(token.clone(), "GET", "/api/printers").await;
        assert_eq!((code.as_str(), steps), ("insufficient_scope", passed(&all[..5], false)));
        let (code, steps) = told(token.clone(), "GET", "/api/jobs/../users").await;
        assert_eq!((code.as_str(), steps), ("invalid_request", passed(&all[..1], false)));
    }
    let (code, steps) = told(json!({ "user": "viewer" }), "POST", "/api/backups").await;
    assert_eq!(
        (code.as_str(), steps),
        ("insufficient_role", passed(&["target", "route", "identity", "access", "role"], false))
    );
    assert_eq!(told(json!({ "system": true }), "POST", "/api/backups").await.0, "allowed");
    assert_eq!(told(json!({}), "GET", "/api/jobs").await.0, "credential_required");
    assert_eq!(told(json!({ "system": false }), "GET", "/api/health").await.0, "allowed");
    // Nothing was used, and no refusal was made.
    let record = world.get(&format!("/v1/services/odin/tokens/{id}")).by(&admin.jwt).send().await.expect(200);
    assert_eq!(record["last_used_at"], Value::Null);
}

#[tokio::test]
async fn a_refusal_is_explained_by_its_request_id_and_names_no_secret() {
    let world = World::new().await;
    let (admin, key) = (world.admin().await, world.system_key().await);
    let (id, secret) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let ask_at = async |secret: &str, path: &str| {
        let body = json!({ "token": secret, "method": "GET", "path": path });
        let answer = world.post("/v1/services/odin/verify", &body).by(&key).send().await;
        assert_eq!(answer.expect(200)["allowed"], false);
        answer.header("x-request-id").to_owned()
    };
    let ask = async |secret: &str| ask_at(secret, "/api/printers?api_key=in-the-query").await;
    let explained = async |request: &str| explain(&world, &admin.jwt, json!({ "request_id": request })).await;
    let request = ask(&secret).await;
    let refused_at = "2026-01-01T00:00:00Z";
    world.clock.advance(60);
    let answer = explained(&request).await;
    let told = answer.expect(200);
    assert_eq!((&told["code"], &told["at"]), (&json!("insufficient_scope"), &json!(refused_at)));
    assert_eq!(told["path"], "/api/printers");
    assert!(told["reason"].as_str().unwrap().contains(&id), "{told}");
    assert!(!answer.text().contains(&secret[13..]) && !answer.text().contains("in-the-query"), "{told}");

    // Pasted where an id belongs.
    let answer = explained(&ask_at(&secret, &format!("/api/printers/{secret}")).await).await;
    assert_eq!(answer.expect(200)["path"], "-");
    assert!(!answer.text().contains(&secret[13..]), "{}", answer.text());

    // What a caller may not know of a bad secret, an administrator may.
    world.delete("/v1/self").by(&secret).send().await.expect(204);
    let told = explained(&ask(&secret).await).await.expect(200);
    assert_eq!(
        (&told["code"], &told["reason"]),
        (&json!("invalid_token"), &json!("the secret is not known"))
    );
    let mut mistyped = secret.clone();
    mistyped.replace_range(30..31, if &secret[30..31] == "A" { "B" } else { "A" });
    let told = explained(&ask(&mistyped).await).await.expect(200);
    assert_eq!(told["reason"], "the secret's checksum is wrong");

    // A refusal of one service is not explained by another; and one that was never made by none.
    let elsewhere = json!({ "request_id": request });
    let answer = world.post("/v1/services/odysseus/explain", &elsewhere).by(&admin.jwt).send().await;
    answer.refused(404, "not_found");
    explained("req_00000000000170008000000000000001").await.refused(404, "not_found");
    explained("tok_00000000000170008000000000000001").await.refused_at(
        422,
        "validation_failed",
        "request_id",
    );
}

#[tokio::test]
async fn the_last_refusals_are_remembered_and_no_more() {
    let world = World::new().await;
    let (admin, key) = (world.admin().await, world.system_key().await);
    let body = json!({ "token": key, "method": "GET", "path": "/api/nowhere" });
    let ask = async || {
        let answer = world.post("/v1/services/odin/verify", &body).by(&key).send().await;
        answer.header("x-request-id").to_owned()
    };
    let first = ask().await;
    let second = ask().await;
    for _ in 0..1_023 {
        ask().await;
    }
    let explained = async |request: &str| explain(&world, &admin.jwt, json!({ "request_id": request })).await;
    explained(&first).await.refused(404, "not_found");
    explained(&second).await.expect(200);
}

#[tokio::test]
async fn one_question_at_a_time() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (id, secret) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let request = "req_00000000000170008000000000000001";
    let of = |caller: Value| {
        let mut body = json!({ "method": "GET", "path": "/api/jobs" });
        body.as_object_mut().unwrap().extend(caller.as_object().unwrap().clone());
        body
    };
    for (body, field) in [
        (json!({}), "method"),
        (json!({ "method": "GET" }), "path"),
        (json!({ "path": "/" }), "method"),
        (json!({ "request_id": request, "path": "/" }), "request_id"),
        (json!({ "request_id": request, "system": false }), "request_id"),
        (of(json!({ "token": id, "user": "admin" })), "token"),
        (of(json!({ "token": id, "system": true })), "token"),
        (of(json!({ "user": "admin", "system": true })), "token"),
        (of(json!({ "user": "nobody" })), "user"),
        (of(json!({ "user": "No Name" })), "user"),
        (of(json!({ "token": "zzzzzzzz" })), "token"),
        // Somebody's whole token does not belong here, and is not repeated.
        (of(json!({ "token": secret })), "token"),
    ] {
        let answer = explain(&world, &admin.jwt, body).await;
        answer.refused_at(422, "validation_failed", field);
        assert!(!answer.text().contains(&secret[13..]));
    }
    let path = format!("/v1/services/odin/tokens/{id}");
    world.delete(&path).by(&admin.jwt).send().await.expect(204);
    explain(&world, &admin.jwt, of(json!({ "token": id }))).await.refused_at(
        422,
        "validation_failed",
        "token",
    );
}

#[tokio::test]
async fn who_manages_their_own_tokens_is_told_of_those_and_of_themselves_alone() {
    let world = World::new().await;
    let (admin, key) = (world.admin().await, world.system_key().await);
    let viewer = world.person("viewer", &[("odin", "viewer")]).await;
    let outsider = world.person("outsider", &[("odysseus", "admin")]).await;
    let (own, own_secret) = world.odin_token(&viewer.jwt, &["read:jobs"]).await;
    let (others, others_secret) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let ask = async |secret: &str| {
        let body = json!({ "token": secret, "method": "GET", "path": "/api/printers" });
        let answer = world.post("/v1/services/odin/verify", &body).by(&key).send().await;
        assert_eq!(answer.expect(200)["allowed"], false);
        answer.header("x-request-id").to_owned()
    };
    let of = |caller: Value| {
        let mut body = json!({ "method": "GET", "path": "/api/printers" });
        body.as_object_mut().unwrap().extend(caller.as_object().unwrap().clone());
        body
    };
    let (own_refusal, others_refusal) = (ask(&own_secret).await, ask(&others_secret).await);
    let nobodys_refusal = ask("odin_made_up").await;

    let about_own = [
        (of(json!({ "token": own })), "insufficient_scope"),
        (of(json!({ "token": own_secret[5..13] })), "insufficient_scope"),
        (of(json!({ "user": "viewer" })), "allowed"),
        (json!({ "request_id": own_refusal }), "insufficient_scope"),
    ];
    for (body, code) in about_own {
        assert_eq!(explain(&world, &viewer.jwt, body.clone()).await.expect(200)["code"], code, "{body}");
        // Without a role there is nothing of their own.
        explain(&world, &outsider.jwt, body).await.refused(403, "insufficient_role");
    }
    // There or not, it is one answer.
    let mut answers = Vec::new();
    for body in [
        of(json!({ "token": others })),
        of(json!({ "token": others_secret[5..13] })),
        of(json!({ "token": "tok_00000000000170008000000000000001" })),
        of(json!({ "token": "AAAAAAAA" })),
        of(json!({ "token": others_secret })),
        of(json!({ "user": "admin" })),
        of(json!({ "user": "nobody" })),
        of(json!({ "system": true })),
        of(json!({})),
        of(json!({ "token": own, "user": "admin" })),
        of(json!({ "token": own, "system": true })),
        json!({ "request_id": others_refusal }),
        json!({ "request_id": nobodys_refusal }),
        json!({ "request_id": "req_00000000000170008000000000000001" }),
    ] {
        let mut problem = explain(&world, &viewer.jwt, body).await.refused(403, "insufficient_role");
        problem.as_object_mut().unwrap().remove("request_id");
        answers.push(problem);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    // A refusal of one service is not one of another.
    let elsewhere = json!({ "request_id": own_refusal });
    let call = world.post("/v1/services/odysseus/explain", &elsewhere).by(&viewer.jwt);
    call.send().await.refused(403, "insufficient_role");
}
