//! Who may ask, and how they say who they are; and what a form must be.

use std::fmt::Write;

use symbolon_core::record::KeyKind;

use crate::world::{Call, World};

fn introspect(world: &World) -> Call<'_> {
    world.oauth("introspect").form(&[("token", "odin_x")])
}

/// As libraries that keep to RFC 6749 write it (section 2.3.1 and appendix B).
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        write!(escaped, "%{byte:02X}").unwrap();
    }
    escaped
}

#[tokio::test]
async fn a_client_says_who_it_is_by_basic_or_bearer() {
    let world = World::new().await;
    let (key, secret) = world.key(KeyKind::System).await;
    let id = key.id.to_string();
    introspect(&world).by(&secret).send().await.expect(200);
    introspect(&world).basic(&id, &secret).send().await.expect(200);
    introspect(&world).basic(&escaped(&id), &escaped(&secret)).send().await.expect(200);
    introspect(&world).header("x-api-key", &secret).send().await.expect(200);
    introspect(&world).at_the_machine().send().await.expect(200);
}

/// A key of the operator's own making may have characters that a form writes otherwise. Whichever way it is written, it
/// is the key.
#[tokio::test]
async fn an_operators_key_with_marks_is_taken_in_both_writings() {
    let world = World::new().await;
    let system = world.system_key().await;
    let secret = "the+operators%41own secret/of 40 letters".replace(' ', "-");
    let body = serde_json::json!({ "kind": "system", "name": "own", "secret": secret });
    let made = world.post("/v1/keys", &body).by(&system).send().await.expect(201);
    let id = made["id"].as_str().unwrap();
    introspect(&world).basic(id, &secret).send().await.expect(200);
    introspect(&world).basic(id, &escaped(&secret)).send().await.expect(200);
}

#[tokio::test]
async fn who_is_no_client_is_told_in_their_own_scheme() {
    let world = World::new().await;
    let ann = world.person("ann", &[("odin", "viewer")]).await;
    let (key, secret) = world.key(KeyKind::System).await;
    let (other, _) = world.key(KeyKind::System).await;
    let (_, token) = world.odin_token(&ann.jwt, &["read:jobs"]).await;
    let id = key.id.to_string();
    let basic = [
        introspect(&world),
        introspect(&world).basic(&id, "nothing"),
        introspect(&world).basic(&other.id.to_string(), &secret),
        introspect(&world).basic("", &secret),
        introspect(&world).basic(&format!("{id} "), &secret),
        introspect(&world).header("authorization", "Basic !"),
        introspect(&world).header("authorization", "Digest x"),
        introspect(&world).header("cookie", format!("symbolon_session={}", ann.jwt)),
        world.oauth("introspect").form(&[("token", "x"), ("client_id", &id), ("client_secret", &secret)]),
        // Who fails to be a client is not taken for a holder.
        world.oauth("revoke").form(&[("token", &token)]).basic(&id, "nothing"),
        world.oauth("revoke").form(&[("token", &token), ("client_id", &id), ("client_secret", &secret)]),
    ];
    for call in basic {
        let answer = call.send().await;
        answer.oauth_error(401, "invalid_client");
        assert!(answer.header("www-authenticate").starts_with("Basic realm="), "{answer:?}");
    }
    for bearer in [&ann.jwt, &token, "nothing"] {
        for call in [introspect(&world), world.oauth("revoke").form(&[("token", &token)])] {
            let answer = call.by(bearer).send().await;
            answer.oauth_error(401, "invalid_client");
            assert!(answer.header("www-authenticate").starts_with("Bearer realm="), "{answer:?}");
        }
    }
    assert_eq!(world.verdict(&token, "GET", "/api/jobs").await, "allowed");
    introspect(&world)
        .by(&secret)
        .header("x-api-key", &secret)
        .send()
        .await
        .oauth_error(400, "invalid_request");
    world.delete(&format!("/v1/keys/{id}")).by(&secret).send().await.expect(204);
    introspect(&world).basic(&id, &secret).send().await.oauth_error(401, "invalid_client");
}

#[tokio::test]
async fn a_form_that_is_wrong_is_refused_and_what_is_unknown_in_it_ignored() {
    let world = World::new().await;
    let key = world.system_key().await;
    for name in ["introspect", "revoke"] {
        let with = |body: &[u8]| {
            let call = world.oauth(name).by(&key).header("content-type", "application/x-www-form-urlencoded");
            call.body(body)
        };
        let long = [b"token=".to_vec(), b"x".repeat(16 << 10)].concat();
        for wrong in
            [&b""[..], b"token", b"token=", b"Token=x", b"token=x&token=x", b"token=x&a=1&a=2", &long]
        {
            with(wrong).send().await.oauth_error(400, "invalid_request");
        }
        for right in
            [&b"token=x"[..], b"token=%ff", b"token=x&surprise=1", b"&token=x&&", b"token=x&client_id=y"]
        {
            with(right).send().await.expect(200);
        }
        for hint in ["access_token", "refresh_token", "no such thing", ""] {
            let form = [("token", "x"), ("token_type_hint", hint)];
            world.oauth(name).form(&form).by(&key).send().await.expect(200);
        }
        let json =
            Call::new(&world, "POST", &format!("/oauth/{name}")).json(&serde_json::json!({ "token": "x" }));
        json.by(&key).send().await.oauth_error(400, "invalid_request");
        // What is a form in all but its name is none.
        let call = world.oauth(name).by(&key).header("content-type", "application/json");
        call.body(b"token=x").send().await.oauth_error(400, "invalid_request");
        // Not in the query, where it would be logged on its way.
        world
            .oauth(&format!("{name}?token=x"))
            .form(&[])
            .by(&key)
            .send()
            .await
            .oauth_error(400, "invalid_request");
    }
}
