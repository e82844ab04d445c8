//! The server's own keys: rotated under what is signed in and what is known, and dropped when nothing rests on them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use symbolon_core::store::StoreError;

use crate::between::{Between, Verdict};
use crate::imports::farm::{Farm, row, secret};
use crate::world::{PASSWORD, Setup, World};

const PEPPERS: &str = "/v1/server-keys/peppers";
const SESSIONS: &str = "/v1/server-keys/sessions";

async fn peppers(world: &World, key: &str) -> Value {
    world.get("/v1/server-keys").by(key).send().await.expect(200)["peppers"].clone()
}

/// Number, tokens and keys of each pepper.
fn counts(peppers: &Value) -> Vec<[u64; 3]> {
    let number = |pepper: &Value, field: &str| pepper[field].as_u64().unwrap();
    let peppers = peppers.as_array().unwrap().iter();
    peppers.map(|pepper| ["id", "tokens", "keys"].map(|field| number(pepper, field))).collect()
}

async fn verdict(world: &World, token: &str) -> String {
    world.verdict(token, "GET", "/api/jobs").await
}

#[tokio::test]
async fn a_rotated_pepper_is_noticed_by_nobody() {
    let world = World::new().await;
    let (admin, key) = (world.admin().await, world.system_key().await);
    let (_, used) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let (_, unused) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    for _ in 0..2 {
        let rotated = world.post(PEPPERS, &json!({})).by(&key).send().await.expect(201);
        assert_eq!(rotated["peppers"][0]["current"], true);
        assert_eq!(verdict(&world, &used).await, "allowed");
        // Once more in the moment between the move in the record and the move of another.
        world.app.settle_keys().await;
        assert_eq!(verdict(&world, &used).await, "allowed");
        world.get("/v1/self").by(&admin.jwt).send().await.expect(200);
    }
    // Of two keys the one with which verdicts are asked for has moved; the other was last presented before the rotation.
    assert_eq!(counts(&peppers(&world, &key).await), [[3, 1, 1], [2, 0, 0], [1, 1, 1]]);
    assert_eq!(peppers(&world, &key).await[2]["seals"], 0, "all are made anew");
    assert_eq!(verdict(&world, &unused).await, "allowed", "after two rotations");
    world.app.settle_keys().await;
    assert_eq!(counts(&peppers(&world, &key).await), [[3, 2, 2], [2, 0, 0], [1, 0, 0]]);
    for id in [1, 2] {
        world.delete(&format!("{PEPPERS}/{id}")).by(&key).send().await.expect(204);
    }
    assert_eq!(counts(&peppers(&world, &key).await), [[3, 2, 2]]);
    for token in [&used, &unused] {
        assert_eq!(verdict(&world, token).await, "allowed");
    }
}

#[tokio::test]
async fn a_rotation_whose_caller_hangs_up_comes_into_force_all_the_same() {
    let world = World::new().await;
    let key = world.system_key().await;
    let (kept, release) = world.keeper.hold();
    tokio::select! {
        _ = world.post(PEPPERS, &json!({})).by(&key).send() => unreachable!("it is held"),
        kept = kept => kept.unwrap(),
    }
    drop(release);
    // Whoever changes the keys next waits until that is over.
    world.delete(&format!("{PEPPERS}/9")).by(&key).send().await.refused(404, "not_found");
    assert_eq!(world.gate.keys().pepper.id(), 2);
}

#[tokio::test]
async fn a_pepper_on_which_something_rests_is_dropped_only_with_it() {
    let world = World::new().await;
    let (admin, key) = (world.admin().await, world.system_key().await);
    let (id, unused) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let forgotten = world.verifier_key("odin").await;
    world.delete(&format!("{PEPPERS}/1")).by(&key).send().await.refused(409, "conflict");
    world.post(PEPPERS, &json!({})).by(&key).send().await.expect(201);
    world.delete(&format!("{PEPPERS}/7")).by(&key).send().await.refused(404, "not_found");
    let refusal = world.delete(&format!("{PEPPERS}/1")).by(&key).send().await;
    refusal.refused(409, "conflict");
    let kept = counts(&peppers(&world, &key).await);
    assert_eq!(kept, [[2, 0, 1], [1, 1, 1]], "the key that asked has moved");
    world.delete(&format!("{PEPPERS}/1?revoke=true")).by(&key).send().await.expect(204);
    assert_eq!(counts(&peppers(&world, &key).await), [[2, 0, 1]]);
    for secret in [&unused, &forgotten] {
        world.get("/v1/self").by(secret).send().await.refused(401, "invalid_token");
    }
    let path = format!("/v1/services/odin/tokens/{id}");
    assert_eq!(world.get(&path).by(&admin.jwt).send().await.expect(200)["state"], "revoked");
}

#[tokio::test]
async fn a_session_outlives_its_key_for_a_day_at_most() {
    let world = World::new().await;
    let (admin, key) = (world.admin().await, world.system_key().await);
    world.post(SESSIONS, &json!({})).by(&key).send().await.expect(201);
    world.get("/v1/self").by(&admin.jwt).send().await.expect(200);
    let body = json!({ "username": admin.name(), "password": PASSWORD });
    let fresh = world.post("/v1/sessions", &body).send().await.expect(201);
    let fresh = fresh["token"].as_str().unwrap();
    world.post(SESSIONS, &json!({ "end_sessions": true })).by(&key).send().await.expect(201);
    for jwt in [fresh, &admin.jwt] {
        world.get("/v1/self").by(jwt).send().await.refused(401, "invalid_token");
    }
    // They are in the record no more, by which a node with the old key would let them in; and the audit says so.
    let listed = world.get("/v1/sessions").by(&key).send().await.expect(200);
    assert_eq!(listed["items"], json!([]));
    let lines = world.get("/v1/audit?limit=2").by(&key).send().await.expect(200);
    let actions = lines["items"].as_array().unwrap().iter().map(|line| &line["action"]);
    assert_eq!(actions.collect::<Vec<_>>(), ["session_key.end", "session_key.rotate"]);
    assert_eq!(lines["items"][0]["detail"]["sessions"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_was_made_under_the_pepper_before_is_known_for_what_it_is() {
    let world = World::new().await;
    let key = world.system_key().await;
    let body = json!({ "name": "once", "scopes": ["chat"] });
    let create = || {
        let call = world.post("/v1/services/odysseus/tokens", &body).by(&key);
        call.header("idempotency-key", "again").send()
    };
    create().await.expect(201);
    world.post(PEPPERS, &json!({})).by(&key).send().await.expect(201);
    create().await.refused(409, "already_created");
}

#[tokio::test]
async fn the_audit_says_who_changed_the_keys() {
    let world = World::new().await;
    let key = world.system_key().await;
    world.post(PEPPERS, &json!({})).by(&key).send().await.expect(201);
    world.post(SESSIONS, &json!({})).by(&key).send().await.expect(201);
    world.delete(&format!("{PEPPERS}/1?revoke=true")).by(&key).send().await.expect(204);
    let lines = world.get("/v1/audit?limit=3").by(&key).send().await.expect(200);
    let actions: Vec<_> =
        lines["items"].as_array().unwrap().iter().map(|line| line["action"].clone()).collect();
    assert_eq!(actions, ["pepper.retire", "session_key.rotate", "pepper.rotate"]);
}

#[tokio::test]
async fn what_was_imported_and_never_used_ends_with_the_rest() {
    let farm = Farm::new().await;
    let (used, waiting) = (secret(1), secret(2));
    let id = farm.imported(row(&used)).await;
    let other = farm.imported(row(&waiting)).await;
    assert_eq!(farm.verdict(&used).await, "allowed");
    let world = &farm.world;
    world.post(PEPPERS, &json!({})).by(&farm.key).send().await.expect(201);
    let refused = world.delete(&format!("{PEPPERS}/1")).by(&farm.key).send().await;
    let told = String::from_utf8(refused.body.to_vec()).unwrap();
    assert!(told.contains("1 imported tokens that nobody has used are then revoked too"), "{told}");
    world.delete(&format!("{PEPPERS}/1?revoke=true")).by(&farm.key).send().await.expect(204);
    for (id, secret) in [(&id, &used), (&other, &waiting)] {
        assert_eq!(farm.verdict(secret).await, "invalid_token");
        assert_eq!(farm.record(id).await["state"], "revoked");
    }
    let line = world.get("/v1/audit?limit=1").by(&farm.key).send().await.expect(200)["items"][0].clone();
    assert_eq!((&line["action"], &line["detail"]["tokens"]), (&json!("pepper.retire"), &json!(2)));
}

#[tokio::test]
async fn a_change_that_cannot_be_recorded_is_not_made() {
    let full = Arc::new(AtomicBool::new(false));
    let fails = full.clone();
    let wrap = Box::new(move |store| {
        Between::before_commits(store, move |_, _| {
            let verdict = if fails.load(Ordering::SeqCst) {
                Verdict::Fail(StoreError::Unavailable("the disk is full".to_owned()))
            } else {
                Verdict::Pass
            };
            Box::pin(async move { verdict })
        })
    });
    let world = World::of(Setup { wrap, ..Setup::default() }).await;
    let (admin, key) = (world.admin().await, world.system_key().await);
    world.post(PEPPERS, &json!({})).by(&key).send().await.expect(201);
    let ids = async || {
        let keys = world.get("/v1/server-keys").by(&key).send().await.expect(200);
        let ids = |kind: &str| {
            keys[kind].as_array().unwrap().iter().map(|key| key["id"].clone()).collect::<Vec<_>>()
        };
        (ids("peppers"), ids("session_keys"))
    };
    let before = ids().await;
    full.store(true, Ordering::SeqCst);
    world.post(PEPPERS, &json!({})).by(&key).send().await.refused(503, "unavailable");
    let ending = json!({ "end_sessions": true });
    world.post(SESSIONS, &ending).by(&key).send().await.refused(503, "unavailable");
    world.delete(&format!("{PEPPERS}/1?revoke=true")).by(&key).send().await.refused(503, "unavailable");
    full.store(false, Ordering::SeqCst);
    world.get("/v1/self").by(&admin.jwt).send().await.expect(200);
    assert_eq!(ids().await, before);
}
