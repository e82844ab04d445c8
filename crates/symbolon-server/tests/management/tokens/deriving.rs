//! A token makes tokens that can do less, and they end with it.

use serde_json::{Value, json};

use super::FEW;
use crate::world::{Answer, Person, Setup, World};

const DERIVE: &str = "/v1/self/derive";

/// A world, its administrator, and a token of theirs that may derive two generations.
struct Stage {
    world: World,
    admin: Person,
    id: String,
    secret: String,
}

impl Stage {
    async fn new() -> Self {
        Self::with(json!({})).await
    }

    /// The same with more said of the token.
    async fn with(more: Value) -> Self {
        let world = World::new().await;
        let admin = world.admin().await;
        world.person("boss", &[("odin", "superadmin")]).await;
        let mut body = json!({ "name": "agent", "scopes": ["read:printers", "write:jobs"], "derive": 2 });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let made = world.token(&admin.jwt, "odin", &body).await;
        let (id, secret) = names(&made);
        Self { world, admin, id, secret }
    }

    async fn ask(&self, by: &str, more: Value) -> Answer {
        let mut body = json!({ "name": "child", "scopes": ["read:printers"] });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.world.post(DERIVE, &body).by(by).send().await
    }

    /// A child; its id and its secret.
    async fn child(&self, by: &str, more: Value) -> (String, String) {
        names(&self.ask(by, more).await.expect(201))
    }

    async fn record(&self, id: &str) -> Value {
        self.world.get(&token(id)).by(&self.admin.jwt).send().await.expect(200)
    }

    async fn passes(&self, secret: &str) -> bool {
        self.world.verdict(secret, "GET", "/api/printers").await == "allowed"
    }
}

fn names(made: &Value) -> (String, String) {
    let text = |field: &str| made[field].as_str().unwrap().to_owned();
    (text("id"), text("token"))
}

fn token(id: &str) -> String {
    format!("/v1/services/odin/tokens/{id}")
}

#[tokio::test]
async fn a_child_is_shown_as_what_it_is() {
    let stage = Stage::new().await;
    let made = stage.ask(&stage.secret, json!({ "derive": 1, "change_limit": "5/1h" })).await.expect(201);
    let (id, secret) = names(&made);
    for (field, value) in [
        ("parent", json!(stage.id)),
        ("depth", json!(1)),
        ("derive", json!(1)),
        ("change_limit", json!("5/1h")),
        ("scopes", json!(["read:printers"])),
        ("owner", json!("admin")),
        ("state", json!("active")),
    ] {
        assert_eq!(made[field], value, "{field}");
    }
    assert!(stage.passes(&secret).await);
    assert_eq!(stage.world.verdict(&secret, "POST", "/api/jobs").await, "insufficient_scope");
    let own = stage.world.get("/v1/self").by(&secret).send().await.expect(200);
    assert_eq!(own["token"]["parent"], json!(stage.id));

    let top = stage.record(&stage.id).await;
    assert_eq!((&top["children"], &top["depth"], &top["parent"]), (&json!(1), &json!(0), &Value::Null));
    assert_eq!(stage.record(&id).await["children"], Value::Null);
    let path = format!("/v1/services/odin/tokens?parent={}", stage.id);
    let list = stage.world.get(&path).by(&stage.admin.jwt).send().await.expect(200);
    assert_eq!((list["items"].as_array().unwrap().len(), &list["items"][0]["id"]), (1, &json!(id)));
    let line =
        stage.world.get(&format!("/v1/audit?subject={id}")).by(&stage.admin.jwt).send().await.expect(200);
    let line = &line["items"][0];
    assert_eq!((&line["action"], &line["actor"]), (&json!("token.derive"), &json!(stage.id)));
    assert_eq!(line["detail"]["parent"], json!(stage.id));
    assert!(!line.to_string().contains(&secret));
}

#[tokio::test]
async fn what_a_child_may_not_be_is_refused_and_said() {
    let stage =
        Stage::with(json!({ "expires_in": "1d", "rate_limit": "10000/1h", "change_limit": "1000/1h" })).await;
    for (more, status, code, field) in [
        (json!({ "scopes": ["read:users"] }), 403, "insufficient_scope", "scopes[0]"),
        (json!({ "scopes": ["read:printers", "none"] }), 422, "validation_failed", "scopes[1]"),
        (json!({ "scopes": [] }), 422, "scopes_required", "scopes"),
        (json!({ "name": "" }), 422, "validation_failed", "name"),
        (json!({ "derive": 2 }), 422, "validation_failed", "derive"),
        (json!({ "expires_in": "2d" }), 422, "validation_failed", "expires_in"),
        (json!({ "expires_in": "none" }), 422, "validation_failed", "expires_in"),
        (json!({ "expires_at": "2099-01-01T00:00:00Z" }), 422, "validation_failed", "expires_at"),
        (json!({ "rate_limit": "20000/1h" }), 422, "validation_failed", "rate_limit"),
        (json!({ "change_limit": "2000/1h" }), 422, "validation_failed", "change_limit"),
        (json!({ "change_limit": "many" }), 422, "validation_failed", "change_limit"),
        (
            json!({ "restrictions": { "paths": ["/nothing-of-it"] } }),
            422,
            "validation_failed",
            "restrictions.paths",
        ),
    ] {
        let answer = stage.ask(&stage.secret, more.clone()).await;
        println!("{more}: {}", answer.text());
        answer.refused_at(status, code, field);
    }
    // Who is no token, and who may not.
    for by in [stage.admin.jwt.clone(), stage.world.system_key().await] {
        stage.ask(&by, json!({})).await.refused(400, "invalid_request");
    }
    let (_, plain) = stage.world.odin_token(&stage.admin.jwt, &["read:printers"]).await;
    stage.ask(&plain, json!({})).await.refused(403, "may_not_derive");
    let (_, child) = stage.child(&stage.secret, json!({})).await;
    stage.ask(&child, json!({})).await.refused(403, "may_not_derive");
    let grand = json!({ "name": "x", "scopes": ["read:printers"], "derive": 5 });
    let made = stage.world.post("/v1/services/odin/tokens", &grand).by(&stage.admin.jwt).send().await;
    made.refused_at(422, "validation_failed", "derive");
}

#[tokio::test]
async fn generations_end() {
    let stage = Stage::new().await;
    let deepest = json!({ "derive": 4 });
    stage.world.patch(&token(&stage.id), &deepest).by(&stage.admin.jwt).send().await.expect(200);
    let mut secret = stage.secret.clone();
    for depth in 1..=4 {
        secret = stage.child(&secret, json!({ "derive": 4 - depth })).await.1;
        assert!(stage.passes(&secret).await);
    }
    stage.ask(&secret, json!({})).await.refused(403, "may_not_derive");
}

#[tokio::test]
async fn each_end_of_a_token_ends_its_children() {
    for end in ["revoke", "itself", "oauth", "leak", "bulk", "owner", "disable", "expire", "deactivate"] {
        let stage = Stage::with(json!({ "expires_in": "1d", "owner": "boss" })).await;
        let Stage { world, admin, id, secret } = &stage;
        let (child_id, child) = stage.child(secret, json!({ "derive": 1, "expires_in": "1d" })).await;
        let (grandchild_id, grandchild) = stage.child(&child, json!({ "expires_in": "1d" })).await;
        assert!(stage.passes(&grandchild).await);
        let key = world.system_key().await;
        let call = match end {
            "revoke" => world.delete(&token(id)).by(&admin.jwt),
            "itself" => world.delete("/v1/self").by(secret),
            "oauth" => world.oauth("revoke").form(&[("token", secret)]),
            "leak" => {
                let found = json!([{ "secret": secret, "place": "a.log" }]);
                world.post("/v1/leaks", &json!({ "found": found, "revoke": true })).by(&key)
            }
            "bulk" => {
                // Of both at once: the parent takes the child along, which has its own change.
                let body = json!({ "filter": { "owner": "boss" }, "action": { "revoke": {} } });
                let path = "/v1/services/odin/tokens/bulk";
                let plan = world.post(path, &body).by(&key).send().await.expect(200)["plan"].clone();
                let body = json!({ "filter": body["filter"], "action": body["action"], "plan": plan });
                world.post(path, &body).by(&key)
            }
            "owner" => world.delete("/v1/users/boss").by(&key),
            "disable" => world.post(&format!("{}/disable", token(id)), &json!({})).by(&admin.jwt),
            "deactivate" => world.patch("/v1/users/boss", &json!({ "active": false })).by(&key),
            _ => world.patch(&token(id), &json!({ "expires_in": "1h" })).by(&admin.jwt),
        };
        assert!(call.send().await.status < 300, "{end}");
        if end == "expire" {
            world.clock.advance(3_600);
        }
        for secret in [&child, &grandchild] {
            assert_eq!(world.verdict(secret, "GET", "/api/printers").await, "invalid_token", "{end}");
            world.get("/v1/self").by(secret).send().await.refused(401, "invalid_token");
            stage.ask(secret, json!({})).await.refused(401, "invalid_token");
            let looked =
                world.oauth("introspect").form(&[("token", secret)]).by(&key).send().await.expect(200);
            assert_eq!(looked, json!({ "active": false }), "{end}");
        }
        let tombs = !matches!(end, "disable" | "expire" | "deactivate");
        for id in [&child_id, &grandchild_id] {
            let path = format!("/v1/audit?subject={id}&action=token.revoke");
            let lines = world.get(&path).by(&key).send().await.expect(200);
            assert_eq!(lines["items"].as_array().unwrap().len(), usize::from(tombs), "{end}");
            let record = world.get(&token(id)).by(&key).send().await.expect(200);
            assert_eq!(record["state"] == "revoked", tombs, "{end}");
        }
    }
}

#[tokio::test]
async fn what_a_token_loses_its_children_lose_at_once() {
    let stage = Stage::new().await;
    let (id, child) = stage.child(&stage.secret, json!({ "scopes": ["read:printers", "write:jobs"] })).await;
    let edit = async |body: Value| {
        stage.world.patch(&token(&stage.id), &body).by(&stage.admin.jwt).send().await.expect(200)
    };
    edit(json!({ "scopes": ["read:users", "write:jobs"] })).await;
    assert_eq!(stage.world.verdict(&child, "GET", "/api/printers").await, "insufficient_scope");
    assert_eq!(stage.record(&id).await["effective_scopes"], json!(["write:jobs"]));
    let key = stage.world.system_key().await;
    let looked = async || {
        let call = stage.world.oauth("introspect").form(&[("token", &child)]).by(&key);
        call.send().await.expect(200)
    };
    assert_eq!(looked().await["scope"], "write:jobs");
    edit(json!({ "scopes": ["read:printers"], "restrictions": { "networks": ["10.0.0.0/8"] } })).await;
    assert_eq!(stage.world.verdict(&child, "GET", "/api/printers").await, "restricted");
    assert_eq!(looked().await, json!({ "active": false }), "it cannot be said in that answer");
    stage.world.get("/v1/self").by(&child).send().await.refused(403, "restricted");
    stage.world.get("/v1/self").by(&child).from("10.1.2.3".parse().unwrap()).send().await.expect(200);
}

#[tokio::test]
async fn a_budget_of_changes_is_shared_and_says_when_there_is_more() {
    let stage = Stage::with(json!({ "change_limit": "10/1h" })).await;
    let (_, child) = stage.child(&stage.secret, json!({ "scopes": ["write:jobs", "read:printers"] })).await;
    assert_eq!(stage.world.verdict(&child, "POST", "/api/jobs").await, "allowed");
    // Two at once: one was the child's making.
    for secret in [&child, &stage.secret] {
        assert_eq!(stage.world.verdict(secret, "POST", "/api/jobs").await, "rate_limited");
        assert!(stage.passes(secret).await);
    }
    let refused = stage.ask(&stage.secret, json!({})).await;
    let told = refused.refused(429, "rate_limited");
    assert!(told["detail"].as_str().unwrap().contains("changes"), "{told}");
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
    let none = json!({ "change_limit": "none" });
    stage.world.patch(&token(&stage.id), &none).by(&stage.admin.jwt).send().await.expect(200);
    stage.ask(&stage.secret, json!({})).await.expect(201);
}

#[tokio::test]
async fn a_repeated_derivation_makes_one_child() {
    let stage = Stage::new().await;
    let ask = async |name: &str| {
        let body = json!({ "name": name, "scopes": ["read:printers"] });
        stage.world.post(DERIVE, &body).by(&stage.secret).header("idempotency-key", "k").send().await
    };
    let made = ask("one").await.expect(201);
    let again = ask("one").await.refused(409, "already_created");
    assert_eq!(again["id"], made["id"]);
    ask("two").await.refused(422, "idempotency_mismatch");
    assert_eq!(stage.record(&stage.id).await["children"], json!(1));
}

#[tokio::test]
async fn children_take_their_owners_places() {
    let world = World::of(Setup { catalogs: vec![FEW.to_owned()], ..Setup::default() }).await;
    let ann = world.person("ann", &[("few", "user")]).await;
    let new = json!({ "name": "agent", "scopes": ["read"], "derive": 1 });
    let (_, secret) = names(&world.token(&ann.jwt, "few", &new).await);
    let child = json!({ "name": "child", "scopes": ["read"] });
    for _ in 0..2 {
        world.post(DERIVE, &child).by(&secret).send().await.expect(201);
    }
    world.post(DERIVE, &child).by(&secret).send().await.refused(409, "too_many_tokens");
    world.clock.advance(3_600);
    world.post(DERIVE, &child).by(&secret).send().await.expect(201);
}

#[tokio::test]
async fn a_rotated_parent_keeps_its_children() {
    let stage = Stage::new().await;
    let (_, child) = stage.child(&stage.secret, json!({})).await;
    let rotate = format!("{}/rotate", token(&stage.id));
    let made = stage.world.post(&rotate, &json!({ "old_ends": "now" })).by(&stage.admin.jwt).send().await;
    let (_, secret) = names(&made.expect(200));
    assert!(stage.passes(&child).await);
    stage.ask(&stage.secret, json!({})).await.refused(401, "invalid_token");
    stage.ask(&secret, json!({})).await.expect(201);
}

#[tokio::test]
async fn of_a_thousand_children_none_passes_when_the_root_is_revoked() {
    let stage = Stage::new().await;
    let deep = json!({ "derive": 3 });
    stage.world.patch(&token(&stage.id), &deep).by(&stage.admin.jwt).send().await.expect(200);
    let mut all = vec![(stage.id.clone(), stage.secret.clone(), 0)];
    let mut at = 0;
    while all.len() <= 1_000 {
        let (_, parent, depth) = all[at / 10].clone();
        let (id, secret) = stage.child(&parent, json!({ "derive": 2 - depth })).await;
        all.push((id, secret, depth + 1));
        at += 1;
    }
    let children = &all[1..];
    assert_eq!((children.len(), children.iter().map(|(.., depth)| *depth).max()), (1_000, Some(3)));
    for (_, secret, _) in children {
        assert!(stage.passes(secret).await);
    }
    stage.world.delete(&token(&stage.id)).by(&stage.admin.jwt).send().await.expect(204);
    for (_, secret, _) in children {
        assert!(!stage.passes(secret).await);
    }
    let path = "/v1/services/odin/tokens?state=revoked&limit=1000";
    let gone = stage.world.get(path).by(&stage.admin.jwt).send().await.expect(200);
    assert_eq!(gone["items"].as_array().unwrap().len(), 1_000);
    assert!(gone["next_cursor"].is_string(), "and the root");
}
