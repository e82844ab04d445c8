//! What is asked twice, by the lines of the table.

use serde_json::{Value, json};
use symbolon_core::record::KeyKind;
use symbolon_server::{GitHubAlerts, OnLeak, PublicKeys};

use super::hold::Hold;
use crate::imports::farm;
use crate::leaks::signer::{self, Signer};
use crate::world::{Answer, Call, PASSWORD, Person, Setup, World};

/// A server in a fleet, and whoever calls.
pub(super) struct Stage {
    world: World,
    admin: Person,
    key: String,
    github: Signer,
}

impl Stage {
    pub(super) async fn set(hold: &Hold) -> Self {
        let github = Signer::new("current");
        let keys = PublicKeys::of_document(signer::document(&[github.entry(true)]).as_bytes()).unwrap();
        let hold = hold.clone();
        let setup = Setup {
            fleet: true,
            wrap: Box::new(move |store| hold.over(store)),
            catalogs: vec![farm::catalog("2027-01-01")],
            github_alerts: Some(GitHubAlerts::new(OnLeak::Revoke, keys)),
            ..Setup::default()
        };
        let world = World::of(setup).await;
        world.person("ann", &[("odin", "viewer"), ("farm", "operator")]).await;
        let (admin, key) = (world.admin().await, world.system_key().await);
        Self { world, admin, key, github }
    }

    /// A new token of Ann's: its id and its secret.
    async fn token(&self) -> (String, String) {
        let body = json!({ "name": "t", "scopes": ["read:jobs"], "owner": "ann" });
        let made = self.world.token(&self.key, "odin", &body).await;
        let text = |field: &str| made[field].as_str().unwrap().to_owned();
        (text("id"), text("token"))
    }

    /// The bulk action on Ann's tokens, with the plan of it.
    async fn planned(&self, action: &Value) -> Value {
        let mut body = json!({ "filter": { "owner": "ann" }, "action": action });
        let call = self.world.post("/v1/services/odin/tokens/bulk", &body).by(&self.key);
        body["plan"] = call.send().await.expect(200)["plan"].clone();
        body
    }
}

/// A call, to be made.
#[derive(Clone)]
pub(super) struct Ask {
    method: String,
    path: String,
    /// By whom; nobody, or somebody at the machine, where it is empty.
    by: String,
    body: Body,
}

#[derive(Clone)]
enum Body {
    None,
    Json(Value),
    /// With an `Idempotency-Key`.
    Once(Value),
    Token(String),
    /// Of GitHub's.
    Signed(String),
}

impl Ask {
    pub(super) async fn send(self, stage: &Stage) -> Answer {
        let call = Call::new(&stage.world, &self.method, &self.path);
        let call = if self.by.is_empty() { call.at_the_machine() } else { call.by(&self.by) };
        let call = match self.body {
            Body::None => call,
            Body::Json(body) => call.json(&body),
            Body::Once(body) => call.json(&body).header("idempotency-key", "once"),
            Body::Token(secret) => call.form(&[("token", &secret)]),
            Body::Signed(body) => {
                let github = &stage.github;
                signer::alert(&stage.world, &github.id, &github.sign(&body), &body)
            }
        };
        call.send().await
    }

    fn to(self, path: impl Into<String>) -> Self {
        Self { path: path.into(), ..self }
    }

    fn by(self, secret: &str) -> Self {
        Self { by: secret.to_owned(), ..self }
    }

    fn with(self, body: Body) -> Self {
        Self { body, ..self }
    }
}

/// A call about what the token of this secret asks for.
async fn of_ask(stage: &Stage, ask: Ask, secret: &str) -> Ask {
    let (world, key) = (&stage.world, &stage.key);
    let body = json!({ "scopes": ["read:printers"], "duration": "1h", "reason": "to see" });
    if ask.path == "/v1/asks" {
        return ask.by(secret).with(Body::Json(body));
    }
    let made = world.post("/v1/asks", &body).by(secret).send().await.expect(201);
    let path = ask.path.replace("{id}", made["id"].as_str().unwrap());
    if ask.method != "DELETE" {
        return ask.to(path).with(Body::Json(json!({})));
    }
    world.post(&format!("{path}/approve"), &json!({})).by(key).send().await.expect(200);
    ask.to(path)
}

/// The two calls of a line.
pub(super) async fn twice(stage: &Stage, call: &str, what: &str) -> [Ask; 2] {
    let (world, key) = (&stage.world, &stage.key);
    let (method, path) = call.split_once(' ').unwrap();
    let path = path.replace("{service}", if path.ends_with("import") { "farm" } else { "odin" });
    let (id, secret) = stage.token().await;
    let ask = Ask { method: method.to_owned(), path: path.clone(), by: key.clone(), body: Body::None };
    let of_token = || ask.clone().to(path.replace("{id}", &id));
    let new = |name: &str| json!({ "name": name, "scopes": ["read:jobs"] });
    let leaked = |secrets: &[&str]| {
        let found = |secret: &&str| json!({ "secret": secret, "place": "a.log" });
        Body::Json(json!({ "found": secrets.iter().map(found).collect::<Vec<_>>(), "revoke": true }))
    };
    let one = match (method, path.as_str(), what) {
        ("PATCH", "/v1/services/odin", _) => ask.with(Body::Json(json!({ "enforce": false }))),
        (_, "/v1/services/odin/tokens", "another under its Idempotency-Key") => {
            let [one, other] = ["one", "other"].map(|name| ask.clone().with(Body::Once(new(name))));
            return [one, other];
        }
        (_, "/v1/services/odin/tokens", _) => ask.with(Body::Once(new("new"))),
        (_, "/v1/services/farm/tokens/import", _) => {
            let row = farm::row(&farm::secret(0));
            ask.with(Body::Json(json!({ "rows": [row] })))
        }
        (_, "/v1/services/odin/tokens/batch", _) => ask.with(Body::Once(json!({ "tokens": [new("new")] }))),
        (_, "/v1/services/odin/tokens/bulk", "with its plan") => {
            ask.with(Body::Json(stage.planned(&json!({ "revoke": {} })).await))
        }
        (_, "/v1/services/odin/tokens/bulk", _) => {
            let none = json!({ "narrow": { "remove": ["write:jobs"] } });
            ask.with(Body::Json(stage.planned(&none).await))
        }
        ("PATCH", "/v1/services/odin/tokens/{id}", _) => {
            of_token().with(Body::Json(json!({ "scopes": ["read:printers"] })))
        }
        ("DELETE", "/v1/services/odin/tokens/{id}", "its owner is removed first") => {
            return [ask.clone().to("/v1/users/ann"), of_token()];
        }
        (_, "/v1/services/odin/tokens/{id}/rotate", _) => {
            of_token().with(Body::Once(json!({ "old_ends": "now" })))
        }
        (_, "/v1/services/odin/tokens/{id}/enable", _) => {
            let off = of_token().to(format!("/v1/services/odin/tokens/{id}/disable"));
            off.send(stage).await.expect(200);
            of_token()
        }
        (_, path, _) if path.starts_with("/v1/services/odin/tokens/{id}") => of_token(),
        (_, "/oauth/revoke", _) => ask.by("").with(Body::Token(secret)),
        (_, "/v1/self", _) => ask.by(&secret),
        (_, "/v1/self/derive", _) => {
            let may = of_token().to(format!("/v1/services/odin/tokens/{id}"));
            let may = Ask { method: "PATCH".to_owned(), ..may }.with(Body::Json(json!({ "derive": 1 })));
            may.send(stage).await.expect(200);
            ask.by(&secret).with(Body::Once(json!({ "name": "child", "scopes": ["read:jobs"] })))
        }
        (_, path, _) if path.starts_with("/v1/asks") => of_ask(stage, ask, &secret).await,
        (_, "/v1/self/password", _) => {
            let body = json!({ "current": PASSWORD, "new": "another password" });
            ask.by(&stage.admin.jwt).with(Body::Json(body))
        }
        (_, "/v1/sessions/current", _) => ask.by(&stage.admin.jwt),
        (_, "/v1/sessions/{id}", _) => ask.to(format!("/v1/sessions/{}", stage.admin.session.id)),
        (_, "/v1/users", _) => ask.with(Body::Once(json!({ "name": "new" }))),
        ("PATCH", "/v1/users/{name}", "deactivated") => {
            ask.to("/v1/users/ann").with(Body::Json(json!({ "active": false })))
        }
        ("PATCH", "/v1/users/{name}", _) => {
            let body = Body::Json(json!({ "platform_admin": false }));
            ask.to("/v1/users/admin").by(&stage.admin.jwt).with(body)
        }
        (_, "/v1/users/{name}", _) => ask.to("/v1/users/ann"),
        (_, "/v1/keys", _) => ask.with(Body::Once(json!({ "kind": "system", "name": "new" }))),
        (_, "/v1/keys/{id}", what) => {
            let (record, secret) = world.key(KeyKind::System).await;
            let ask = ask.to(format!("/v1/keys/{}", record.id));
            if what == "taken back" { ask } else { ask.by(&secret) }
        }
        (_, "/v1/leaks", "a token") => ask.with(leaked(&[&secret])),
        (_, "/v1/leaks", "a key") => ask.with(leaked(&[&world.system_key().await])),
        (_, "/v1/leaks", _) => {
            let (_, other) = stage.token().await;
            let both = leaked(&[&other, &secret]);
            return [ask.clone().with(leaked(&[&secret])), ask.with(both)];
        }
        (_, "/v1/leaks/github", _) => {
            let found = json!([{ "token": secret, "type": "odin_token", "url": "https://github.com/o/r" }]);
            ask.with(Body::Signed(found.to_string()))
        }
        (_, "/v1/server-keys/peppers/{id}", _) => {
            world.post("/v1/server-keys/peppers", &json!({})).by(key).send().await.expect(201);
            ask.to("/v1/server-keys/peppers/1?revoke=true").by("")
        }
        _ => panic!("no call for {call} ({what})"),
    };
    [one.clone(), one]
}
