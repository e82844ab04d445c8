//! Catalogs, the document and health, as they are read.

use serde_json::{Value, json};

use crate::world::{Setup, World};

#[tokio::test]
async fn a_catalog_is_readable_by_whoever_is_known() {
    let world = World::new().await;
    let viewer = world.person("viewer", &[]).await;
    let listed = world.get("/v1/services").by(&viewer.jwt).send().await.expect(200);
    let names: Vec<_> =
        listed["items"].as_array().unwrap().iter().map(|one| one["service"].clone()).collect();
    assert_eq!(names, ["odin", "odysseus"]);
    let odin = world.get("/v1/services/odin").by(&viewer.jwt).send().await.expect(200);
    assert_eq!(odin, listed["items"][0]);
    assert_eq!(odin["roles"], json!(["viewer", "operator", "admin", "superadmin"]));
    assert_eq!((&odin["token_prefix"], &odin["mounts"]), (&json!("odin"), &json!(["/api", "/api/v1"])));
    let scopes = odin["scopes"].as_array().unwrap();
    assert_eq!(scopes.len(), 14);
    let agent = scopes.iter().find(|scope| scope["name"] == "agent:write").unwrap();
    assert_eq!((&agent["implies"], &agent["min_role"]), (&json!(["agent:read"]), &json!("operator")));
    assert_eq!(odin["routes"].as_array().unwrap().len(), 395);
    let odysseus = world.get("/v1/services/odysseus").by(&viewer.jwt).send().await.expect(200);
    let profiles: Vec<_> =
        odysseus["profiles"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(profiles, ["chat", "codex_todos", "codex_email_drafts"]);
    world.get("/v1/services/loki").by(&viewer.jwt).send().await.refused(404, "not_found");
}

#[tokio::test]
async fn a_verifier_key_and_a_token_see_their_own_service_alone() {
    let (closed, open) =
        (World::new().await, World::of(Setup { open_documents: true, ..Setup::default() }).await);
    for (world, expected) in [(&closed, vec!["odin"]), (&open, vec!["odin", "odysseus"])] {
        let (admin, verifier) = (world.admin().await, world.verifier_key("odin").await);
        let (_, token) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
        for secret in [&verifier, &token] {
            let listed = world.get("/v1/services").by(secret).send().await.expect(200);
            let names: Vec<_> =
                listed["items"].as_array().unwrap().iter().map(|one| &one["service"]).collect();
            assert_eq!(names, expected);
        }
    }
}

#[tokio::test]
async fn documents_are_open_only_where_the_operator_opened_them() {
    const PATHS: [&str; 3] = ["/openapi.json", "/v1/services", "/v1/services/odin"];
    let (closed, open) =
        (World::new().await, World::of(Setup { open_documents: true, ..Setup::default() }).await);
    let viewer = closed.person("viewer", &[]).await;
    for path in PATHS {
        closed.get(path).send().await.refused(401, "credential_required");
        closed.get(path).by(&viewer.jwt).send().await.expect(200);
        open.get(path).send().await.expect(200);
        // A bad credential is one, open or not.
        open.get(path).by("odin_x").send().await.refused(401, "invalid_token");
    }
    let served = open.get("/openapi.json").send().await;
    assert_eq!(served.header("content-type"), "application/json");
    assert_eq!(served.json(), crate::document::document());
    open.get("/v1/users").send().await.refused(401, "credential_required");
}

#[tokio::test]
async fn health_tells_that_it_lives_and_nothing_else() {
    let world = World::new().await;
    for path in ["/healthz", "/readyz"] {
        let answer = world.get(path).by("odin_whatever").send().await;
        assert_eq!(answer.expect(200), json!({ "status": "ok" }));
    }
}

#[tokio::test]
async fn what_is_no_call_is_404_and_another_method_405() {
    let world = World::new().await;
    for path in ["/", "/v1", "/v1/", "/v1/services/", "/V1/services", "/v1//services", "/admin", "/v1/self/x"]
    {
        assert_eq!(world.get(path).send().await.refused(404, "not_found")["errors"], Value::Null, "{path}");
    }
}

#[tokio::test]
async fn the_audit_is_read_page_by_page_and_by_what_is_asked() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (id, _) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let path = format!("/v1/services/odin/tokens/{id}");
    world.patch(&path, &json!({ "name": "x" })).by(&admin.jwt).send().await.expect(200);
    world.post("/v1/users", &json!({ "name": "ann" })).by(&admin.jwt).send().await.expect(201);
    let actions = async |query: &str| {
        let listed = world.get(&format!("/v1/audit{query}")).by(&admin.jwt).send().await.expect(200);
        let items = listed["items"].as_array().unwrap();
        let actions: Vec<_> = items.iter().map(|line| line["action"].as_str().unwrap().to_owned()).collect();
        (actions, listed["next_cursor"].clone())
    };
    let only = async |query: &str| actions(query).await.0;
    assert_eq!(only("?action=token").await, ["token.update", "token.create"]);
    assert_eq!(only("?action=token.create&service=odin").await, ["token.create"]);
    assert_eq!(only("?action=tok").await, [""; 0]);
    assert_eq!(only("?service=odysseus").await, [""; 0]);
    assert_eq!(
        only(&format!("?actor={}", admin.user.id)).await,
        ["user.create", "token.update", "token.create"]
    );
    let (first, cursor) = actions(&format!("?actor={}&limit=2", admin.user.id)).await;
    assert_eq!(first, ["user.create", "token.update"]);
    let next = format!("?actor={}&limit=2&cursor={}", admin.user.id, cursor.as_str().unwrap());
    assert_eq!(actions(&next).await, (vec!["token.create".to_owned()], Value::Null));
}
