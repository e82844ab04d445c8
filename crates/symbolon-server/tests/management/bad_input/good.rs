//! Calls that are right in all but what a test makes wrong.

use serde_json::{Value, json};

use crate::document::Operation;
use crate::world::{Call, PASSWORD, Person, World};

/// A server with somebody in it for every call.
pub(super) struct Stage {
    pub(super) world: World,
    key: String,
    person: Person,
    token: String,
    /// The secret of a token that may derive.
    deriving: String,
    /// What that one has asked: one to be denied, and one for all else.
    asks: [String; 2],
}

impl Stage {
    pub(super) async fn new() -> Self {
        let world = World::new().await;
        let key = world.system_key().await;
        let person = world.person("ann", &[]).await;
        // Who signs in keeps the password that ann changes.
        world.person("bob", &[]).await;
        let made = world.token(&key, "odysseus", &json!({ "name": "test", "scopes": ["chat"] })).await;
        let token = made["id"].as_str().unwrap().to_owned();
        let made = json!({ "name": "test", "scopes": ["chat"], "derive": 2 });
        let deriving = world.token(&key, "odysseus", &made).await["token"].as_str().unwrap().to_owned();
        let mut asks = [String::new(), String::new()];
        for (id, scope) in asks.iter_mut().zip(["todos:read", "memory:read"]) {
            let asked = json!({ "scopes": [scope], "duration": "1h", "reason": "to see" });
            let asked = world.post("/v1/asks", &asked).by(&deriving).send().await.expect(201);
            asked["id"].as_str().unwrap().clone_into(id);
        }
        Self { world, key, person, token, deriving, asks }
    }

    /// The path of an operation, with things that are there.
    pub(super) fn path(&self, operation: &Operation) -> String {
        let id = match operation.path.as_str() {
            "/v1/sessions/{id}" => self.person.session.id.to_string(),
            "/v1/server-keys/peppers/{id}" => "1".to_owned(),
            "/v1/asks/{id}/deny" => self.asks[0].clone(),
            path if path.starts_with("/v1/asks/{id}") => self.asks[1].clone(),
            _ => self.token.clone(),
        };
        operation.path.replace("{service}", "odysseus").replace("{id}", &id).replace("{name}", "ann")
    }

    /// A call of an operation by somebody who may.
    pub(super) fn call(&self, operation: &Operation, path: &str) -> Call<'_> {
        let call = Call::new(&self.world, &operation.method, path);
        match operation.path.as_str() {
            "/v1/sessions" if operation.method == "POST" => call,
            "/v1/self/password" => call.by(&self.person.jwt),
            "/v1/self/derive" => call.by(&self.deriving),
            "/v1/asks" if operation.method == "POST" => call.by(&self.deriving),
            _ => call.by(&self.key),
        }
    }

    /// The same, with bytes that are said to be JSON.
    pub(super) fn call_with(&self, operation: &Operation, body: Vec<u8>) -> Call<'_> {
        let call = self.call(operation, &self.path(operation));
        call.header("content-type", "application/json").body(body)
    }
}

/// A body that is right and has this field, or has a place for it.
pub(super) fn body(operation: &str, field: &str) -> Value {
    match (operation, field) {
        ("POST /v1/services/{service}/tokens", "profile") => json!({ "name": "test", "profile": "chat" }),
        ("POST /v1/services/{service}/tokens" | "POST /v1/self/derive", _) => {
            json!({ "name": "test", "scopes": ["chat"] })
        }
        ("POST /v1/asks", _) => {
            json!({ "scopes": ["calendar:read"], "duration": "1h", "reason": "to see" })
        }
        ("POST /v1/services/{service}/tokens/import", _) => {
            json!({ "rows": [{ "prefix": "x", "hash": "x", "name": "x", "owner": "ann" }] })
        }
        ("POST /v1/services/{service}/tokens/batch", _) => {
            json!({ "tokens": [{ "name": "test", "scopes": ["chat"] }] })
        }
        ("POST /v1/services/{service}/tokens/bulk", _) => {
            json!({ "filter": { "scope": "chat" }, "action": { "own": { "owner": "ann" } } })
        }
        ("PATCH /v1/services/{service}/tokens/{id}", _) => json!({ "name": "test" }),
        (
            "POST /v1/services/{service}/tokens/{id}/rotate"
            | "POST /v1/asks/{id}/approve"
            | "POST /v1/asks/{id}/deny",
            _,
        ) => json!({}),
        ("PATCH /v1/services/{service}", _) => json!({ "enforce": false }),
        ("POST /v1/services/{service}/verify", "scopes") => json!({ "token": "x", "scopes": ["chat"] }),
        ("POST /v1/services/{service}/verify", "headers") => {
            json!({ "method": "GET", "path": "/", "headers": { "authorization": ["Bearer x"] } })
        }
        ("POST /v1/services/{service}/verify", _) => json!({ "token": "x", "method": "GET", "path": "/" }),
        ("POST /v1/services/{service}/verify/batch", _) => {
            json!({ "questions": [{ "token": "x", "method": "GET", "path": "/" }] })
        }
        ("POST /v1/services/{service}/explain", "request_id") => {
            json!({ "request_id": "req_00000000000170008000000000000001" })
        }
        ("POST /v1/services/{service}/explain", _) => json!({ "method": "GET", "path": "/" }),
        ("POST /v1/self/password", _) => json!({ "current": PASSWORD, "new": "another correct horse" }),
        ("POST /v1/sessions", _) => json!({ "username": "bob", "password": PASSWORD }),
        ("POST /v1/users", _) => json!({ "name": "new" }),
        ("PATCH /v1/users/{name}", _) => json!({ "active": true }),
        ("POST /v1/leaks", _) => {
            json!({ "found": [{ "secret": "x", "place": "a.log:1" }], "revoke": false })
        }
        ("POST /v1/keys", "service") => json!({ "kind": "verifier", "name": "test", "service": "odin" }),
        ("POST /v1/server-keys/sessions", _) => json!({ "end_sessions": false }),
        ("POST /v1/keys", _) => json!({ "kind": "system", "name": "test" }),
        _ => panic!("{operation} has no right body here"),
    }
}
