//! System and verifier keys.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use symbolon_core::record::KeyKind;
use symbolon_core::store::StoreError;

use crate::between::Between;
use crate::world::{Setup, World};

#[tokio::test]
async fn a_key_opens_everything_from_its_answer_to_its_revocation() {
    let world = World::new().await;
    let admin = world.admin().await;
    let body = json!({ "kind": "system", "name": "monitors" });
    let made = world.post("/v1/keys", &body).by(&admin.jwt).send().await.expect(201);
    let secret = made["key"].as_str().unwrap();
    let random = secret.strip_prefix("symkey_").unwrap();
    assert!(random.len() == 49 && random.bytes().all(|b| b.is_ascii_alphanumeric()), "{secret}");
    let mut record = made.clone();
    record.as_object_mut().unwrap().remove("key");
    assert_eq!(
        record,
        json!({
            "id": made["id"],
            "kind": "system",
            "name": "monitors",
            "service": null,
            "key_prefix": random[..8],
            "created_at": "2026-01-01T00:00:00Z",
        })
    );
    let path = format!("/v1/keys/{}", made["id"].as_str().unwrap());
    assert_eq!(world.get(&path).by(secret).send().await.expect(200), record);
    let listed = world.get("/v1/keys").by(secret).send().await.expect(200);
    assert_eq!(listed["items"], json!([record]));
    assert_eq!(world.verdict(secret, "DELETE", "/api/users/1").await, "allowed");

    // A key may take itself back.
    world.delete(&path).by(secret).send().await.expect(204);
    world.get(&path).by(secret).send().await.refused(401, "invalid_token");
    assert_eq!(world.verdict(secret, "GET", "/api/jobs").await, "invalid_token");
    world.delete(&path).by(&admin.jwt).send().await.refused(404, "not_found");
    world.get("/v1/keys/odin").by(&admin.jwt).send().await.refused(404, "not_found");
}

#[tokio::test]
async fn a_verifier_key_asks_about_its_service_and_nothing_else() {
    let world = World::new().await;
    let admin = world.admin().await;
    let body = json!({ "kind": "verifier", "name": "gateway", "service": "odin" });
    let made = world.post("/v1/keys", &body).by(&admin.jwt).send().await.expect(201);
    assert_eq!((&made["kind"], &made["service"]), (&json!("verifier"), &json!("odin")));
    let key = made["key"].as_str().unwrap();
    let ask = async |service: &str| {
        let body = json!({ "token": "x", "method": "GET", "path": "/api/jobs" });
        world.post(&format!("/v1/services/{service}/verify"), &body).by(key).send().await
    };
    ask("odin").await.expect(200);
    // Of another service it learns nothing, not even whether there is one.
    let (other, none) = (ask("odysseus").await, ask("loki").await);
    assert_eq!(other.refused(403, "system_only")["detail"], none.refused(403, "system_only")["detail"]);
    world.get("/v1/services/odin/tokens").by(key).send().await.refused(403, "insufficient_role");
    // As a credential of an application it is nobody.
    assert_eq!(world.verdict(key, "GET", "/api/jobs").await, "invalid_token");
    let line = world.get("/v1/audit?service=odin&action=key").by(&admin.jwt).send().await.expect(200);
    assert_eq!(line["items"][0]["subject"], made["id"]);
    world
        .delete(&format!("/v1/keys/{}", made["id"].as_str().unwrap()))
        .by(&admin.jwt)
        .send()
        .await
        .expect(204);
    ask("odin").await.refused(401, "invalid_token");
    let lines = world.get("/v1/audit?service=odin&action=key").by(&admin.jwt).send().await.expect(200);
    assert_eq!(lines["items"].as_array().unwrap().len(), 2);
}

/// A key of which nothing can be read now may be there, and is not told to be gone.
#[tokio::test]
async fn a_key_is_not_taken_back_by_an_outage() {
    let reads = Arc::new(AtomicUsize::new(usize::MAX / 2));
    let counted = reads.clone();
    // Whether all is applied is known, and the row itself cannot be read; a line of the audit could be written again.
    let fault = move || {
        let away = counted.fetch_add(1, Ordering::SeqCst) == 1;
        if away { Err(StoreError::Unavailable("away".to_owned())) } else { Ok(()) }
    };
    let wrap = Box::new(move |store| Between::faulty(store, fault));
    let world = World::of(Setup { wrap, ..Setup::default() }).await;
    let admin = world.admin().await;
    let (key, secret) = world.key(KeyKind::System).await;
    let path = format!("/v1/keys/{}", key.id);
    reads.store(0, Ordering::SeqCst);
    world.delete(&path).by(&admin.jwt).send().await.refused(503, "unavailable");
    reads.store(usize::MAX / 2, Ordering::SeqCst);
    world.get("/v1/self").by(&secret).send().await.expect(200);
    world.delete(&path).by(&admin.jwt).send().await.expect(204);
    world.get("/v1/self").by(&secret).send().await.refused(401, "invalid_token");
}

#[tokio::test]
async fn a_key_is_of_one_kind_and_for_its_kinds_service() {
    let world = World::new().await;
    let admin = world.admin().await;
    for (body, field) in [
        (json!({ "kind": "root", "name": "x" }), "kind"),
        (json!({ "kind": "system", "name": "x", "service": "odin" }), "service"),
        (json!({ "kind": "verifier", "name": "x" }), "service"),
        (json!({ "kind": "verifier", "name": "x", "service": "loki" }), "service"),
        (json!({ "kind": "system", "name": " " }), "name"),
    ] {
        let answer = world.post("/v1/keys", &body).by(&admin.jwt).send().await;
        answer.refused_at(422, "validation_failed", field);
    }
}

#[tokio::test]
async fn a_secret_of_the_operators_own_has_no_form_of_ours() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (_, token) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let create = async |secret: &str| {
        let body = json!({ "kind": "system", "name": "own", "secret": secret });
        world.post("/v1/keys", &body).by(&admin.jwt).send().await
    };
    let good = "correct-horse-battery-staple-32b";
    assert_eq!(good.len(), 32);
    for secret in [
        "",
        &good[..31],
        &"x".repeat(1_025),
        &format!("{good} with space"),
        &format!("{good},comma"),
        &format!("{good}é"),
        &format!("{good}\n"),
        &token,
        &admin.jwt,
        "odin_of-any-form-whatsoever-however-long",
        "ody_of-any-form-whatsoever-however-long-",
        "symkey_of-any-form-whatsoever-however-long",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzb21lYm9keSJ9.c2lnbmF0dXJl",
    ] {
        create(secret).await.refused_at(422, "validation_failed", "secret");
    }
    let made = create(good).await.expect(201);
    assert_eq!((&made["key"], &made["key_prefix"]), (&Value::Null, &Value::Null));
    world.get("/v1/keys").by(good).send().await.expect(200);
    create(&"x".repeat(1_024)).await.expect(201);
    // One secret is one key.
    create(good).await.refused(409, "conflict");
    world.delete(&format!("/v1/keys/{}", made["id"].as_str().unwrap())).by(good).send().await.expect(204);
    world.get("/v1/keys").by(good).send().await.refused(401, "invalid_token");
}
