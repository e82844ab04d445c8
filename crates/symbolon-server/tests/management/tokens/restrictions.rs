//! The requests that a token is restricted to.

use serde_json::{Value, json};

use crate::world::{Answer, World};

const TOKENS: &str = "/v1/services/odin/tokens";

async fn made(world: &World, by: &str, restrictions: Value) -> Answer {
    let body =
        json!({ "name": "test", "scopes": ["read:printers", "read:jobs"], "restrictions": restrictions });
    world.post(TOKENS, &body).by(by).send().await
}

/// What is decided about a request from an address.
async fn asked(world: &World, secret: &str, line: &str, client: Option<&str>) -> String {
    let key = world.verifier_key("odin").await;
    let (method, path) = line.split_once(' ').unwrap();
    let mut body = json!({ "token": secret, "method": method, "path": path });
    if let Some(client) = client {
        body["client_ip"] = json!(client);
    }
    let reply = world.post("/v1/services/odin/verify", &body).by(&key).send().await.expect(200);
    reply["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_token_can_be_for_one_printer_from_one_network() {
    let world = World::new().await;
    let operator = world.person("operator", &[("odin", "operator")]).await;
    let only = json!({
        "networks": ["10.0.0.0/8", "2001:db8::1"], "methods": ["GET"], "paths": ["/printers"],
        "parameters": { "printer_id": ["2", "1", "2"] },
    });
    let made = made(&world, &operator.jwt, only).await.expect(201);
    let kept = json!({
        "networks": ["10.0.0.0/8", "2001:db8::1"], "methods": ["GET"], "paths": ["/printers"],
        "parameters": { "printer_id": ["1", "2"] },
    });
    assert_eq!(made["restrictions"], kept);
    let path = format!("{TOKENS}/{}", made["id"].as_str().unwrap());
    assert_eq!(world.get(&path).by(&operator.jwt).send().await.expect(200)["restrictions"], kept);
    let secret = made["token"].as_str().unwrap();
    let (inside, outside) = (Some("10.1.2.3"), Some("192.0.2.1"));
    for (line, client, code) in [
        ("GET /api/printers/1", inside, "allowed"),
        ("GET /api/v1/printers/2/slots", inside, "allowed"),
        ("HEAD /api/printers/1", Some("2001:db8::1"), "allowed"),
        ("GET /api/printers/1", Some("::ffff:10.1.2.3"), "allowed"),
        ("GET /api/printers/1", outside, "restricted"),
        ("GET /api/printers/1", None, "restricted"),
        ("GET /api/printers/3", inside, "restricted"),
        ("GET /api/printers/01", inside, "restricted"),
        ("GET /api/printers", inside, "restricted"),
        ("GET /api/printers/tags", inside, "restricted"),
        // The parameter of another path than those, by its own name.
        ("GET /api/overlay/1", inside, "restricted"),
        ("GET /api/jobs/1", inside, "restricted"),
        // What comes first answers first.
        ("GET /api/orders", outside, "insufficient_scope"),
        ("GET /api/health", outside, "allowed"),
    ] {
        assert_eq!(asked(&world, secret, line, client).await, code, "{line} {client:?}");
    }
    // A question about scopes is about no request.
    let key = world.verifier_key("odin").await;
    let body = json!({ "token": secret, "scopes": ["read:printers"], "client_ip": "10.1.2.3" });
    let reply = world.post("/v1/services/odin/verify", &body).by(&key).send().await.expect(200);
    assert_eq!((&reply["code"], &reply["status"]), (&json!("restricted"), &json!(403)));
}

#[tokio::test]
async fn a_question_about_scopes_is_answered_where_the_network_alone_is_restricted() {
    let world = World::new().await;
    let key = world.system_key().await;
    let made = made(&world, &key, json!({ "networks": ["10.0.0.0/8"] })).await.expect(201);
    for (client, code) in
        [(Some("10.0.0.1"), "allowed"), (Some("11.0.0.1"), "restricted"), (None, "restricted")]
    {
        let mut body = json!({ "token": made["token"], "scopes": ["read:jobs"] });
        if let Some(client) = client {
            body["client_ip"] = json!(client);
        }
        let reply = world.post("/v1/services/odin/verify", &body).by(&key).send().await.expect(200);
        assert_eq!(reply["code"], code, "{client:?}");
    }
}

#[tokio::test]
async fn an_edit_replaces_all_of_them_takes_them_away_or_leaves_them() {
    let world = World::new().await;
    let key = world.system_key().await;
    let first = json!({ "methods": ["GET"], "parameters": { "printer_id": ["1"] } });
    let made = made(&world, &key, first.clone()).await.expect(201);
    let (id, secret) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    let path = format!("{TOKENS}/{id}");
    let edited = async |body: Value| {
        let answer = world.patch(&path, &body).by(&key).send().await.expect(200);
        // In force when the answer comes.
        let codes = [
            world.verdict(secret, "GET", "/api/printers/1").await,
            world.verdict(secret, "GET", "/api/jobs").await,
        ];
        (answer["restrictions"].clone(), codes)
    };
    let codes = |first: &str, second: &str| [first.to_owned(), second.to_owned()];
    assert_eq!(edited(json!({ "name": "other" })).await, (first.clone(), codes("allowed", "restricted")));
    let second = json!({ "paths": ["/jobs"] });
    let replaced = edited(json!({ "restrictions": second })).await;
    assert_eq!(replaced, (second.clone(), codes("restricted", "allowed")));
    assert_eq!(edited(json!({ "restrictions": null })).await, (json!({}), codes("allowed", "allowed")));
    assert_eq!(edited(json!({ "restrictions": null })).await.0, json!({}));
    let narrowed = edited(json!({ "restrictions": { "networks": ["10.0.0.0/8"] } })).await;
    assert_eq!(narrowed.1, codes("restricted", "restricted"));
    let audit = world.get(&format!("{path}/audit")).by(&key).send().await.expect(200);
    let changes: Vec<_> = audit["items"].as_array().unwrap().iter().map(|line| &line["detail"]).collect();
    assert_eq!(changes.len(), 5, "what changes nothing is no line");
    assert_eq!(changes[1]["before"], json!({ "restrictions": second }));
    assert_eq!(changes[1]["after"], json!({ "restrictions": {} }));
    assert_eq!(changes[4]["restrictions"], first);
}

#[tokio::test]
async fn who_may_not_change_its_scopes_may_not_widen_it() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (ann, bea) =
        (world.person("ann", &[("odin", "viewer")]).await, world.person("bea", &[("odin", "viewer")]).await);
    let made = made(&world, &ann.jwt, json!({ "networks": ["10.0.0.0/8"] })).await.expect(201);
    let path = format!("{TOKENS}/{}", made["id"].as_str().unwrap());
    let edit = json!({ "restrictions": null });
    world.patch(&path, &edit).by(&bea.jwt).send().await.refused(404, "not_found");
    world.patch(&path, &edit).by(made["token"].as_str().unwrap()).send().await.refused(403, "restricted");
    world.patch(&path, &edit).by(&admin.jwt).send().await.expect(200);
    world.patch(&path, &edit).by(made["token"].as_str().unwrap()).send().await.refused(403, "human_only");
}

#[tokio::test]
async fn what_restricts_nothing_or_nobody_can_keep_is_refused_at_its_field() {
    let world = World::new().await;
    let key = world.system_key().await;
    let plain = world.token(&key, "odin", &json!({ "name": "plain", "scopes": ["read:jobs"] })).await;
    assert_eq!(plain["restrictions"], json!({}));
    let path = format!("{TOKENS}/{}", plain["id"].as_str().unwrap());
    let many: Vec<String> = (0..101).map(|number| number.to_string()).collect();
    for (only, field) in [
        (json!({}), "restrictions"),
        (json!([]), "restrictions"),
        (json!([["10.0.0.0/8"]]), "restrictions"),
        (json!("10.0.0.0/8"), "restrictions"),
        (json!({ "hours": ["8"] }), "restrictions.hours"),
        (json!({ "networks": [] }), "restrictions.networks"),
        (json!({ "networks": null }), "restrictions.networks"),
        (json!({ "networks": "10.0.0.0/8" }), "restrictions.networks"),
        (json!({ "networks": ["10.0.0.0/8", "10.0.0.1/8"] }), "restrictions.networks[1]"),
        (json!({ "methods": ["GET", "get"] }), "restrictions.methods[1]"),
        (json!({ "methods": ["LINK"] }), "restrictions.methods"),
        (json!({ "paths": ["/printers/"] }), "restrictions.paths[0]"),
        (json!({ "paths": ["/api/printers"] }), "restrictions.paths"),
        (json!({ "paths": ["/backups"] }), "restrictions.paths"),
        (json!({ "parameters": {} }), "restrictions.parameters"),
        (json!({ "parameters": { "printer_id": [] } }), "restrictions.parameters.printer_id"),
        (json!({ "parameters": { "printer_id": [1] } }), "restrictions.parameters.printer_id[0]"),
        (json!({ "parameters": { "printer_id": [""] } }), "restrictions.parameters.printer_id[0]"),
        (json!({ "parameters": { "printer_id": many } }), "restrictions.parameters.printer_id"),
        (json!({ "parameters": { "printer": ["1"] } }), "restrictions.parameters.printer"),
    ] {
        let answer = made(&world, &key, only.clone()).await;
        answer.refused_at(422, "validation_failed", field);
        let edit = json!({ "restrictions": only });
        world.patch(&path, &edit).by(&key).send().await.refused_at(422, "validation_failed", field);
    }
    let answer = made(&world, &key, json!({ "parameters": { "printer": ["1"] } })).await;
    assert!(answer.text().contains("printer_id"), "it says what there is: {}", answer.text());
    let answer = made(&world, &key, json!({ "paths": ["/api/printers"] })).await;
    assert!(answer.text().contains("leave /api out"), "{}", answer.text());
    assert_eq!(world.verdict(plain["token"].as_str().unwrap(), "GET", "/api/jobs").await, "allowed");
}

/// It reads itself where it may be used, and ends itself anywhere.
#[tokio::test]
async fn a_token_is_itself_in_its_networks_and_revokes_itself_anywhere() {
    let world = World::new().await;
    let key = world.system_key().await;
    let only = json!({ "networks": ["10.0.0.0/8"], "parameters": { "printer_id": ["1"] } });
    let made = made(&world, &key, only).await.expect(201);
    let secret = made["token"].as_str().unwrap();
    let from = |call: crate::world::Call<'_>, ip: &str| call.by(secret).from(ip.parse().unwrap()).send();
    from(world.get("/v1/self"), "192.0.2.1").await.refused(403, "restricted");
    world.get("/v1/self").by(secret).send().await.refused(403, "restricted");
    from(world.get("/v1/services/odin"), "192.0.2.1").await.refused(403, "restricted");
    assert_eq!(from(world.get("/v1/self"), "10.0.0.1").await.expect(200)["token"]["id"], made["id"]);
    // Whoever reads such an answer would take it for a token that may do all of its scopes.
    let told = world.oauth("introspect").form(&[("token", secret)]).by(&key).send().await.expect(200);
    assert_eq!(told, json!({ "active": false }));
    from(world.delete("/v1/self"), "192.0.2.1").await.expect(204);
    assert_eq!(asked(&world, secret, "GET /api/printers/1", Some("10.0.0.1")).await, "invalid_token");
}

#[tokio::test]
async fn an_explanation_says_which_restriction_it_was() {
    let world = World::new().await;
    let key = world.system_key().await;
    let only = json!({ "networks": ["10.0.0.0/8"], "parameters": { "printer_id": ["1"] } });
    let made = made(&world, &key, only).await.expect(201);
    for (path, client, told) in [
        ("/api/printers/1", Some("10.0.0.1"), None),
        ("/api/printers/1", None, Some("the caller's address is not known")),
        ("/api/printers/1", Some("192.0.2.1"), Some("is in none of the token's networks")),
        ("/api/printers/2", Some("10.0.0.1"), Some("printer_id has none of the token's values")),
        ("/api/jobs", Some("10.0.0.1"), Some("printer_id, which the route")),
    ] {
        let mut body = json!({ "method": "GET", "path": path, "token": made["id"] });
        if let Some(client) = client {
            body["client_ip"] = json!(client);
        }
        let reply = world.post("/v1/services/odin/explain", &body).by(&key).send().await.expect(200);
        let last = reply["steps"].as_array().unwrap().last().unwrap();
        assert_eq!(
            (&last["rule"], &last["passed"]),
            (&json!("restrictions"), &json!(told.is_none())),
            "{path}"
        );
        assert_eq!(reply["code"], if told.is_some() { "restricted" } else { "allowed" });
        assert!(last["detail"].as_str().unwrap().contains(told.unwrap_or_default()), "{last}");
    }
}
