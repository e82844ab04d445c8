//! Creating a token: what is asked for, and what the answer holds.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::world::World;

const RECORD: [&str; 24] = [
    "id",
    "service",
    "name",
    "description",
    "metadata",
    "owner",
    "token_prefix",
    "scopes",
    "effective_scopes",
    "profile",
    "state",
    "created_at",
    "expires_at",
    "last_used_at",
    "rotated_at",
    "old_secret",
    "reused_at",
    "rate_limit",
    "effective_rate_limit",
    "restrictions",
    "change_limit",
    "parent",
    "depth",
    "derive",
];

fn fields(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn the_answer_is_the_record_and_once_the_token() {
    let world = World::new().await;
    let operator = world.person("operator", &[("odin", "operator")]).await;
    let body = json!({
        "name": "CI/CD deploy",
        "description": "line one\nline two",
        "scopes": ["write:jobs", "agent:write", "write:jobs"],
        "expires_in": "30d",
    });
    let made = world.token(&operator.jwt, "odin", &body).await;
    assert_eq!(fields(&made), RECORD.into_iter().chain(["token"]).collect());

    let secret = made["token"].as_str().unwrap();
    let random = secret.strip_prefix("odin_").unwrap();
    assert!(random.len() == 49 && random.bytes().all(|b| b.is_ascii_alphanumeric()), "{secret}");
    let id = made["id"].as_str().unwrap();
    assert!(id.starts_with("tok_") && id.len() == 36, "{id}");
    assert_eq!(made["token_prefix"], random[..8]);
    for (field, value) in [
        ("service", json!("odin")),
        ("name", json!("CI/CD deploy")),
        ("description", json!("line one\nline two")),
        ("owner", json!("operator")),
        // The granted ones, each once; what they imply is beside them.
        ("scopes", json!(["agent:write", "write:jobs"])),
        ("effective_scopes", json!(["write:jobs", "agent:read", "agent:write"])),
        ("profile", Value::Null),
        ("state", json!("active")),
        ("created_at", json!("2026-01-01T00:00:00Z")),
        ("expires_at", json!("2026-01-31T00:00:00Z")),
        ("last_used_at", Value::Null),
    ] {
        assert_eq!(made[field], value, "{field}");
    }

    let mut record = made.clone();
    record.as_object_mut().unwrap().remove("token");
    for name in [id, &random[..8]] {
        let path = format!("/v1/services/odin/tokens/{name}");
        assert_eq!(world.get(&path).by(&operator.jwt).send().await.expect(200), record);
    }
    let listed = world.get("/v1/services/odin/tokens").by(&operator.jwt).send().await.expect(200);
    assert_eq!(listed, json!({ "items": [record], "next_cursor": null }));
}

#[tokio::test]
async fn write_scopes_include_their_read_where_the_document_says_so() {
    let world = World::new().await;
    let admin = world.admin().await;
    let effective = async |service: &str, scope: &str| {
        let body = json!({ "name": "test", "scopes": [scope] });
        let made = world.token(&admin.jwt, service, &body).await;
        assert_eq!(made["scopes"], json!([scope]));
        made["effective_scopes"].clone()
    };
    assert_eq!(effective("odysseus", "todos:write").await, json!(["todos:read", "todos:write"]));
    assert_eq!(effective("odysseus", "memory:write").await, json!(["memory:read", "memory:write"]));
    assert_eq!(effective("odysseus", "email:send").await, json!(["email:send"]));
    assert_eq!(effective("odin", "agent:write").await, json!(["agent:read", "agent:write"]));
    assert_eq!(effective("odin", "write:jobs").await, json!(["write:jobs"]));
}

#[tokio::test]
async fn a_profile_is_its_scopes_and_is_remembered() {
    let world = World::new().await;
    let admin = world.admin().await;
    for (profile, scopes) in [
        ("chat", json!(["chat"])),
        ("codex_todos", json!(["todos:read", "todos:write"])),
        ("codex_email_drafts", json!(["documents:read", "documents:write", "email:draft", "email:read"])),
    ] {
        let body = json!({ "name": "test", "profile": profile });
        let made = world.token(&admin.jwt, "odysseus", &body).await;
        assert_eq!((&made["profile"], &made["scopes"]), (&json!(profile), &scopes));
    }
    let refused = async |service: &str, body: Value| {
        world.post(&format!("/v1/services/{service}/tokens"), &body).by(&admin.jwt).send().await
    };
    let unknown = refused("odysseus", json!({ "name": "test", "profile": "codex" })).await;
    unknown.refused_at(422, "validation_failed", "profile");
    assert!(unknown.text().contains("codex_todos"), "{}", unknown.text());
    refused("odin", json!({ "name": "test", "profile": "chat" })).await.refused_at(
        422,
        "validation_failed",
        "profile",
    );
    refused("odysseus", json!({ "name": "test", "profile": "chat", "scopes": ["chat"] })).await.refused_at(
        422,
        "validation_failed",
        "profile",
    );
}

#[tokio::test]
async fn a_token_without_scopes_is_not_made() {
    let world = World::new().await;
    let admin = world.admin().await;
    for body in [json!({ "name": "test" }), json!({ "name": "test", "scopes": [] })] {
        let answer = world.post("/v1/services/odin/tokens", &body).by(&admin.jwt).send().await;
        answer.refused_at(422, "scopes_required", "scopes");
    }
    let listed = world.get("/v1/services/odin/tokens").by(&admin.jwt).send().await.expect(200);
    assert_eq!(listed["items"], json!([]));
}

#[tokio::test]
async fn the_scope_at_fault_is_named_by_its_place() {
    let world = World::new().await;
    let admin = world.admin().await;
    for scope in ["read:everything", "chat", "READ:JOBS", "", "read:jobs ", "*"] {
        let body = json!({ "name": "test", "scopes": ["read:jobs", scope] });
        let answer = world.post("/v1/services/odin/tokens", &body).by(&admin.jwt).send().await;
        answer.refused_at(422, "validation_failed", "scopes[1]");
    }
}

#[tokio::test]
async fn names_and_descriptions_have_their_bounds() {
    let world = World::new().await;
    let admin = world.admin().await;
    let create = async |field: &str, text: &str| {
        let mut body = json!({ "name": "test", "scopes": ["read:jobs"] });
        body[field] = json!(text);
        world.post("/v1/services/odin/tokens", &body).by(&admin.jwt).send().await
    };
    // Characters, not bytes.
    create("name", &"é".repeat(100)).await.expect(201);
    create("description", &"é".repeat(1_000)).await.expect(201);
    create("description", "").await.expect(201);
    for (field, text) in [
        ("name", String::new()),
        ("name", "  ".to_owned()),
        ("name", "é".repeat(101)),
        ("name", "two\nlines".to_owned()),
        ("name", "nul\0".to_owned()),
        ("description", "é".repeat(1_001)),
        ("description", "bell\u{7}".to_owned()),
    ] {
        create(field, &text).await.refused_at(422, "validation_failed", field);
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_is_404() {
    let world = World::new().await;
    let admin = world.admin().await;
    let body = json!({ "name": "test", "scopes": ["read:jobs"] });
    for service in ["loki", "ODIN", "odin%20"] {
        let path = format!("/v1/services/{service}/tokens");
        world.post(&path, &body).by(&admin.jwt).send().await.refused(404, "not_found");
    }
}
