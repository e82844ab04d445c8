//! Rotation: which secret opens what, and until when; each mode with the old secret and the new one, before and after the
//! new one's first use, at the end of the grace, with lost answers and repeated calls.

use serde_json::{Value, json};

use crate::world::{Answer, Call, Setup, World};

const READ: (&str, &str) = ("GET", "/api/jobs");

/// A token with its secrets in the order in which they were made.
struct Rotated {
    world: World,
    by: String,
    path: String,
    secrets: Vec<String>,
}

impl Rotated {
    async fn new() -> Self {
        Self::of(World::new().await).await
    }

    async fn of(world: World) -> Self {
        let operator = world.person("operator", &[("odin", "operator")]).await;
        let (id, secret) = world.odin_token(&operator.jwt, &["read:jobs"]).await;
        let path = format!("/v1/services/odin/tokens/{id}");
        Self { world, by: operator.jwt, path, secrets: vec![secret] }
    }

    async fn call(&self, how: &Value) -> Answer {
        self.world.post(&format!("{}/rotate", self.path), how).by(&self.by).send().await
    }

    async fn rotate(&mut self, how: Value) -> Value {
        let rotated = self.call(&how).await.expect(200);
        self.secrets.push(rotated["token"].as_str().unwrap().to_owned());
        rotated
    }

    /// Uses a secret; whether it is let in.
    async fn passes(&self, number: usize) -> bool {
        match self.world.verdict(&self.secrets[number], READ.0, READ.1).await.as_str() {
            "allowed" => true,
            "invalid_token" => false,
            other => panic!("{other}"),
        }
    }

    async fn record(&self) -> Value {
        self.world.get(&self.path).by(&self.by).send().await.expect(200)
    }

    /// The words of its audit, newest first.
    async fn audit(&self) -> Vec<String> {
        let list = self.world.get(&format!("{}/audit", self.path)).by(&self.by).send().await.expect(200);
        let actions = list["items"].as_array().unwrap().iter();
        actions.map(|line| line["action"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn the_identity_stays_and_the_secret_is_another() {
    let mut token = Rotated::new().await;
    let before = token.record().await;
    token.world.clock.advance(5);
    let rotated = token.rotate(json!({})).await;
    for same in ["id", "name", "owner", "token_prefix", "scopes", "created_at", "expires_at", "state"] {
        assert_eq!(rotated[same], before[same], "{same}");
    }
    assert_ne!(token.secrets[0], token.secrets[1]);
    assert_eq!(token.secrets[0][..13], token.secrets[1][..13], "the same identifier");
    assert_eq!(rotated["rotated_at"], "2026-01-01T00:00:05Z");
    assert_eq!(rotated["old_secret"], json!({ "ends_at": null, "grace": "1h" }));
    let record = token.record().await;
    assert!(record.get("token").is_none());
    assert_eq!(record["old_secret"], rotated["old_secret"]);
}

#[tokio::test]
async fn after_the_first_use_the_old_secret_has_its_grace_and_no_more() {
    for recorded in [false, true] {
        let mut token = Rotated::new().await;
        // A session does not live so long.
        token.by = token.world.system_key().await;
        token.rotate(json!({ "old_ends": "first_use", "grace": "10m" })).await;
        // Until the new one is used, the old one works, however long that takes.
        token.world.clock.advance(30 * 86_400);
        assert!(token.passes(0).await);
        assert!(token.passes(1).await);
        // What was seen holds, whether or not it is in the record yet.
        if recorded {
            token.world.app.record_secret_use().await;
            assert_eq!(token.audit().await[..2], ["token.first_use", "token.rotate"]);
        }
        assert_eq!(token.record().await["old_secret"]["ends_at"], "2026-01-31T00:10:00Z");
        token.world.clock.advance(599);
        assert!(token.passes(0).await && token.passes(1).await);
        token.world.clock.advance(1);
        assert!(!token.passes(0).await && token.passes(1).await);
        assert_eq!(token.record().await["old_secret"], Value::Null);
    }
}

#[tokio::test]
async fn without_a_grace_the_first_use_ends_the_old_secret() {
    let mut token = Rotated::new().await;
    token.rotate(json!({ "grace": "0s" })).await;
    assert!(token.passes(0).await && token.passes(0).await);
    assert!(token.passes(1).await);
    assert!(!token.passes(0).await && token.passes(1).await);
}

#[tokio::test]
async fn a_refused_request_is_no_first_use() {
    let mut token = Rotated::new().await;
    token.rotate(json!({ "grace": "0s" })).await;
    assert_eq!(token.world.verdict(&token.secrets[1], "POST", "/api/jobs").await, "insufficient_scope");
    assert!(token.passes(0).await);
}

#[tokio::test]
async fn a_fixed_moment_is_kept_whether_or_not_the_new_secret_is_used() {
    for (how, used) in [
        (json!({ "old_ends": "2d" }), false),
        (json!({ "old_ends": "2d" }), true),
        (json!({ "old_ends": "2026-01-03T00:00:00Z" }), true),
    ] {
        let mut token = Rotated::new().await;
        let rotated = token.rotate(how).await;
        assert_eq!(rotated["old_secret"], json!({ "ends_at": "2026-01-03T00:00:00Z", "grace": null }));
        if used {
            assert!(token.passes(1).await);
        }
        token.world.clock.advance(2 * 86_400 - 1);
        assert!(token.passes(0).await);
        token.world.clock.advance(1);
        assert!(!token.passes(0).await && token.passes(1).await);
    }
}

#[tokio::test]
async fn at_once_is_when_the_answer_comes() {
    let mut token = Rotated::new().await;
    token.rotate(json!({ "old_ends": "now" })).await;
    assert!(!token.passes(0).await && token.passes(1).await);
    // Both dead to whoever lost the answer: that is what was asked for. Another rotation makes it good.
    token.rotate(json!({ "old_ends": "now" })).await;
    assert!(!token.passes(0).await && !token.passes(1).await && token.passes(2).await);
}

#[tokio::test]
async fn a_lost_answer_is_made_good_by_another_rotation() {
    for how in [json!({}), json!({ "old_ends": "2d" })] {
        let mut token = Rotated::new().await;
        // The answer of the first never arrives; the second replaces what it made, and leaves the old secret.
        token.rotate(how.clone()).await;
        token.rotate(how.clone()).await;
        assert!(token.passes(0).await && !token.passes(1).await && token.passes(2).await, "{how}");
        // Now that it is in use, it is the old one of the next; the first does not live on as a third.
        token.rotate(how.clone()).await;
        assert!(!token.passes(0).await && token.passes(2).await && token.passes(3).await, "{how}");
    }
}

#[tokio::test]
async fn an_unused_secret_is_not_replaced_where_it_is_the_only_one() {
    let mut token = Rotated::new().await;
    token.rotate(json!({ "old_ends": "now" })).await;
    // It may lie in a program that runs once a month.
    token.rotate(json!({})).await;
    assert!(token.passes(1).await && token.passes(2).await);
}

#[tokio::test]
async fn a_repeated_call_makes_no_second_secret() {
    let mut token = Rotated::new().await;
    let path = format!("{}/rotate", token.path);
    let call = |how: Value| token.world.post(&path, &how).by(&token.by).header("Idempotency-Key", "once");
    let first = call(json!({})).send().await.expect(200);
    let again = call(json!({})).send().await;
    again.refused(409, "already_created");
    assert_eq!(again.json()["id"], first["id"]);
    assert!(!again.text().contains(first["token"].as_str().unwrap()));
    call(json!({ "old_ends": "now" })).send().await.refused(422, "idempotency_mismatch");
    // Of another token it is another key.
    let (other, _) = token.world.odin_token(&token.by, &["read:jobs"]).await;
    let path = format!("/v1/services/odin/tokens/{other}/rotate");
    let other = token.world.post(&path, &json!({})).by(&token.by).header("Idempotency-Key", "once");
    other.send().await.expect(200);
    token.secrets.push(first["token"].as_str().unwrap().to_owned());
    assert!(token.passes(0).await && token.passes(1).await);
    assert_eq!(token.audit().await.iter().filter(|action| *action == "token.rotate").count(), 1);
}

#[tokio::test]
async fn a_call_without_a_body_asks_for_what_is_usual() {
    let token = Rotated::new().await;
    let rotated =
        Call::new(&token.world, "POST", &format!("{}/rotate", token.path)).by(&token.by).send().await;
    assert_eq!(rotated.expect(200)["old_secret"]["grace"], "1h");
}

#[tokio::test]
async fn what_is_asked_for_wrongly_is_told() {
    let token = Rotated::new().await;
    for (how, field) in [
        (json!({ "old_ends": "soon" }), "old_ends"),
        (json!({ "old_ends": "none" }), "old_ends"),
        (json!({ "old_ends": "2025-12-31T00:00:00Z" }), "old_ends"),
        (json!({ "old_ends": "now", "grace": "1h" }), "grace"),
        (json!({ "grace": "31d" }), "grace"),
        (json!({ "grace": "none" }), "grace"),
        (json!({ "expires_in": "soon" }), "expires_in"),
        (json!({ "expires_at": "2025-12-31T00:00:00Z" }), "expires_at"),
        (json!({ "secret": "x" }), "secret"),
    ] {
        token.call(&how).await.refused_at(422, "validation_failed", field);
    }
    assert!(token.passes(0).await);
    token.world.delete(&token.path).by(&token.by).send().await.expect(204);
    token.call(&json!({})).await.refused(409, "conflict");
}

#[tokio::test]
async fn a_rotation_gives_another_end_and_the_old_secret_keeps_its_own() {
    let mut token = Rotated::new().await;
    let end = json!({ "expires_in": "1d" });
    token.world.patch(&token.path, &end).by(&token.by).send().await.expect(200);
    let rotated = token.rotate(json!({ "expires_in": "30d" })).await;
    assert_eq!(rotated["expires_at"], "2026-01-31T00:00:00Z");
    token.world.clock.advance(86_400 - 1);
    assert!(token.passes(0).await);
    token.world.clock.advance(1);
    assert!(!token.passes(0).await && token.passes(1).await);
    // Past its end it needs a new one.
    token.world.clock.advance(30 * 86_400);
    token.by = token.world.system_key().await;
    token.call(&json!({})).await.refused(409, "conflict");
    token.rotate(json!({ "expires_in": "1h", "old_ends": "now" })).await;
    assert!(!token.passes(1).await && token.passes(2).await);
}

#[tokio::test]
async fn only_who_could_grant_all_of_it_is_given_a_secret() {
    let token = Rotated::new().await;
    let viewer = token.world.person("viewer", &[("odin", "viewer")]).await;
    let path = format!("{}/rotate", token.path);
    token.world.post(&path, &json!({})).by(&viewer.jwt).send().await.refused(404, "not_found");
    token.world.post(&path, &json!({})).by(&token.secrets[0]).send().await.refused(403, "human_only");
    // A token that holds more than its owner could be given by now.
    let (id, secret) = token.world.odin_token(&token.by, &["agent:write"]).await;
    let admin = token.world.admin().await;
    let demoted = json!({ "roles": { "odin": "viewer" } });
    token.world.patch("/v1/users/operator", &demoted).by(&admin.jwt).send().await.expect(200);
    let path = format!("/v1/services/odin/tokens/{id}/rotate");
    let answer = token.world.post(&path, &json!({})).by(&token.by).send().await;
    answer.refused(403, "insufficient_role");
    assert_eq!(token.world.verdict(&secret, "GET", "/api/printers").await, "allowed");
}

#[tokio::test]
async fn the_use_of_a_retired_secret_is_recorded_and_told() {
    let mut token = Rotated::new().await;
    token.rotate(json!({ "old_ends": "now" })).await;
    assert_eq!(token.record().await["reused_at"], Value::Null);
    token.world.clock.advance(60);
    for _ in 0..3 {
        assert!(!token.passes(0).await);
    }
    token.world.app.record_secret_use().await;
    let record = token.record().await;
    assert_eq!((&record["reused_at"], &record["state"]), (&json!("2026-01-01T00:01:00Z"), &json!("active")));
    assert_eq!(token.audit().await[..2], ["token.reuse", "token.rotate"]);
    assert!(token.passes(1).await);
    // Presented elsewhere it is noticed too, and neither tells nor ends anything.
    token.world.clock.advance(3_600);
    token.world.get("/v1/self").by(&token.secrets[0]).send().await.refused(401, "invalid_token");
    let key = token.world.system_key().await;
    let form = [("token", token.secrets[0].as_str())];
    token.world.oauth("revoke").by(&key).form(&form).send().await.expect(200);
    token.world.app.record_secret_use().await;
    assert_eq!(token.record().await["reused_at"], "2026-01-01T01:01:00Z");
    assert!(token.passes(1).await);
}

const WARY: &str = r#"
service = "wary"
title = "Wary"
token_prefix = "wary"
roles = ["user"]
[tokens]
on_reuse = "quarantine"
[scopes]
"read" = "Read"
[[routes]]
scopes = ["read"]
paths = ["GET /read"]
"#;

#[tokio::test]
async fn a_token_whose_retired_secret_is_used_rests_where_the_catalog_says_so() {
    let world = World::of(Setup { catalogs: vec![WARY.to_owned()], ..Setup::default() }).await;
    let key = world.system_key().await;
    let new = json!({ "name": "test", "scopes": ["read"] });
    let first = world.post("/v1/services/wary/tokens", &new).by(&key).send().await.expect(201);
    let path = format!("/v1/services/wary/tokens/{}", first["id"].as_str().unwrap());
    let call = async |verb: &str| {
        world.post(&format!("{path}/{verb}"), &json!({})).by(&key).send().await.expect(200)
    };
    let lives = async |secret: &Value| {
        world.get("/v1/self").by(secret["token"].as_str().unwrap()).send().await.status == 200
    };
    let now = json!({ "old_ends": "now" });
    let second = world.post(&format!("{path}/rotate"), &now).by(&key).send().await.expect(200);
    assert!(!lives(&first).await && lives(&second).await);
    world.app.record_secret_use().await;
    assert!(!lives(&second).await);
    assert_eq!(world.get(&path).by(&key).send().await.expect(200)["state"], "disabled");
    // Whoever manages it looks into it, gives it another secret, and switches it on again.
    let third = call("rotate").await;
    call("enable").await;
    assert!(lives(&third).await);
}

#[tokio::test]
async fn a_revoked_token_has_no_digest_left() {
    let mut token = Rotated::new().await;
    token.rotate(json!({})).await;
    token.rotate(json!({})).await;
    token.world.delete(&token.path).by(&token.by).send().await.expect(204);
    for number in 0..3 {
        assert!(!token.passes(number).await);
    }
    let id = token.record().await["id"].as_str().unwrap().parse().unwrap();
    let kept = token.world.store.token(&"odin".parse().unwrap(), id).await.unwrap().unwrap();
    assert_eq!((kept.digest, kept.rotation.others().count()), (None, 0));
}
