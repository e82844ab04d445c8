//! Whose token it is, and who may have made it so.

use serde_json::{Value, json};
use symbolon_core::record::User;
use symbolon_core::store::Change;

use crate::world::{Answer, Person, World};

async fn create(world: &World, by: &str, service: &str, body: Value) -> Answer {
    world.post(&format!("/v1/services/{service}/tokens"), &body).by(by).send().await
}

fn reader(owner: &str) -> Value {
    json!({ "name": "test", "scopes": ["read:jobs"], "owner": owner })
}

async fn with_role(world: &World, person: &Person, role: &str) {
    let roles = [("odin".parse().unwrap(), role.parse().unwrap())].into();
    let next = User { roles, revision: person.user.revision + 1, ..person.user.clone() };
    world.commit(vec![Change::UserChanged(next)]).await;
}

#[tokio::test]
async fn the_owner_is_the_caller_or_whom_they_name() {
    let world = World::new().await;
    let (admin, key) = (world.admin().await, world.system_key().await);
    let viewer = world.person("viewer", &[("odin", "viewer")]).await;
    let body = json!({ "name": "test", "scopes": ["read:jobs"] });
    let owner = |answer: Answer| answer.expect(201)["owner"].clone();
    assert_eq!(owner(create(&world, &viewer.jwt, "odin", body.clone()).await), "viewer");
    assert_eq!(owner(create(&world, &viewer.jwt, "odin", reader("viewer")).await), "viewer");
    assert_eq!(owner(create(&world, &admin.jwt, "odin", reader("viewer")).await), "viewer");
    assert_eq!(owner(create(&world, &key, "odin", body.clone()).await), "system");
    assert_eq!(owner(create(&world, &key, "odin", reader("viewer")).await), "viewer");
    let local = world.post("/v1/services/odin/tokens", &body).at_the_machine().send().await;
    assert_eq!(owner(local), "system");
}

#[tokio::test]
async fn the_systems_token_reaches_what_the_strongest_role_reaches() {
    let world = World::new().await;
    let key = world.system_key().await;
    let (_, secret) = world.odin_token(&key, &["read:users"]).await;
    assert_eq!(world.verdict(&secret, "GET", "/api/users").await, "allowed");
}

#[tokio::test]
async fn an_owner_who_is_not_there_or_not_active_gets_none() {
    let world = World::new().await;
    let admin = world.admin().await;
    let gone = world.person("gone", &[("odin", "viewer")]).await;
    world.commit(vec![Change::UserChanged(User { active: false, revision: 2, ..gone.user })]).await;
    for owner in ["nobody", "gone", "", "No Name"] {
        create(&world, &admin.jwt, "odin", reader(owner)).await.refused_at(422, "validation_failed", "owner");
    }
}

#[tokio::test]
async fn nobody_issues_for_a_user_above_their_own_role() {
    let world = World::new().await;
    let admin = world.person("lesser", &[("odin", "admin")]).await;
    world.person("greater", &[("odin", "superadmin")]).await;
    world.person("equal", &[("odin", "admin")]).await;
    world.person("outsider", &[("odysseus", "admin")]).await;
    create(&world, &admin.jwt, "odin", reader("equal")).await.expect(201);
    create(&world, &admin.jwt, "odin", reader("outsider")).await.expect(201);
    for owner in ["greater", "system"] {
        create(&world, &admin.jwt, "odin", reader(owner)).await.refused(403, "insufficient_role");
    }
}

#[tokio::test]
async fn who_manages_only_their_own_names_nobody_and_learns_of_nobody() {
    let world = World::new().await;
    let operator = world.person("operator", &[("odin", "operator")]).await;
    world.person("viewer", &[("odin", "viewer")]).await;
    let answers = async |owner: &str| {
        let made = create(&world, &operator.jwt, "odin", reader(owner)).await;
        made.refused_at(403, "insufficient_role", "owner");
        let listed = world.get(&format!("/v1/services/odin/tokens?owner={owner}"));
        let listed = listed.by(&operator.jwt).send().await.refused(403, "insufficient_role");
        [made.json()["detail"].clone(), listed["detail"].clone()]
    };
    assert_eq!(answers("viewer").await, answers("nobody").await);
}

#[tokio::test]
async fn a_scope_above_a_role_is_not_given_by_or_to_it() {
    let world = World::new().await;
    let admin = world.admin().await;
    let viewer = world.person("viewer", &[("odin", "viewer")]).await;
    let operator = world.person("operator", &[("odin", "operator")]).await;
    let scopes =
        |scope: &str, owner: &str| json!({ "name": "test", "scopes": ["read:jobs", scope], "owner": owner });
    for (by, scope, owner) in [
        (&viewer, "agent:write", "viewer"),
        (&admin, "agent:write", "viewer"),
        (&operator, "read:users", "operator"),
        (&admin, "read:users", "operator"),
    ] {
        let answer = create(&world, &by.jwt, "odin", scopes(scope, owner)).await;
        answer.refused_at(403, "insufficient_role", "scopes[1]");
    }
    create(&world, &operator.jwt, "odin", scopes("agent:write", "operator")).await.expect(201);
    create(&world, &admin.jwt, "odin", scopes("read:users", "admin")).await.expect(201);
}

#[tokio::test]
async fn a_demoted_administrator_is_one_no_more() {
    let world = World::new().await;
    let demoted = world.person("demoted", &[("odin", "admin")]).await;
    let viewer = world.person("viewer", &[("odin", "viewer")]).await;
    let (own, _) = world.odin_token(&demoted.jwt, &["read:jobs"]).await;
    let (others, _) = world.odin_token(&viewer.jwt, &["read:jobs"]).await;
    let path = |id: &str| format!("/v1/services/odin/tokens/{id}");
    world.get(&path(&others)).by(&demoted.jwt).send().await.expect(200);
    with_role(&world, &demoted, "viewer").await;
    for answer in [
        world.get(&path(&others)).by(&demoted.jwt).send().await,
        world.patch(&path(&others), &json!({ "name": "x" })).by(&demoted.jwt).send().await,
        world.delete(&path(&others)).by(&demoted.jwt).send().await,
    ] {
        answer.refused(404, "not_found");
    }
    create(&world, &demoted.jwt, "odin", reader("viewer")).await.refused(403, "insufficient_role");
    let widened = json!({ "scopes": ["read:jobs", "read:users"] });
    let answer = world.patch(&path(&own), &widened).by(&demoted.jwt).send().await;
    answer.refused_at(403, "insufficient_role", "scopes[1]");
    world.delete(&path(&own)).by(&demoted.jwt).send().await.expect(204);
}

#[tokio::test]
async fn nobody_edits_or_revokes_the_tokens_of_a_user_above_them() {
    let world = World::new().await;
    let admin = world.person("lesser", &[("odin", "admin")]).await;
    let greater = world.person("greater", &[("odin", "superadmin")]).await;
    let (id, secret) = world.odin_token(&greater.jwt, &["read:jobs"]).await;
    let path = format!("/v1/services/odin/tokens/{id}");
    for answer in [
        world.patch(&path, &json!({ "name": "x" })).by(&admin.jwt).send().await,
        world.post(&format!("{path}/disable"), &json!({})).by(&admin.jwt).send().await,
        world.post(&format!("{path}/enable"), &json!({})).by(&admin.jwt).send().await,
        world.delete(&path).by(&admin.jwt).send().await,
    ] {
        answer.refused(403, "insufficient_role");
    }
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "allowed");
}

/// The built-in user cannot be demoted or deactivated: what is its would outlive the power of whoever made it.
#[tokio::test]
async fn only_a_system_key_gives_rights_to_the_built_in_user() {
    let world = World::new().await;
    let (admin, key) = (world.admin().await, world.system_key().await);
    create(&world, &admin.jwt, "odin", reader("system")).await.refused_at(403, "insufficient_role", "owner");
    let (id, secret) = world.odin_token(&key, &["read:jobs"]).await;
    let path = format!("/v1/services/odin/tokens/{id}");
    let post =
        async |by: &str, verb: &str| world.post(&format!("{path}/{verb}"), &json!({})).by(by).send().await;
    let wider = json!({ "scopes": ["read:jobs", "read:users"] });
    world.patch(&path, &wider).by(&admin.jwt).send().await.refused(403, "insufficient_role");
    // Taking away is another matter.
    post(&admin.jwt, "disable").await.expect(200);
    post(&admin.jwt, "enable").await.refused(403, "insufficient_role");
    post(&key, "enable").await.expect(200);
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "allowed");
    world.delete(&path).by(&admin.jwt).send().await.expect(204);
}

#[tokio::test]
async fn a_viewer_sees_and_manages_their_own_tokens_alone() {
    let world = World::new().await;
    let viewer = world.person("viewer", &[("odin", "viewer")]).await;
    let other = world.person("other", &[("odin", "viewer")]).await;
    let (own, _) = world.odin_token(&viewer.jwt, &["read:jobs"]).await;
    let (others, secret) = world.odin_token(&other.jwt, &["read:jobs"]).await;
    let listed = world.get("/v1/services/odin/tokens").by(&viewer.jwt).send().await.expect(200);
    let ids: Vec<_> = listed["items"].as_array().unwrap().iter().map(|item| &item["id"]).collect();
    assert_eq!(ids, [&json!(own)]);
    let searched = format!("/v1/services/odin/tokens?query={}", &secret[5..13]);
    assert_eq!(world.get(&searched).by(&viewer.jwt).send().await.expect(200)["items"], json!([]));
    // By id and by prefix: another's token is as good as none.
    for name in [others.as_str(), &secret[5..13], "tok_00000000000170008000000000000001", "zzzzzzzz", "?"] {
        let path = format!("/v1/services/odin/tokens/{name}");
        for answer in [
            world.get(&path).by(&viewer.jwt).send().await,
            world.patch(&path, &json!({ "name": "mine" })).by(&viewer.jwt).send().await,
            world.delete(&path).by(&viewer.jwt).send().await,
        ] {
            if name != "?" {
                answer.refused(404, "not_found");
            }
        }
    }
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "allowed");
}

/// The document of Odysseus: "only accounts with the admin role can create or manage tokens".
#[tokio::test]
async fn a_non_admin_of_odysseus_makes_no_token_by_any_call() {
    let world = World::new().await;
    let admin = world.person("oadmin", &[("odysseus", "admin")]).await;
    let user = world.person("ouser", &[("odysseus", "user")]).await;
    let body = json!({ "name": "test", "profile": "chat", "owner": "ouser" });
    let made = create(&world, &admin.jwt, "odysseus", body).await.expect(201);
    let (id, token) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    let path = format!("/v1/services/odysseus/tokens/{id}");
    let new = json!({ "name": "test", "scopes": ["chat"] });
    let for_admin = json!({ "name": "test", "scopes": ["chat"], "owner": "oadmin" });
    let promotion = json!({ "roles": { "odysseus": "admin" } });
    let key = json!({ "kind": "system", "name": "mine" });
    // By their session and by the token that they own.
    for secret in [user.jwt.as_str(), token] {
        for answer in [
            create(&world, secret, "odysseus", new.clone()).await,
            create(&world, secret, "odysseus", for_admin.clone()).await,
            create(&world, secret, "odin", reader("ouser")).await,
            world.patch(&path, &json!({ "scopes": ["email:send"] })).by(secret).send().await,
            world.post(&format!("{path}/enable"), &json!({})).by(secret).send().await,
            world.get("/v1/services/odysseus/tokens").by(secret).send().await,
            world.post("/v1/keys", &key).by(secret).send().await,
            world.post("/v1/users", &json!({ "name": "puppet" })).by(secret).send().await,
            world.patch("/v1/users/ouser", &promotion).by(secret).send().await,
        ] {
            assert_eq!(answer.status, 403, "{}", answer.text());
        }
    }
    let tokens = world.get("/v1/services/odysseus/tokens").by(&admin.jwt).send().await.expect(200);
    assert_eq!(tokens["items"].as_array().unwrap().len(), 1);
    assert_eq!(tokens["items"][0]["scopes"], json!(["chat"]));
}
