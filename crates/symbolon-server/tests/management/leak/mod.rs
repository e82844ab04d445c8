//! A secret is in the one answer that makes it, and nowhere else: not in the record's files, no other answer, no log
//! line at any level, nothing that prints for debugging.

mod debug;
mod log;
mod secrets;

use serde_json::{Value, json};

use self::log::Log;
use self::secrets::{Secret, digests, of_token, search, secret};
use crate::world::{Answer, World};

const SUPPLIED: &str = "the-operators-own-secret-4d7f20c1";
const PASSWORD: &str = "a password that nobody else has";
const NEW_PASSWORD: &str = "another that nobody else has";

/// What was made, in the one answer that tells its secret.
struct Made {
    secrets: Vec<Secret>,
    token: String,
    token_id: String,
    key: String,
    jwt: String,
    ended_jwt: String,
    /// What is in the cookie of the device.
    mark: String,
}

async fn make(world: &World) -> Made {
    let system = world.system_key().await;
    let create = async |path: &str, body: Value| -> Answer {
        let call = world.post(path, &body).by(&system).header("idempotency-key", "once");
        call.send().await
    };
    let token_body = json!({ "name": "leak", "scopes": ["read:jobs", "read:printers"], "owner": "ann" });
    let user_body = json!({ "name": "ann", "password": PASSWORD, "roles": { "odin": "viewer" } });
    create("/v1/users", user_body.clone()).await.expect(201);
    let token = create("/v1/services/odin/tokens", token_body.clone()).await.expect(201);
    let key_body = json!({ "kind": "system", "name": "leak" });
    let key = create("/v1/keys", key_body.clone()).await.expect(201);
    let own_key = json!({ "kind": "system", "name": "own", "secret": SUPPLIED });
    let own_key = world.post("/v1/keys", &own_key).by(&system).send().await;
    own_key.expect(201);
    let sign_in = json!({ "username": "ann", "password": PASSWORD });
    let session = world.post("/v1/sessions", &sign_in).header("host", "localhost").send().await;
    let mark = session.cookies()[1].split([';', '=']).nth(1).unwrap().to_owned();
    let session = session.expect(201);
    let ended = world.post("/v1/sessions", &sign_in).send().await.expect(201);

    let text = |value: &Value, field: &str| value[field].as_str().unwrap().to_owned();
    let (token_text, key_text) = (text(&token, "token"), text(&key, "key"));
    let (jwt, ended_jwt) = (text(&session, "token"), text(&ended, "token"));
    let mut secrets = of_token(world, "the token", &token_text);
    secrets.extend(of_token(world, "the key", &key_text));
    secrets.extend(of_token(world, "the caller's key", &system));
    secrets.push(secret("the operator's key", SUPPLIED));
    secrets.extend(digests(world, "the operator's key", SUPPLIED));
    for (name, jwt) in [("the session", &jwt), ("the ended session", &ended_jwt)] {
        secrets.push(secret(name, jwt));
        secrets.push(secret(&format!("{name}'s signature"), jwt.rsplit_once('.').unwrap().1));
    }
    secrets.push(secret("the device's mark", &mark));
    secrets.push(secret("the password", PASSWORD));
    secrets.push(secret("the new password", NEW_PASSWORD));
    secrets.push(secret("a password's hash", "$argon2id$"));

    // A replay names what was made.
    for (path, body) in
        [("/v1/users", user_body), ("/v1/services/odin/tokens", token_body), ("/v1/keys", key_body)]
    {
        let replay = create(path, body).await;
        replay.refused(409, "already_created");
        search(&format!("the replay at {path}"), &replay.body, &secrets);
    }
    search("the answer to the operator's key", &own_key.body, &secrets);
    Made { secrets, token: token_text, token_id: text(&token, "id"), key: key_text, jwt, ended_jwt, mark }
}

/// Everything that can be asked afterwards, by everybody, well and badly.
async fn use_it(world: &World, made: &Made) -> Vec<(String, Answer)> {
    let mut answers = Vec::new();
    let token_path = format!("/v1/services/odin/tokens/{}", made.token_id);
    world.delete("/v1/sessions/current").by(&made.ended_jwt).send().await.expect(204);
    let verify =
        |path: &str| json!({ "token": made.token, "method": "GET", "path": path, "client_ip": "192.0.2.1" });
    let mut calls = vec![
        world.post("/v1/services/odin/verify", &verify("/api/jobs")),
        world.post("/v1/services/odin/verify", &verify("/api/orders")),
        world.post("/v1/services/odin/verify", &verify("//")),
        world.post("/v1/services/odin/verify", &json!({ "token": made.token, "scopes": ["read:users"] })),
        world.post("/v1/services/odysseus/verify", &verify("/api/jobs")),
        world.post(
            "/v1/services/odin/verify/batch",
            &json!({ "questions": [verify("/api/jobs"), verify("/api/orders"), verify("//")] }),
        ),
        // Where an id belongs, people paste the secret; where a kind belongs, too.
        world.get(&format!("/v1/services/odin/tokens/{}", made.token)),
        world.get(&format!("/v1/services/odin/tokens?state={}", made.token)),
        world.get(&format!("/v1/services/odin/tokens?limit={}", made.token)),
        world.get(&format!("/v1/services/{}", made.token)),
        world.get(&format!("/v1/users/{}", made.token)),
        world.delete(&format!("/v1/keys/{}", made.key)),
        world.get(&format!("/{}", made.token)),
        world.post(
            "/v1/services/odin/explain",
            &json!({ "method": "GET", "path": "/api/jobs", "token": made.token }),
        ),
        world.post("/v1/leaks", &json!({ "found": [{ "secret": made.token, "place": made.token }] })),
        world.post("/v1/leaks", &json!({ "found": [{ "secret": made.token, "place": "" }] })),
        world.post("/v1/leaks", &json!({ "found": [made.token], "revoke": made.token })),
        world.post("/v1/leaks/github", &json!([{ "token": made.token, "type": "x", "url": made.token }])),
        world.post("/v1/keys", &json!({ "kind": made.token, "name": "x" })),
        world.post("/v1/keys", &json!({ "kind": "system", "name": "x", "secret": made.token })),
        world.post("/v1/users", &json!({ "name": made.token })),
        world.post("/v1/users", &json!({ "name": "x", "platform_admin": made.token })),
        world.post("/v1/users", &json!({ "name": "x", "roles": { "odin": made.token } })),
        world.post("/v1/services/odin/tokens", &json!({ "name": "x", "scopes": [made.token] })),
        world.post("/v1/services/odin/tokens", &json!({ "name": "x", "profile": made.token })),
        world.post("/v1/services/odin/tokens", &json!({ "name": "x", "expires_at": made.token })),
        world.patch(&token_path, &json!({ "scopes": ["read:jobs"] })),
        world.patch("/v1/users/ann", &json!({ "active": true, "roles": { "odin": "operator" } })),
    ]
    .into_iter()
    .map(|call| call.by(&made.key))
    .collect::<Vec<_>>();
    for secret in [&made.token, &made.key, &made.jwt, &made.ended_jwt, &made.mark, SUPPLIED] {
        // Known, in the wrong header, in the wrong form, twice.
        calls.push(world.get("/v1/self").by(secret));
        calls.push(world.get("/v1/self").header("x-api-key", secret));
        calls.push(world.get("/v1/self").header("authorization", format!("Basic {secret}")));
        calls.push(world.get("/v1/self").header("authorization", secret));
        calls.push(world.get("/v1/self").by(secret).header("x-api-key", secret));
        calls.push(world.get("/v1/self").header("cookie", format!("symbolon_session={secret}")));
        calls.push(world.get("/v1/self").by(&format!("{secret}x")));
        calls.push(world.get("/v1/services/odin/tokens").by(secret).header("idempotency-key", "x"));
    }
    for secret in [&made.key, &made.jwt, &made.ended_jwt, &made.mark, SUPPLIED] {
        calls.push(world.oauth("introspect").form(&[("token", secret)]).by(&made.key));
        calls.push(world.oauth("introspect").form(&[("token", &made.token)]).basic("key_x", secret));
        calls.push(world.oauth("introspect").form(&[("token", &made.token)]).basic(secret, secret));
        calls.push(world.oauth("revoke").form(&[("token", secret), ("client_secret", secret)]));
        calls.push(world.oauth("revoke").form(&[("token_type_hint", secret), (secret, secret)]));
        calls.push(world.oauth("revoke").form(&[("token", &format!("{secret}x"))]));
        calls.push(world.oauth(&format!("revoke?token={secret}")));
    }
    calls.push(world.oauth("introspect").form(&[("token", &made.token)]).by(&made.key));
    let wrong = json!({ "username": "ann", "password": NEW_PASSWORD });
    calls.push(world.post("/v1/sessions", &wrong));
    calls.push(world.post("/v1/sessions", &json!({ "username": PASSWORD, "password": 5 })));
    let device = format!("symbolon_device={}", made.mark);
    calls.push(world.post("/v1/sessions", &wrong).header("cookie", &device));
    // The password in the wrong field, until there is no more guessing.
    let mixed_up = json!({ "username": PASSWORD, "password": NEW_PASSWORD });
    let from = "192.0.2.77".parse().unwrap();
    let mixed_up = || world.post("/v1/sessions", &mixed_up).from(from).header("cookie", &device);
    calls.extend((0..12).map(|_| mixed_up()));
    let change = json!({ "current": PASSWORD, "new": NEW_PASSWORD });
    calls.push(world.post("/v1/self/password", &change).by(&made.jwt));
    calls.push(world.patch("/v1/users/ann", &json!({ "password": NEW_PASSWORD })).by(&made.key));
    for call in calls {
        let answer = call.send().await;
        let request = answer.header("x-request-id").to_owned();
        answers.push((format!("the answer {} to a call", answer.status), answer));
        let explain = json!({ "request_id": request });
        let explained = world.post("/v1/services/odin/explain", &explain).by(&made.key).send().await;
        answers.push(("an explanation".to_owned(), explained));
    }
    answers
}

#[tokio::test]
async fn a_secret_is_told_once_and_left_nowhere() {
    let log = Log::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .try_init()
        .unwrap();
    tracing::trace!("this level is searched too");
    let world = World::new().await;
    let made = make(&world).await;

    for (place, answer) in use_it(&world, &made).await {
        // The caller's own path comes back in nothing but what they sent; here nothing may come back at all.
        search(&place, &answer.body, &made.secrets);
        search(&place, format!("{:?}", answer.headers).as_bytes(), &made.secrets);
    }
    for path in [
        "/v1/services",
        "/v1/services/odin/observed",
        "/v1/services/odin/tokens",
        "/v1/services/odin/tokens?state=revoked",
        "/v1/services/odin/tokens?requests=90&sort=-last_used",
        &format!("/v1/services/odin/tokens/{}", made.token_id),
        &format!("/v1/services/odin/tokens/{}/usage", made.token_id),
        &format!("/v1/services/odin/tokens/{}/audit", made.token_id),
        "/v1/sessions",
        "/v1/sessions?user=ann",
        "/v1/users",
        "/v1/users/ann",
        "/v1/keys",
        "/v1/audit?limit=1000",
        "/v1/status",
        "/openapi.json",
    ] {
        let answer = world.get(path).by(&made.key).send().await;
        answer.expect(200);
        search(path, &answer.body, &made.secrets);
    }
    let metrics = world.get("/metrics").by(&made.key).send().await;
    assert_eq!(metrics.status, 200);
    search("the metrics", &metrics.body, &made.secrets);
    search("debug output", debug::output(&world, &made).as_bytes(), &made.secrets);

    world.app.finish().await;
    let log = log.bytes();
    let text = String::from_utf8_lossy(&log);
    for expected in [
        "this level is searched too",
        "action=\"token.create\"",
        "a credential was refused",
        "too many have failed",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    search("the log", &log, &made.secrets);
    search_files(&world, &made, "beside the living token");
    // Revoked, its digest goes too, from the file and from its log, when that is next emptied.
    world.delete("/v1/self").by(&made.token).send().await.expect(204);
    world.app.prune().await;
    let mut erased = vec![secret("the revoked token's digest", digest_bytes(&world, &made.token))];
    erased.extend(of_token(&world, "the token", &made.token));
    for (name, bytes) in files(&world) {
        search(&name, &bytes, &erased);
    }
}

fn digest_bytes(world: &World, text: &str) -> [u8; 32] {
    *world.keys.pepper.digest(text.as_bytes()).as_bytes()
}

fn files(world: &World) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(world.directory()).unwrap();
    entries
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.display().to_string(), std::fs::read(&path).unwrap())
        })
        .collect()
}

/// The files hold what the record must: a token's digest, a password's hash. They hold no secret.
fn search_files(world: &World, made: &Made, when: &str) {
    let files = files(world);
    let digest = digest_bytes(world, &made.token);
    let held = files.iter().any(|(_, bytes)| bytes.windows(32).any(|window| window == digest));
    assert!(held, "the search does not find what is there");
    let secrets: Vec<_> = made.secrets.iter().filter(|secret| secret.text != b"$argon2id$").collect();
    for (name, bytes) in &files {
        for secret in &secrets {
            let found = bytes.windows(secret.text.len()).any(|window| window == secret.text);
            assert!(!found, "{} is in {name} {when}", secret.name);
        }
    }
}
