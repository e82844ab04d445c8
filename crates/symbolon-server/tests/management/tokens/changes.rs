//! Editing, switching, revoking: what changes, and what does not.

use serde_json::{Value, json};
use symbolon_core::record::Token;

use crate::world::{Person, World};

struct Made {
    id: String,
    path: String,
    secret: String,
}

async fn made(world: &World, by: &str, scopes: &[&str]) -> Made {
    let (id, secret) = world.odin_token(by, scopes).await;
    Made { path: format!("/v1/services/odin/tokens/{id}"), id, secret }
}

async fn stored(world: &World, made: &Made) -> Token {
    let id = made.id.parse().unwrap();
    world.store.token(&"odin".parse().unwrap(), id).await.unwrap().unwrap()
}

/// The audit's lines about a token, newest first: what was done, and how the detail tells it.
async fn lines(world: &World, admin: &Person, made: &Made) -> Vec<(String, Value)> {
    let path = format!("/v1/audit?subject={}", made.id);
    let listed = world.get(&path).by(&admin.jwt).send().await.expect(200);
    let line = |line: &Value| (line["action"].as_str().unwrap().to_owned(), line["detail"].clone());
    listed["items"].as_array().unwrap().iter().map(line).collect()
}

#[tokio::test]
async fn an_edit_changes_what_it_names_and_leaves_the_rest() {
    let world = World::new().await;
    let admin = world.admin().await;
    let token = made(&world, &admin.jwt, &["read:jobs", "write:jobs"]).await;
    let before = world.get(&token.path).by(&admin.jwt).send().await.expect(200);
    for (edit, after) in [
        (json!({ "name": "renamed" }), json!({ "name": "renamed" })),
        (json!({ "description": "told" }), json!({ "description": "told" })),
        (json!({ "description": "" }), json!({ "description": "" })),
        (
            json!({ "scopes": ["read:jobs", "read:jobs"] }),
            json!({ "scopes": ["read:jobs"], "effective_scopes": ["read:jobs"] }),
        ),
        (json!({ "expires_in": "1d" }), json!({ "expires_at": "2026-01-02T00:00:00Z" })),
        (json!({ "expires_in": "none" }), json!({ "expires_at": null })),
    ] {
        let expected = world.get(&token.path).by(&admin.jwt).send().await.expect(200);
        let mut expected = expected.as_object().unwrap().clone();
        expected.extend(after.as_object().unwrap().clone());
        let edited = world.patch(&token.path, &edit).by(&admin.jwt).send().await.expect(200);
        assert_eq!(edited, Value::Object(expected), "{edit}");
    }
    assert_eq!(before["id"], token.id);
    assert_eq!(world.verdict(&token.secret, "GET", "/api/jobs").await, "allowed");
    let lines = lines(&world, &admin, &token).await;
    assert_eq!(lines.len(), 7);
    let renamed = json!({ "name": "renamed", "before": { "name": "test" }, "after": { "name": "renamed" } });
    assert_eq!(lines[5], ("token.update".to_owned(), renamed));
}

#[tokio::test]
async fn an_edit_that_changes_nothing_leaves_no_trace() {
    let world = World::new().await;
    let admin = world.admin().await;
    let token = made(&world, &admin.jwt, &["read:jobs"]).await;
    let before = stored(&world, &token).await;
    world.clock.advance(60);
    for edit in [json!({}), json!({ "name": "test", "scopes": ["read:jobs"], "expires_in": "none" })] {
        world.patch(&token.path, &edit).by(&admin.jwt).send().await.expect(200);
    }
    world.post(&format!("{}/enable", token.path), &json!({})).by(&admin.jwt).send().await.expect(200);
    assert_eq!(stored(&world, &token).await, before);
    assert_eq!(lines(&world, &admin, &token).await.len(), 1);
}

#[tokio::test]
async fn other_scopes_are_no_profile_any_more() {
    let world = World::new().await;
    let admin = world.admin().await;
    let body = json!({ "name": "test", "profile": "codex_todos" });
    let made = world.token(&admin.jwt, "odysseus", &body).await;
    let path = format!("/v1/services/odysseus/tokens/{}", made["id"].as_str().unwrap());
    let edit = async |edit: Value| world.patch(&path, &edit).by(&admin.jwt).send().await.expect(200);
    assert_eq!(edit(json!({ "name": "renamed" })).await["profile"], "codex_todos");
    let narrowed = edit(json!({ "scopes": ["todos:read"] })).await;
    assert_eq!((&narrowed["profile"], &narrowed["scopes"]), (&Value::Null, &json!(["todos:read"])));
}

#[tokio::test]
async fn scopes_that_are_added_obey_the_rules_of_creation() {
    let world = World::new().await;
    let (admin, viewer) = (world.admin().await, world.person("viewer", &[("odin", "viewer")]).await);
    let token = made(&world, &viewer.jwt, &["read:jobs"]).await;
    for by in [&admin, &viewer] {
        let edit = json!({ "scopes": ["read:jobs", "agent:write"] });
        let answer = world.patch(&token.path, &edit).by(&by.jwt).send().await;
        answer.refused_at(403, "insufficient_role", "scopes[1]");
    }
    let answer = world.patch(&token.path, &json!({ "scopes": [] })).by(&viewer.jwt).send().await;
    answer.refused_at(422, "scopes_required", "scopes");
    assert_eq!(stored(&world, &token).await.revision, 1);
}

#[tokio::test]
async fn two_edits_at_once_both_land() {
    let world = World::new().await;
    let admin = world.admin().await;
    for round in 0..10 {
        let token = made(&world, &admin.jwt, &["read:jobs", "write:jobs"]).await;
        let name = json!({ "name": format!("renamed {round}") });
        let (name, scopes, end) = (name, json!({ "scopes": ["read:jobs"] }), json!({ "expires_in": "1d" }));
        let disable = format!("{}/disable", token.path);
        let (first, second, third, fourth) = tokio::join!(
            world.patch(&token.path, &name).by(&admin.jwt).send(),
            world.patch(&token.path, &scopes).by(&admin.jwt).send(),
            world.patch(&token.path, &end).by(&admin.jwt).send(),
            world.post(&disable, &json!({})).by(&admin.jwt).send(),
        );
        for answer in [first, second, third, fourth] {
            answer.expect(200);
        }
        let after = stored(&world, &token).await;
        assert_eq!(after.name, format!("renamed {round}"));
        assert_eq!((after.scopes.len(), after.disabled, after.revision), (1, true, 5));
        assert!(after.expires_at.is_some());
    }
}

#[tokio::test]
async fn a_revocation_wins_over_an_edit_at_the_same_moment() {
    let world = World::new().await;
    let admin = world.admin().await;
    for _ in 0..10 {
        let token = made(&world, &admin.jwt, &["read:jobs"]).await;
        let (edit, enable) = (json!({ "name": "renamed" }), format!("{}/enable", token.path));
        let (edited, revoked, enabled) = tokio::join!(
            world.patch(&token.path, &edit).by(&admin.jwt).send(),
            world.delete(&token.path).by(&admin.jwt).send(),
            world.post(&enable, &json!({})).by(&admin.jwt).send(),
        );
        revoked.expect(204);
        for answer in [edited, enabled] {
            assert!([200, 409].contains(&answer.status), "{}", answer.text());
        }
        assert_eq!(world.verdict(&token.secret, "GET", "/api/jobs").await, "invalid_token");
        assert!(stored(&world, &token).await.revoked_at.is_some());
    }
}

#[tokio::test]
async fn revoking_leaves_a_tombstone_and_succeeds_again() {
    let world = World::new().await;
    let admin = world.admin().await;
    let token = made(&world, &admin.jwt, &["read:jobs"]).await;
    world.clock.advance(60);
    world.delete(&token.path).by(&admin.jwt).send().await.expect(204);
    let tombstone = stored(&world, &token).await;
    assert_eq!(
        (tombstone.digest, tombstone.revoked_at),
        (None, Some(symbolon_server::Clock::now(&*world.clock)))
    );
    world.clock.advance(60);
    // By id and by prefix, again and again.
    for path in [&token.path, &format!("/v1/services/odin/tokens/{}", tombstone.token_prefix)] {
        world.delete(path).by(&admin.jwt).send().await.expect(204);
        assert_eq!(world.get(path).by(&admin.jwt).send().await.expect(200)["state"], "revoked");
    }
    assert_eq!(stored(&world, &token).await, tombstone);
    let lines = lines(&world, &admin, &token).await;
    assert_eq!(
        lines.iter().map(|(action, _)| action.as_str()).collect::<Vec<_>>(),
        ["token.revoke", "token.create"]
    );

    for answer in [
        world.patch(&token.path, &json!({ "name": "again" })).by(&admin.jwt).send().await,
        world.post(&format!("{}/enable", token.path), &json!({})).by(&admin.jwt).send().await,
        world.post(&format!("{}/disable", token.path), &json!({})).by(&admin.jwt).send().await,
    ] {
        answer.refused(409, "conflict");
    }
}

#[tokio::test]
async fn the_tombstone_of_a_removed_owner_stays_one() {
    let world = World::new().await;
    let (admin, viewer) = (world.admin().await, world.person("viewer", &[("odin", "viewer")]).await);
    let token = made(&world, &viewer.jwt, &["read:jobs"]).await;
    world.delete("/v1/users/viewer").by(&admin.jwt).send().await.expect(204);
    let record = world.get(&token.path).by(&admin.jwt).send().await.expect(200);
    assert_eq!((&record["state"], &record["owner"]), (&json!("revoked"), &json!(viewer.user.id.to_string())));
    world.delete(&token.path).by(&admin.jwt).send().await.expect(204);
    let edit = world.patch(&token.path, &json!({ "name": "again" })).by(&admin.jwt).send().await;
    edit.refused(409, "conflict");
    world.delete(&token.path).by(&viewer.jwt).send().await.refused(401, "invalid_token");
}
