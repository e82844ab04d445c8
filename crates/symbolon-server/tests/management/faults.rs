//! When the record is away, or not yet read: neither a denial nor a pass, and never a 500.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use symbolon_core::record::Token;
use symbolon_core::store::{Change, Mutation, Store, StoreError};

use crate::between::{Between, Verdict};
use crate::document::operations;
use crate::notices::unheard;
use crate::world::{Call, PASSWORD, Setup, World};

/// What answers without the record: catalogs and decisions, which are in memory.
const IN_MEMORY: [&str; 16] = [
    "GET /healthz",
    "GET /v1/services",
    "GET /v1/services/{service}",
    "GET /v1/services/{service}/observed",
    "POST /v1/services/{service}/verify",
    "POST /v1/services/{service}/verify/batch",
    "POST /v1/services/{service}/explain",
    "GET /v1/self",
    "POST /oauth/introspect",
    // Of what is not there, and this call has no body at all.
    "POST /oauth/revoke",
    // It is not signed.
    "POST /v1/leaks/github",
    // It says that the record is away.
    "GET /v1/status",
    // For tokens and users alone; a system key is told so.
    "DELETE /v1/self",
    "DELETE /v1/sessions/current",
    "GET /v1/audit/key",
    // What is sent is about nothing in it.
    "POST /v1/webhooks/{name}/test",
];

fn body(operation: &str, key: &str) -> Value {
    match operation {
        "PATCH /v1/services/{service}" => json!({ "enforce": false }),
        "POST /v1/services/{service}/tokens" | "POST /v1/self/derive" => {
            json!({ "name": "test", "scopes": ["read:jobs"] })
        }
        "POST /v1/asks" => json!({ "scopes": ["read:printers"], "duration": "1h", "reason": "to see" }),
        "POST /v1/asks/{id}/approve" | "POST /v1/asks/{id}/deny" => json!({}),
        "POST /v1/services/{service}/tokens/import" => {
            json!({ "rows": [{ "prefix": "x", "hash": "0".repeat(64), "name": "x", "owner": "admin" }] })
        }
        "POST /v1/services/{service}/tokens/batch" => {
            json!({ "tokens": [{ "name": "test", "scopes": ["read:jobs"] }] })
        }
        "POST /v1/services/{service}/tokens/bulk" => {
            json!({ "filter": { "scope": "read:jobs" }, "action": { "revoke": {} } })
        }
        "PATCH /v1/services/{service}/tokens/{id}" => json!({ "name": "x" }),
        "POST /v1/services/{service}/verify" => json!({ "token": "x", "method": "GET", "path": "/api/jobs" }),
        "POST /v1/services/{service}/verify/batch" => {
            json!({ "questions": [{ "token": "x", "method": "GET", "path": "/api/jobs" }] })
        }
        "POST /v1/services/{service}/explain" => json!({ "method": "GET", "path": "/api/jobs" }),
        "POST /v1/self/password" => json!({ "current": PASSWORD, "new": "a new password" }),
        "POST /v1/sessions" => json!({ "username": "admin", "password": PASSWORD }),
        "POST /v1/users" => json!({ "name": "new" }),
        "PATCH /v1/users/{name}" => json!({ "active": false }),
        "POST /v1/leaks" => json!({ "found": [{ "secret": key, "place": "a.log:1" }] }),
        "POST /v1/server-keys/sessions" => json!({ "end_sessions": false }),
        "POST /v1/keys" => json!({ "kind": "system", "name": "new" }),
        _ => Value::Null,
    }
}

/// Makes the call of each operation; what was answered.
async fn all(
    world: &World,
    id: &str,
    session: &str,
    (key, jwt, deriving): (&str, &str, &str),
) -> Vec<(String, u16)> {
    let mut answers = Vec::new();
    for operation in operations() {
        let name = operation.name();
        let thing = match operation.path.as_str() {
            "/v1/sessions/{id}" => session,
            path if path.starts_with("/v1/asks/{id}") => "ask_00000000000170008000000000000001",
            "/v1/keys/{id}" => "key_00000000000170008000000000000001",
            _ => id,
        };
        let path =
            operation.path.replace("{service}", "odin").replace("{id}", thing).replace("{name}", "admin");
        let mut call = Call::new(world, &operation.method, &path);
        let body = body(&name, key);
        if !body.is_null() {
            call = call.json(&body);
        }
        // Only a person has a password to change.
        let secret = match operation.path.as_str() {
            "/v1/self/password" => jwt,
            // And only a token derives.
            "/v1/self/derive" | "/v1/asks" if operation.method == "POST" => deriving,
            _ => key,
        };
        answers.push((name, call.by(secret).send().await.status));
    }
    answers
}

/// What the metrics say of the record: whether it answers, and how large it is.
async fn store_metrics(world: &World, key: &str) -> (Option<f64>, Option<f64>) {
    let answer = world.get("/metrics").by(key).send().await;
    assert_eq!(answer.status, 200);
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map(|value| value.parse().unwrap())
    };
    (value("symbolon_store_up"), value("symbolon_store_bytes"))
}

#[tokio::test]
async fn every_operation_that_needs_the_record_says_that_it_is_away() {
    let away = Arc::new(AtomicBool::new(false));
    let fault = away.clone();
    let fault = move || {
        let full = || StoreError::Unavailable("the disk is full".to_owned());
        if fault.load(Ordering::SeqCst) { Err(full()) } else { Ok(()) }
    };
    let wrap = Box::new(move |store| Between::faulty(store, fault));
    let webhooks = vec![unheard("admin")];
    let world = World::of(Setup { wrap, webhooks, ..Setup::default() }).await;
    let (admin, key) = (world.admin().await, world.system_key().await);
    let (id, secret) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let deriving = json!({ "name": "test", "scopes": ["read:jobs"], "derive": 1 });
    let deriving = world.token(&admin.jwt, "odin", &deriving).await["token"].as_str().unwrap().to_owned();
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "allowed");
    let (up, bytes) = store_metrics(&world, &key).await;
    assert!(up == Some(1.0) && bytes > Some(0.0), "{up:?} {bytes:?}");
    away.store(true, Ordering::SeqCst);
    for (name, status) in all(&world, &id, &admin.session.id.to_string(), (&key, &admin.jwt, &deriving)).await
    {
        if IN_MEMORY.contains(&name.as_str()) {
            assert!(status < 500, "{name} {status}");
        } else {
            assert_eq!(status, 503, "{name}");
        }
    }
    let told = world.get("/v1/status").by(&key).send().await.expect(200);
    assert_eq!(told["store"], json!({ "kind": "sqlite", "available": false, "bytes": null }));
    assert_eq!(store_metrics(&world, &key).await, (Some(0.0), None));
    // What it cannot write it does not say to have done; and the checks go on.
    world.delete("/v1/self").by(&secret).send().await.refused(503, "unavailable");
    world.delete("/v1/sessions/current").by(&admin.jwt).send().await.refused(503, "unavailable");
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "allowed");
    world.app.write_uses().await;
    world.app.prune().await;
    away.store(false, Ordering::SeqCst);
    assert_eq!(store_metrics(&world, &key).await.0, Some(1.0));
    world.delete("/v1/self").by(&secret).send().await.expect(204);
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "invalid_token");
}

#[tokio::test]
async fn before_the_record_is_read_nothing_is_known() {
    let world = World::of(Setup { loaded: false, open_documents: true, ..Setup::default() }).await;
    let (admin, key) = (world.admin().await, world.system_key().await);
    let id = "tok_00000000000170008000000000000001";
    for (name, status) in all(&world, id, &admin.session.id.to_string(), (&key, &admin.jwt, "")).await {
        assert_eq!(status, if name == "GET /healthz" { 200 } else { 503 }, "{name}");
    }
    world.get("/openapi.json").by(&key).send().await.refused(503, "unavailable");
    world.get("/readyz").send().await.refused(503, "unavailable");
    world.store.attach(world.gate.clone()).await.unwrap();
    world.get("/readyz").send().await.expect(200);
    world.get("/v1/self").by(&admin.jwt).send().await.expect(200);
}

/// A token whose revocation never gets its turn is not revoked, and the answer must not say that it is.
#[tokio::test]
async fn a_revocation_that_was_always_overtaken_is_not_told_as_done() {
    let overtake = |mutation: &Mutation| match &mutation.changes[..] {
        [Change::TokenChanged(_)] => Verdict::Fail(StoreError::Conflict("that token was changed meanwhile")),
        _ => Verdict::Pass,
    };
    let wrap = move |store: Arc<dyn Store>| {
        Between::before_commits(store, move |_, mutation| {
            let verdict = overtake(mutation);
            Box::pin(async move { verdict })
        })
    };
    let world = World::of(Setup { wrap: Box::new(wrap), ..Setup::default() }).await;
    let admin = world.admin().await;
    let (id, secret) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let path = format!("/v1/services/odin/tokens/{id}");
    world.delete("/v1/self").by(&secret).send().await.refused(409, "conflict");
    world.delete(&path).by(&admin.jwt).send().await.refused(409, "conflict");
    world.patch(&path, &json!({ "name": "x" })).by(&admin.jwt).send().await.refused(409, "conflict");
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "allowed");
}

/// Of two tokens with one `token_prefix` the second is drawn again; nobody hears of it.
#[tokio::test]
async fn a_prefix_that_is_taken_is_drawn_again() {
    let tries = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = tries.clone();
    let wrap = move |store: Arc<dyn Store>| {
        Between::before_commits(store, move |_, mutation| {
            let creates = matches!(mutation.changes[..], [Change::TokenCreated(Token { .. })]);
            let taken = creates && counted.fetch_add(1, Ordering::SeqCst) < 2;
            let conflict = StoreError::Conflict("that token_prefix is taken in its service");
            let verdict = if taken { Verdict::Fail(conflict) } else { Verdict::Pass };
            Box::pin(async move { verdict })
        })
    };
    let world = World::of(Setup { wrap: Box::new(wrap), ..Setup::default() }).await;
    let admin = world.admin().await;
    let (_, secret) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    assert_eq!(tries.load(Ordering::SeqCst), 3);
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "allowed");
}

#[tokio::test]
async fn uses_are_written_down_in_batches() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (id, secret) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    world.clock.advance(5);
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "allowed");
    let stored = async || {
        let token = world.store.token(&"odin".parse().unwrap(), id.parse().unwrap()).await.unwrap().unwrap();
        token.last_used_at.map(|at| at.to_string())
    };
    // Known here at once, and to the record with the next batch.
    let record = world.get(&format!("/v1/services/odin/tokens/{id}")).by(&admin.jwt).send().await.expect(200);
    assert_eq!((&record["last_used_at"], stored().await), (&json!("2026-01-01T00:00:05Z"), None));
    world.app.write_uses().await;
    assert_eq!(stored().await.as_deref(), Some("2026-01-01T00:00:05Z"));
}
