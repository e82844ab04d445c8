//! Bad credentials at the management API: beyond a budget of their source they are answered shortly, and good ones pass.

use serde_json::json;
use symbolon_core::record::KeyKind;

use crate::world::World;

#[tokio::test]
async fn too_many_bad_credentials_are_told_to_wait_and_good_ones_are_not() {
    let world = World::new().await;
    let (key, secret) = world.key(KeyKind::System).await;
    let own = async |secret: &str| world.get("/v1/self").by(secret).send().await;
    for number in 0..100 {
        own(&format!("odin_{number}")).await.refused(401, "invalid_token");
    }
    own("odin_x").await.refused(429, "rate_limited");
    // By whichever way it comes, and by whichever scheme.
    world.get("/v1/users").header("authorization", "Basic x").send().await.refused(429, "rate_limited");
    let introspect = || world.oauth("introspect").form(&[("token", "odin_x")]);
    introspect().by("odin_x").send().await.refused(429, "rate_limited");
    introspect().basic(&key.id.to_string(), "wrong").send().await.refused(429, "rate_limited");
    // Good ones, nobody, and what a browser sends by itself.
    own(&secret).await.expect(200);
    introspect().basic(&key.id.to_string(), &secret).send().await.expect(200);
    world.get("/v1/self").send().await.refused(401, "credential_required");
    let cookie =
        world.get("/v1/self").header("cookie", "symbolon_session=eyJhbGciOiJIUzI1NiJ9.x.y").send().await;
    cookie.refused(401, "invalid_token");
    world.clock.advance(1);
    own("odin_x").await.refused(401, "invalid_token");
    own("odin_x").await.refused(429, "rate_limited");
}

/// Whoever asks about others' credentials says where those come from, and is not made to wait for them.
#[tokio::test]
async fn what_is_asked_about_counts_for_where_it_comes_from() {
    let world = World::new().await;
    let key = world.system_key().await;
    let ask = async |from: &str| {
        let body = json!({ "token": "odin_x", "method": "GET", "path": "/api/printers", "client_ip": from });
        let reply = world.post("/v1/services/odin/verify", &body).by(&key).send().await.expect(200);
        (reply["code"].as_str().unwrap().to_owned(), reply)
    };
    for _ in 0..100 {
        assert_eq!(ask("192.0.2.7").await.0, "invalid_token");
    }
    let (code, reply) = ask("192.0.2.7").await;
    assert_eq!((code.as_str(), &reply["status"]), ("rate_limited", &json!(429)));
    assert_eq!(reply["answer"]["headers"]["retry-after"], "1");
    assert_eq!(reply["www_authenticate"], serde_json::Value::Null);
    // It is not remembered, and so cannot be explained.
    let id = reply["answer"]["problem"]["request_id"].clone();
    let explained =
        world.post("/v1/services/odin/explain", &json!({ "request_id": id })).by(&key).send().await;
    explained.refused(404, "not_found");
    assert_eq!(ask("192.0.2.8").await.0, "invalid_token");
    world.get("/v1/self").by("odin_x").send().await.refused(401, "invalid_token");
}
