//! Tokens that are given to another owner, one or many.

use std::sync::{Arc, Mutex};

use serde_json::json;
use symbolon_core::record::User;
use symbolon_core::store::Change;

use super::FEW;
use super::bulk::{bulk, done, make, record};
use crate::between::{Between, Verdict};
use crate::world::{Setup, World};

#[tokio::test]
async fn tokens_get_another_owner_as_far_as_they_fit() {
    let world = World::new().await;
    let (key, admin) = (world.system_key().await, world.admin().await);
    let leaving = world.person("leaving", &[("odin", "admin")]).await;
    world.person("heir", &[("odin", "viewer")]).await;
    let (fits, secret) = make(&world, &leaving.jwt, "fits", &["read:jobs"]).await;
    let (strong, _) = make(&world, &leaving.jwt, "strong", &["read:users"]).await;
    let inactive = json!({ "active": false });
    world.patch("/v1/users/leaving", &inactive).by(&admin.jwt).send().await.expect(200);
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "invalid_token");
    let (filter, own) = (json!({ "owner": "leaving" }), json!({ "own": { "owner": "heir" } }));
    let done = done(&world, &admin.jwt, &filter, &own).await;
    assert_eq!((&done["changed"], &done["refused"]), (&json!(1), &json!(1)));
    assert_eq!(done["items"][0]["token"]["id"], strong.as_str());
    // Whoever left knows the secret, and it must not live again for them.
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "invalid_token");
    assert!(done["items"][1]["detail"].as_str().unwrap().starts_with("disabled: "));
    let given = record(&world, &key, &fits).await;
    assert_eq!((&given["owner"], &given["state"]), (&json!("heir"), &json!("disabled")));
    let path = format!("/v1/services/odin/tokens/{fits}");
    let now = json!({ "old_ends": "now" });
    let rotated = world.post(&format!("{path}/rotate"), &now).by(&key).send().await.expect(200);
    world.post(&format!("{path}/enable"), &json!({})).by(&key).send().await.expect(200);
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "invalid_token");
    let secret = rotated["token"].as_str().unwrap().to_owned();
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "allowed", "when it is answered");
    let path = format!("/v1/services/odin/tokens/{fits}/audit");
    let lines = world.get(&path).by(&key).send().await.expect(200);
    let given = |line: &&serde_json::Value| line["detail"]["before"]["owner"] == "leaving";
    let line = lines["items"].as_array().unwrap().iter().find(given).unwrap();
    assert_eq!(line["detail"]["after"]["owner"], "heir");
    // From now on it goes with the heir, and not with who had it before.
    world.delete("/v1/users/leaving").by(&admin.jwt).send().await.expect(204);
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "allowed");
    world.delete("/v1/users/heir").by(&admin.jwt).send().await.expect(204);
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "invalid_token");
    let answer = bulk(&world, &key, &filter, &json!({ "own": { "owner": "nobody" } }), None).await;
    answer.refused_at(422, "validation_failed", "action.own.owner");
}

#[tokio::test]
async fn one_token_is_given_away_by_an_edit() {
    let world = World::new().await;
    let key = world.system_key().await;
    let ann = world.person("ann", &[("odin", "viewer")]).await;
    let bob = world.person("bob", &[("odin", "viewer")]).await;
    let (id, secret) = make(&world, &ann.jwt, "t", &["read:jobs"]).await;
    let path = format!("/v1/services/odin/tokens/{id}");
    let give = |by: &str, owner: &str| world.patch(&path, &json!({ "owner": owner })).by(by).send();
    give(&ann.jwt, "bob").await.refused_at(403, "insufficient_role", "owner");
    give(&bob.jwt, "bob").await.refused(404, "not_found");
    give(&ann.jwt, "ann").await.expect(200);
    give(&key, "nobody").await.refused_at(422, "validation_failed", "owner");
    assert_eq!(give(&key, "bob").await.expect(200)["owner"], "bob");
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "allowed");
    world.get(&path).by(&ann.jwt).send().await.refused(404, "not_found");
    world.get(&path).by(&bob.jwt).send().await.expect(200);
}

#[tokio::test]
async fn what_a_demoted_owner_could_not_do_does_not_wake_up_with_another() {
    let world = World::new().await;
    let (key, admin) = (world.system_key().await, world.admin().await);
    let ann = world.person("ann", &[("odin", "admin")]).await;
    world.person("bob", &[("odin", "admin")]).await;
    let (id, secret) = make(&world, &ann.jwt, "t", &["read:users", "read:jobs"]).await;
    let demoted = json!({ "roles": { "odin": "viewer" } });
    world.patch("/v1/users/ann", &demoted).by(&admin.jwt).send().await.expect(200);
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "allowed");
    let path = format!("/v1/services/odin/tokens/{id}");
    let given = world.patch(&path, &json!({ "owner": "bob" })).by(&key).send().await.expect(200);
    assert_eq!(given["state"], "disabled");
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "invalid_token");
}

/// A change of a person that comes between the judgement of a gift and its commit.
#[tokio::test]
async fn a_gift_is_judged_by_its_owners_as_they_are_when_it_is_written() {
    let first: Arc<Mutex<Vec<Change>>> = Arc::default();
    let waiting = first.clone();
    let wrap = Box::new(move |store| {
        Between::before_commits(store, move |_, mutation| {
            let gift = mutation.changes.iter().any(|change| matches!(change, Change::TokenOwned(_)));
            let first = if gift { std::mem::take(&mut *waiting.lock().unwrap()) } else { Vec::new() };
            let verdict = if first.is_empty() { Verdict::Pass } else { Verdict::After(first) };
            Box::pin(async move { verdict })
        })
    });
    let world = World::of(Setup { wrap, ..Setup::default() }).await;
    let key = world.system_key().await;
    let changed = |user: &User, active: bool, role: &str| {
        let roles = [("odin".parse().unwrap(), role.parse().unwrap())].into();
        Change::UserChanged(User { active, roles, revision: 2, ..user.clone() })
    };
    for (number, active, role) in [(1, false, "viewer"), (2, true, "operator")] {
        let ann = world.person(&format!("ann{number}"), &[("odin", "viewer")]).await;
        let bob = world.person(&format!("bob{number}"), &[("odin", "viewer")]).await;
        let (one, secret) = make(&world, &ann.jwt, "one", &["read:jobs"]).await;
        let (_, other) = make(&world, &ann.jwt, "other", &["read:jobs"]).await;
        // The former owner is deactivated, or the next one promoted.
        let whose = if active { &bob.user } else { &ann.user };
        *first.lock().unwrap() = vec![changed(whose, active, role)];
        let path = format!("/v1/services/odin/tokens/{one}");
        let given = world.patch(&path, &json!({ "owner": bob.name() })).by(&key).send().await.expect(200);
        assert_eq!((&given["owner"], &given["state"]), (&json!(bob.name()), &json!("disabled")));
        assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "invalid_token");
        // Of many at once nothing is done that was not shown.
        let eve = world.person(&format!("eve{number}"), &[("odin", "operator")]).await;
        let (filter, own) = (json!({ "owner": ann.name() }), json!({ "own": { "owner": eve.name() } }));
        let shown = bulk(&world, &key, &filter, &own, None).await.expect(200);
        assert_eq!(shown["changed"], 1);
        *first.lock().unwrap() = vec![changed(&eve.user, true, "viewer")];
        let answer = bulk(&world, &key, &filter, &own, shown["plan"].as_str()).await;
        let told = answer.refused(409, "conflict")["detail"].as_str().unwrap().to_owned();
        assert!(told.contains("nothing was done"), "{told}");
        let expected = if active { "allowed" } else { "invalid_token" };
        assert_eq!(world.verdict(&other, "GET", "/api/jobs").await, expected);
    }
}

#[tokio::test]
async fn the_new_owners_limit_holds_for_all_together() {
    let world = World::of(Setup { catalogs: vec![FEW.to_owned()], ..Setup::default() }).await;
    let key = world.system_key().await;
    for name in ["ann", "bob"] {
        world.person(name, &[("few", "user")]).await;
    }
    let mut ids = Vec::new();
    for owner in ["ann", "ann", "bob", "bob"] {
        let body = json!({ "name": "x", "scopes": ["read"], "owner": owner });
        ids.push(world.token(&key, "few", &body).await["id"].as_str().unwrap().to_owned());
    }
    let body = json!({ "filter": { "owner": "ann" }, "action": { "own": { "owner": "bob" } } });
    let shown = world.post("/v1/services/few/tokens/bulk", &body).by(&key).send().await.expect(200);
    let mut planned = body.clone();
    planned["plan"] = shown["plan"].clone();
    let answer = world.post("/v1/services/few/tokens/bulk", &planned).by(&key).send().await;
    answer.refused(409, "too_many_tokens");
    let path = |id: &str| format!("/v1/services/few/tokens/{id}");
    world.delete(&path(&ids[3])).by(&key).send().await.expect(204);
    world.post("/v1/services/few/tokens/bulk", &planned).by(&key).send().await.expect(200);
    // One more alone has no place either.
    world.person("eve", &[("few", "user")]).await;
    let body = json!({ "name": "x", "scopes": ["read"], "owner": "eve" });
    let more = world.token(&key, "few", &body).await;
    let answer = world.patch(&path(more["id"].as_str().unwrap()), &json!({ "owner": "bob" })).by(&key);
    answer.send().await.refused(409, "too_many_tokens");
}
