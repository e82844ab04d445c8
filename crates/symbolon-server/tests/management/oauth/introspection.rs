//! What a token is said to be (RFC 7662 section 2.2).

use serde_json::{Value, json};
use symbolon_core::record::TokenState;

use crate::world::{Setup, World};

async fn introspect(world: &World, by: &str, token: &str) -> Value {
    world.oauth("introspect").form(&[("token", token)]).by(by).send().await.expect(200)
}

#[tokio::test]
async fn a_live_token_is_told_with_its_effective_scopes() {
    let issuer = Some("https://tokens.example");
    let world = World::of(Setup { issuer, https: true, ..Setup::default() }).await;
    let (admin, key) = (world.admin().await, world.system_key().await);
    let ann = world.person("ann", &[("odin", "operator")]).await;
    let (id, secret) = world.odin_token(&ann.jwt, &["agent:write"]).await;
    let expected = |scope: &str| {
        json!({
            "active": true, "scope": scope, "username": "ann", "sub": ann.user.id.to_string(), "aud": "odin",
            "jti": id, "token_type": "Bearer", "iat": 1_767_225_600, "iss": "https://tokens.example",
        })
    };
    assert_eq!(introspect(&world, &key, &secret).await, expected("agent:read agent:write"));
    // Its owner is less by now, and so is it; and a token without a right is one all the same.
    for (role, scope) in [(json!("viewer"), "agent:read"), (Value::Null, "")] {
        let edit = json!({ "roles": { "odin": role } });
        world.patch("/v1/users/ann", &edit).by(&admin.jwt).send().await.expect(200);
        assert_eq!(introspect(&world, &key, &secret).await, expected(scope));
    }
}

#[tokio::test]
async fn whatever_does_not_pass_is_inactive_and_nothing_more_is_said() {
    let world = World::new().await;
    let (admin, key) = (world.admin().await, world.system_key().await);
    let ann = world.person("ann", &[("odin", "viewer")]).await;
    let body = json!({ "name": "t", "scopes": ["read:jobs"], "expires_in": "60s" });
    let made = world.token(&ann.jwt, "odin", &body).await;
    let secret = made["token"].as_str().unwrap();
    let path = format!("/v1/services/odin/tokens/{}", made["id"].as_str().unwrap());
    let inactive = json!({ "active": false });
    let active = async || {
        let told = introspect(&world, &key, secret).await;
        if told["active"] == false {
            assert_eq!(told, inactive);
        }
        told["active"] == true
    };
    assert!(active().await);
    assert_eq!(introspect(&world, &key, secret).await["exp"], 1_767_225_660);
    // Nothing but a token is one: not a session, not a key, not what merely looks like it.
    let mistyped = format!("{}0", &secret[..secret.len() - 1]);
    for other in [ann.jwt.as_str(), &key, &mistyped, "odin_", "x", "\u{0}", &"x".repeat(10_000)] {
        assert_eq!(introspect(&world, &key, other).await, inactive, "{other}");
    }
    world.post(&format!("{path}/disable"), &json!({})).by(&ann.jwt).send().await.expect(200);
    assert!(!active().await);
    world.post(&format!("{path}/enable"), &json!({})).by(&ann.jwt).send().await.expect(200);
    assert!(active().await);
    for (state, expected) in [(false, false), (true, true)] {
        let edit = json!({ "active": state });
        world.patch("/v1/users/ann", &edit).by(&admin.jwt).send().await.expect(200);
        assert_eq!(active().await, expected);
    }
    // At its very end it has ended.
    world.clock.advance(60);
    assert!(!active().await);
    let stored = world.get(&path).by(&admin.jwt).send().await.expect(200);
    assert_eq!(stored["state"], TokenState::Expired.as_str());
    world.delete(&path).by(&admin.jwt).send().await.expect(204);
    assert!(!active().await);
}

#[tokio::test]
async fn a_verifier_key_sees_tokens_of_its_own_service_alone() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (_, odin) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let body = json!({ "name": "t", "scopes": ["chat"] });
    let odysseus = world.token(&admin.jwt, "odysseus", &body).await["token"].as_str().unwrap().to_owned();
    let verifier = world.verifier_key("odin").await;
    assert_eq!(introspect(&world, &verifier, &odin).await["active"], true);
    assert_eq!(introspect(&world, &verifier, &odysseus).await, json!({ "active": false }));
    assert_eq!(introspect(&world, &world.system_key().await, &odysseus).await["aud"], "odysseus");
}

/// To look at a token is no use of it: neither its last use nor its counts change, and no check is counted.
#[tokio::test]
async fn a_look_is_no_use() {
    let world = World::new().await;
    let (admin, key) = (world.admin().await, world.system_key().await);
    let (id, secret) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    for _ in 0..3 {
        assert_eq!(introspect(&world, &key, &secret).await["active"], true);
    }
    world.app.write_uses().await;
    world.app.write_usage().await;
    let path = format!("/v1/services/odin/tokens/{id}");
    let record = world.get(&path).by(&admin.jwt).send().await.expect(200);
    assert_eq!(record["last_used_at"], Value::Null);
    let usage = world.get(&format!("{path}/usage")).by(&admin.jwt).send().await.expect(200);
    assert!(usage["days"].as_array().unwrap().iter().all(|day| day["allowed"] == 0), "{usage}");
    assert!(world.gate.checks().iter().all(|checks| checks.counts.is_empty()));
}
