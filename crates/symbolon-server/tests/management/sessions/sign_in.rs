//! Signing in: who may, and what the answer holds.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use symbolon_core::record::User;
use symbolon_core::store::Change;

use crate::world::{Answer, PASSWORD, World};

async fn sign_in(world: &World, username: &str, password: &str) -> Answer {
    let body = json!({ "username": username, "password": password });
    world.post("/v1/sessions", &body).from("192.0.2.7".parse().unwrap()).send().await
}

#[tokio::test]
async fn a_session_lives_24_hours_to_the_second() {
    let world = World::new().await;
    let viewer = world.person("viewer", &[("odin", "viewer")]).await;
    let made = sign_in(&world, "viewer", PASSWORD).await.expect(201);
    assert_eq!(made["user"], "viewer");
    assert_eq!(made["created_at"], "2026-01-01T00:00:00Z");
    assert_eq!(made["expires_at"], "2026-01-02T00:00:00Z");
    assert_eq!(made["client_ip"], "192.0.2.7");
    let jwt = made["token"].as_str().unwrap();
    let claims = URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(
        claims,
        json!({
            "sub": viewer.user.id.to_string(),
            "sid": made["id"],
            "aud": "symbolon",
            "iat": 1_767_225_600,
            "exp": 1_767_225_600 + 86_400,
        })
    );

    world.clock.advance(86_399);
    world.get("/v1/self").by(jwt).send().await.expect(200);
    assert_eq!(world.verdict(jwt, "GET", "/api/jobs").await, "allowed");
    world.clock.advance(1);
    world.get("/v1/self").by(jwt).send().await.refused(401, "invalid_token");
    assert_eq!(world.verdict(jwt, "GET", "/api/jobs").await, "invalid_token");
}

#[tokio::test]
async fn every_failure_is_one_answer() {
    let world = World::new().await;
    world.person("viewer", &[]).await;
    let inactive = world.person("inactive", &[]).await.user;
    world.commit(vec![Change::UserChanged(User { active: false, revision: 2, ..inactive })]).await;
    let no_login = world.person("nologin", &[]).await.user;
    world.commit(vec![Change::UserChanged(User { password: None, revision: 2, ..no_login })]).await;
    let mut answers = Vec::new();
    for (username, password) in [
        ("viewer", "not the password"),
        ("nobody", PASSWORD),
        ("inactive", PASSWORD),
        ("nologin", PASSWORD),
        ("system", PASSWORD),
        ("No Name At All", PASSWORD),
        ("viewer", &PASSWORD.to_uppercase()),
        ("viewer", &format!("{PASSWORD} ")),
        ("viewer", &"x".repeat(1_024)),
    ] {
        let answer = sign_in(&world, username, password).await;
        let mut problem = answer.refused(401, "invalid_login");
        problem.as_object_mut().unwrap().remove("request_id");
        assert!(!answer.headers.contains_key("set-cookie"));
        answers.push((problem, answer.header("www-authenticate").to_owned()));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    let key = world.system_key().await;
    let sessions = world.get("/v1/sessions").by(&key).send().await.expect(200);
    assert_eq!(sessions["items"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn the_jwt_counts_and_not_what_it_says() {
    let world = World::new().await;
    let viewer = world.person("viewer", &[("odin", "viewer")]).await;
    let made = sign_in(&world, "viewer", PASSWORD).await.expect(201);
    let jwt = made["token"].as_str().unwrap();
    let (head, signature) = jwt.rsplit_once('.').unwrap();
    let (header, claims) = head.split_once('.').unwrap();
    let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    let later = claims.replace("1767312000", "2767312000");
    assert_ne!(later, claims);
    let none = URL_SAFE_NO_PAD.encode(br#"{"alg":"none","typ":"symbolon-session+jwt"}"#);
    for forged in [
        format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(later)),
        format!("{none}.{}.", URL_SAFE_NO_PAD.encode(&claims)),
        format!("{head}."),
        head.to_owned(),
        format!("{jwt}="),
        format!("{jwt}.{signature}"),
    ] {
        world.get("/v1/self").by(&forged).send().await.refused(401, "invalid_token");
        assert_eq!(world.verdict(&forged, "GET", "/api/jobs").await, "invalid_token");
    }
    // The user's role is the one they have now.
    assert_eq!(world.verdict(jwt, "POST", "/api/printers").await, "insufficient_role");
    let roles = [("odin".parse().unwrap(), "operator".parse().unwrap())].into();
    world.commit(vec![Change::UserChanged(User { roles, revision: 2, ..viewer.user })]).await;
    assert_eq!(world.verdict(jwt, "POST", "/api/printers").await, "allowed");
}

#[tokio::test]
async fn a_sign_in_is_in_the_audit_with_its_address() {
    let world = World::new().await;
    let admin = world.admin().await;
    let made = sign_in(&world, "admin", PASSWORD).await.expect(201);
    let path = format!("/v1/audit?action=session&subject={}", made["id"].as_str().unwrap());
    let line = world.get(&path).by(&admin.jwt).send().await.expect(200)["items"][0].clone();
    assert_eq!(line["action"], "session.start");
    assert_eq!(line["actor"], admin.user.id.to_string());
    assert_eq!((&line["client_ip"], &line["detail"]), (&json!("192.0.2.7"), &json!({ "user": "admin" })));
    assert!(line["request_id"].as_str().unwrap().starts_with("req_"));
}
