//! Ending a token that one has in hand (RFC 7009), by possession and by clients.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use symbolon_core::record::KeyKind;
use symbolon_core::store::StoreError;

use crate::between::Between;
use crate::world::{Answer, Setup, World};

async fn revoke(world: &World, token: &str) -> Answer {
    world.oauth("revoke").form(&[("token", token)]).send().await
}

/// What the audit says of the last thing that was done to a token: by whom, and what.
async fn last_line(world: &World, id: &str) -> (String, String) {
    let key = world.system_key().await;
    let lines = world.get(&format!("/v1/audit?subject={id}")).by(&key).send().await.expect(200);
    let text = |field: &str| lines["items"][0][field].as_str().unwrap().to_owned();
    (text("actor"), text("action"))
}

#[tokio::test]
async fn whoever_holds_a_secret_ends_it_and_the_next_check_refuses() {
    let world = World::new().await;
    let ann = world.person("ann", &[("odin", "viewer")]).await;
    let (id, secret) = world.odin_token(&ann.jwt, &["read:jobs"]).await;
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "allowed");
    let ended = revoke(&world, &secret).await;
    assert_eq!((ended.status, ended.body.len()), (200, 0));
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "invalid_token");
    assert_eq!(last_line(&world, &id).await, (id, "token.revoke".to_owned()));
    // Word for word the same, but for the request's id: again, mistyped, never issued, and no token at all.
    let mistyped = format!("{}0", &secret[..secret.len() - 1]);
    for gone in [secret.as_str(), &mistyped, "odin_x", "x", "\u{1f98a}"] {
        let mut again = revoke(&world, gone).await;
        assert_eq!((again.status, again.body.len()), (200, 0), "{gone}");
        again.headers.insert("x-request-id", ended.headers["x-request-id"].clone());
        assert_eq!(again.headers, ended.headers, "{gone}");
    }
}

/// What does not pass today may pass tomorrow: one that is switched on again, one whose owner comes back, one whose end is
/// moved. Whoever holds it ends it for good.
#[tokio::test]
async fn what_rests_is_ended_too() {
    let world = World::new().await;
    let admin = world.admin().await;
    let ann = world.person("ann", &[("odin", "viewer")]).await;
    let mut made = Vec::new();
    for end in ["none", "none", "1h"] {
        let body = json!({ "name": "t", "scopes": ["read:jobs"], "expires_in": end });
        let token = world.token(&ann.jwt, "odin", &body).await;
        made.push(["id", "token"].map(|field| token[field].as_str().unwrap().to_owned()));
    }
    let path = |at: usize| format!("/v1/services/odin/tokens/{}", made[at][0]);
    let state = async |at: usize| -> Value {
        world.get(&path(at)).by(&admin.jwt).send().await.expect(200)["state"].clone()
    };
    let disable = world.post(&format!("{}/disable", path(0)), &json!({}));
    disable.by(&ann.jwt).send().await.expect(200);
    world.patch("/v1/users/ann", &json!({ "active": false })).by(&admin.jwt).send().await.expect(200);
    world.clock.advance(3_600);
    assert_eq!([state(0).await, state(1).await, state(2).await], ["disabled", "active", "expired"]);
    for (at, [id, secret]) in made.iter().enumerate() {
        revoke(&world, secret).await.expect(200);
        assert_eq!(state(at).await, "revoked");
        assert_eq!(last_line(&world, id).await.0, *id);
    }
    world.patch("/v1/users/ann", &json!({ "active": true })).by(&admin.jwt).send().await.expect(200);
    assert_eq!(world.verdict(&made[1][1], "GET", "/api/jobs").await, "invalid_token");
}

#[tokio::test]
async fn a_client_ends_what_is_of_its_service_and_the_audit_names_it() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (id, odin) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let (second, other) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let (bank, bank_secret) = world.key(KeyKind::Verifier("odysseus".parse().unwrap())).await;
    let refused = world.oauth("revoke").form(&[("token", &odin)]).basic(&bank.id.to_string(), &bank_secret);
    refused.send().await.oauth_error(400, "unauthorized_client");
    assert_eq!(world.verdict(&odin, "GET", "/api/jobs").await, "allowed");
    for (kind, id, secret) in
        [(KeyKind::Verifier("odin".parse().unwrap()), &id, &odin), (KeyKind::System, &second, &other)]
    {
        let (key, key_secret) = world.key(kind).await;
        let call = world.oauth("revoke").form(&[("token", secret)]).basic(&key.id.to_string(), &key_secret);
        call.send().await.expect(200);
        assert_eq!(world.verdict(secret, "GET", "/api/jobs").await, "invalid_token");
        assert_eq!(last_line(&world, id).await, (key.id.to_string(), "token.revoke".to_owned()));
    }
}

/// The answer says that what was presented passes no more. Where that would not be so, it is not given.
#[tokio::test]
async fn sessions_and_keys_are_not_ended_here_and_that_is_said() {
    let world = World::new().await;
    let ann = world.person("ann", &[("odin", "viewer")]).await;
    let system = world.system_key().await;
    let own = "the-operators-own-secret-4d7f20c1";
    let body = json!({ "kind": "verifier", "name": "own", "secret": own, "service": "odin" });
    world.post("/v1/keys", &body).by(&system).send().await.expect(201);
    for secret in [ann.jwt.as_str(), &system, own, &format!("{system}x")] {
        revoke(&world, secret).await.oauth_error(400, "unsupported_token_type");
    }
    world.get("/v1/self").by(&ann.jwt).send().await.expect(200);
    for key in [system.as_str(), own] {
        world.get("/v1/self").by(key).send().await.expect(200);
    }
}

/// With the record away strangers are answered as ever, for they cost it nothing; and who holds a live secret learns that
/// it still lives.
#[tokio::test]
async fn an_unknown_secret_is_no_work_for_the_record_and_a_known_one_waits_for_it() {
    let asked = Arc::new(AtomicUsize::new(usize::MAX / 2));
    let count = asked.clone();
    let fault = move || {
        if count.fetch_add(1, Ordering::SeqCst) < usize::MAX / 2 {
            return Err(StoreError::Unavailable("away".to_owned()));
        }
        Ok(())
    };
    let wrap = Box::new(move |store| Between::faulty(store, fault));
    let world = World::of(Setup { wrap, ..Setup::default() }).await;
    let admin = world.admin().await;
    let (_, secret) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let never = symbolon_core::token::NewSecret::generate(&"odin".parse().unwrap(), &*world.entropy);
    asked.store(0, Ordering::SeqCst);
    for unknown in [never.reveal(), "odin_x", "x"] {
        revoke(&world, unknown).await.expect(200);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0, "the record was asked");
    revoke(&world, &secret).await.refused(503, "unavailable");
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "allowed");
    asked.store(usize::MAX / 2, Ordering::SeqCst);
    revoke(&world, &secret).await.expect(200);
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "invalid_token");
}

/// An answer at once would tell that there was nothing to write.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "what is tested is how long an answer takes")]
async fn what_is_not_there_takes_as_long_as_what_is() {
    let world = World::new().await;
    for unknown in ["odin_x", "x"] {
        let begun = Instant::now();
        revoke(&world, unknown).await.expect(200);
        assert!(begun.elapsed() >= Duration::from_millis(100));
    }
}
