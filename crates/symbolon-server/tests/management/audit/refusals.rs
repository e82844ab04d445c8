//! Refused calls and sign-ins are in the audit: who, what, why, from where, and how often.

use serde_json::{Value, json};

use super::lines;
use crate::world::{PASSWORD, World};

#[tokio::test]
async fn a_refused_call_is_told_with_who_made_it() {
    let world = World::new().await;
    let viewer = world.person("viewer", &[("odin", "viewer")]).await;
    let (token, secret) = world.odin_token(&viewer.jwt, &["read:jobs"]).await;
    let home = "192.0.2.1".parse().unwrap();
    world.get("/v1/users").by(&viewer.jwt).from(home).send().await.expect(403);
    world.post("/v1/keys", &json!({ "kind": "system", "name": "x" })).by(&secret).send().await.expect(403);
    world.delete(&format!("/v1/services/odin/tokens/{token}")).by(&secret).send().await.expect(403);
    world.delete(&format!("/v1/services/odin/tokens/{token}")).by(&viewer.jwt).send().await.expect(204);
    world.get("/v1/self").by(&secret).send().await.expect(401);
    world.get("/v1/audit").from(home).send().await.expect(401);
    assert_eq!(lines(&world, "call").await, Vec::<Value>::new(), "they are written beside mutations");
    world.app.write_refused_calls().await;
    let told: Vec<Value> = lines(&world, "call")
        .await
        .iter()
        .map(|line| {
            json!([
                line["actor"],
                line["session"],
                line["client_ip"],
                line["subject"],
                line["service"],
                line["detail"]
            ])
        })
        .collect();
    let refused = |code: &str| json!({ "code": code, "count": 1 });
    let of = "DELETE /v1/services/{service}/tokens/{id}";
    for line in [
        json!([
            viewer.user.id.to_string(),
            viewer.session.id.to_string(),
            "192.0.2.1",
            "GET /v1/users",
            null,
            refused("insufficient_role")
        ]),
        json!([token, null, null, "POST /v1/keys", null, refused("human_only")]),
        json!([token, null, null, of, "odin", refused("human_only")]),
        json!(["anonymous", null, null, "GET /v1/self", null, { "code": "invalid_token", "count": 1, "reason": "unknown_secret" }]),
        json!(["anonymous", null, "192.0.2.1", "GET /v1/audit", null, refused("credential_required")]),
    ] {
        assert!(told.contains(&line), "{line}\n{told:#?}");
    }
    assert_eq!(told.len(), 5);
}

#[tokio::test]
async fn what_is_merely_wrong_is_no_refusal() {
    let world = World::new().await;
    let admin = world.admin().await;
    world.get("/v1/users/nobody").by(&admin.jwt).send().await.expect(404);
    world.get("/nowhere").by(&admin.jwt).send().await.expect(404);
    world.post("/v1/users", &json!({ "name": "" })).by(&admin.jwt).send().await.expect(422);
    world.post("/v1/users", &json!({ "name": "admin" })).by(&admin.jwt).send().await.expect(409);
    world.app.finish().await;
    assert_eq!(lines(&world, "call").await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_sign_in_that_failed_names_who_there_is_and_nothing_that_was_typed() {
    let world = World::new().await;
    let admin = world.admin().await;
    let attempt = async |username: &str, password: &str| {
        let body = json!({ "username": username, "password": password });
        world.post("/v1/sessions", &body).from("192.0.2.1".parse().unwrap()).send().await
    };
    attempt("admin", "not the password").await.expect(401);
    attempt(PASSWORD, PASSWORD).await.expect(401);
    attempt("admin", "nor this").await.expect(401);
    world.app.write_refused_calls().await;
    let lines = lines(&world, "session.refuse").await;
    let told: Vec<_> = lines
        .iter()
        .map(|line| json!([line["subject"], line["actor"], line["detail"]["user"], line["detail"]["count"]]))
        .collect();
    let id = admin.user.id.to_string();
    assert!(told.contains(&json!([id, "anonymous", "admin", 2])), "{told:?}");
    assert!(told.contains(&json!(["unknown", "anonymous", null, 1])), "{told:?}");
    let all = serde_json::to_string(&lines).unwrap();
    assert!(!all.contains(PASSWORD) && !all.contains("not the password"), "{all}");
    assert_eq!(lines[0]["client_ip"], "192.0.2.1");
    // When there are too many, that is told too.
    for _ in 0..10 {
        attempt("admin", "wrong").await;
    }
    world.app.finish().await;
    let codes: Vec<_> = super::lines(&world, "session.refuse")
        .await
        .iter()
        .map(|line| line["detail"]["code"].clone())
        .collect();
    assert!(codes.contains(&json!("rate_limited")), "{codes:?}");
}

#[tokio::test]
async fn a_flood_of_refusals_is_a_few_lines_and_says_what_had_no_place() {
    let world = World::new().await;
    for number in 0..500_u32 {
        let from = std::net::Ipv4Addr::from_bits(number).into();
        for _ in 0..2 {
            world.get("/v1/users").by("symkey_wrong").from(from).send().await.expect(401);
        }
    }
    world.app.write_refused_calls().await;
    let written = lines(&world, "call.refuse&limit=1000").await;
    assert_eq!(written.len(), 32);
    assert!(written.iter().all(|line| line["detail"]["count"] == 2), "each is told with how often it was");
    let dropped = lines(&world, "audit.drop").await;
    assert_eq!(dropped[0]["detail"], json!({ "count": 936 }));
    let metrics = world.get("/metrics").at_the_machine().send().await;
    let metrics = String::from_utf8(metrics.body.to_vec()).unwrap();
    assert!(metrics.contains("symbolon_audit_dropped_total 936"), "{metrics}");
    // Whoever is known is told all the same.
    let viewer = world.person("viewer", &[("odin", "viewer")]).await;
    world.get("/v1/users").by(&viewer.jwt).send().await.expect(403);
    world.app.write_refused_calls().await;
    assert_eq!(lines(&world, "call.refuse&limit=1").await[0]["actor"], viewer.user.id.to_string());
}
