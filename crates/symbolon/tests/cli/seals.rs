//! Somebody writes to the database while nothing runs: the rows do not load, the alarm says which, and everything else
//! serves.

use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use crate::support::{Http, Place, Server};

pub(super) const TOKENS: &str = "/v1/services/odin/tokens";

/// Does something to the database behind Symbolon's back.
pub(super) fn meddle(place: &Place, sql: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(place.data("symbolon.db"));
        let mut database = options.connect().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut database).await.unwrap();
        database.close().await.unwrap();
    });
}

/// Makes a token; its id and secret.
pub(super) fn token(api: &mut Http, body: &Value) -> (String, String) {
    let answer = api.send("POST", TOKENS, body);
    assert_eq!(answer.status, 201, "{}", answer.json());
    let made = answer.json();
    (made["id"].as_str().unwrap().to_owned(), made["token"].as_str().unwrap().to_owned())
}

#[test]
fn what_is_edited_by_sql_does_not_load_and_the_alarm_says_which() {
    let mut server = Server::with_odin();
    let mut api = server.api();
    for (name, role) in [("ann", "viewer"), ("bob", "admin")] {
        let answer = api.send("POST", "/v1/users", &json!({ "name": name, "roles": { "odin": role } }));
        assert_eq!(answer.status, 201);
    }
    let mut make = |more: Value| {
        let mut body = json!({ "name": "t", "scopes": ["read:printers"], "owner": "ann" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        token(&mut api, &body)
    };
    let untouched = make(json!({ "owner": "bob" }));
    let other = make(json!({ "owner": "bob" }));
    let edits = [
        "scopes = '[\"read:printers\",\"write:printers\"]'",
        "owner = (SELECT id FROM users WHERE name = 'system')",
        "expires_at = NULL",
        "digest = zeroblob(32)",
        "seal = (SELECT seal FROM tokens WHERE id = 'OTHER')",
    ];
    let edited: Vec<_> = edits.iter().map(|_| make(json!({ "owner": "bob", "expires_in": "1d" }))).collect();
    let of_ann = make(json!({}));
    assert_eq!(server.stop(), Some(0));
    for (edit, (id, _)) in edits.iter().zip(&edited) {
        meddle(
            &server.place,
            &format!("UPDATE tokens SET {} WHERE id = '{id}'", edit.replace("OTHER", &other.0)),
        );
    }
    meddle(&server.place, "UPDATE users SET roles = '{\"odin\":\"superadmin\"}' WHERE name = 'ann'");

    server.start_again();
    let mut proxy = server.proxy("odin");
    for (edit, (_, secret)) in edits.iter().zip(&edited) {
        assert_eq!(proxy.get_as("/api/printers", secret).status, 401, "{edit}");
    }
    assert_eq!(
        proxy.get_as("/api/printers", &of_ann.1).status,
        401,
        "the token of one whose role was edited"
    );
    for (_, secret) in [&untouched, &other] {
        assert_eq!(proxy.get_as("/api/printers", secret).status, 200, "everything else serves");
    }
    assert_eq!(server.anonymous().get("/readyz").status, 200);

    let mut api = server.api();
    let status = api.get("/v1/status").json();
    let mut told: Vec<_> = status["broken_seals"].as_array().unwrap().iter().map(Value::to_string).collect();
    let ann = told.iter().position(|one| one.contains("\"user\"")).unwrap();
    assert!(told.remove(ann).contains("usr_"));
    let mut expected: Vec<_> =
        edited.iter().map(|(id, _)| json!({ "kind": "token", "id": id }).to_string()).collect();
    told.sort();
    expected.sort();
    assert_eq!(told, expected);
    let metrics = String::from_utf8(api.get("/metrics").body).unwrap();
    assert!(metrics.contains("symbolon_seal_failures{kind=\"token\"} 5"), "{metrics}");
    for (id, _) in &edited {
        assert!(server.log().contains(id), "the log names {id}");
    }
    let doctor = server.place.symbolon_with(&[("SYMBOLON_KEY", server.system_key())], &["doctor"]);
    assert_eq!(doctor.code, Some(1));
    assert!(
        doctor.stdout.contains(&format!("the record of the token {} was changed", edited[0].0)),
        "{doctor:?}"
    );

    // What is taken back is no alarm any more.
    for (id, _) in &edited {
        assert_eq!(api.send("PATCH", &format!("{TOKENS}/{id}"), &json!({ "name": "x" })).status, 409);
        assert_eq!(api.ask("DELETE", &format!("{TOKENS}/{id}"), None).unwrap().status, 204);
    }
    let left = api.get("/v1/status").json()["broken_seals"].clone();
    let ann = left[0]["id"].as_str().unwrap();
    assert_eq!(api.ask("DELETE", &format!("/v1/users/{ann}"), None).unwrap().status, 204);
    assert_eq!(api.get("/v1/status").json()["broken_seals"], json!([]));
    assert_eq!(server.stop(), Some(0));
    server.start_again();
    assert_eq!(server.api().get("/v1/status").json()["broken_seals"], json!([]));
}

#[test]
fn a_key_a_session_and_a_switch_that_are_planted_open_nothing() {
    let mut server = Server::with_odin();
    assert_eq!(server.stop(), Some(0));
    meddle(
        &server.place,
        "INSERT INTO keys (id, kind, service, name, key_prefix, created_at, digest, pepper)
         VALUES ('key_00000000000000000000000000000009', 'system', NULL, 'x', NULL, 1, zeroblob(32), 1);
         INSERT INTO enforcement (service, enforce, since) VALUES ('odin', 0, 1)",
    );
    server.start_again();
    assert_eq!(server.proxy("odin").get("/api/printers").status, 401, "a planted switch opens nothing");
    let mut api = server.api();
    let broken = api.get("/v1/status").json()["broken_seals"].clone();
    let key = json!({ "kind": "key", "id": "key_00000000000000000000000000000009" });
    assert_eq!(broken, json!([key, { "kind": "enforcement", "id": "odin" }]));
    assert_eq!(api.ask("DELETE", "/v1/keys/key_00000000000000000000000000000009", None).unwrap().status, 204);
    assert_eq!(api.send("PATCH", "/v1/services/odin", &json!({ "enforce": true })).status, 200);
    assert_eq!(api.get("/v1/status").json()["broken_seals"], json!([]));
}

#[test]
fn the_built_in_user_who_was_edited_keeps_nothing_from_starting() {
    let mut server = Server::with_odin();
    let mut api = server.api();
    assert_eq!(
        api.send("POST", "/v1/users", &json!({ "name": "bob", "roles": { "odin": "admin" } })).status,
        201
    );
    let (_, secret) = token(&mut api, &json!({ "name": "t", "scopes": ["read:printers"], "owner": "bob" }));
    assert_eq!(server.stop(), Some(0));
    meddle(&server.place, "UPDATE users SET platform_admin = 0, active = 1 - active WHERE name = 'system'");
    server.start_again();
    assert_eq!(server.proxy("odin").get_as("/api/printers", &secret).status, 200);
    let broken = server.api().get("/v1/status").json()["broken_seals"].clone();
    assert_eq!(broken[0]["kind"], "user");
    assert_eq!(server.stop(), Some(0));
    server.place.run("user list").ok();
}

#[test]
fn a_pepper_is_not_dropped_from_under_seals_that_could_not_be_moved() {
    let mut server = Server::with_odin();
    let answer = server.api().send("POST", "/v1/users", &json!({ "name": "ann" }));
    assert_eq!(answer.status, 201);
    assert_eq!(server.stop(), Some(0));
    meddle(&server.place, "UPDATE users SET platform_admin = 1 WHERE name = 'ann'");
    server.start_again();
    server.place.run("keys rotate pepper").ok();
    // The system key moves with its use.
    assert_eq!(server.api().get("/v1/self").status, 200);
    let refusal = server.place.run("keys retire 1").refused(1);
    assert!(refusal.contains("1 seals are under it and cannot be made anew"), "{refusal}");
    let shown = server.place.run("keys show --json").json();
    assert_eq!((&shown["peppers"][1]["id"], &shown["peppers"][1]["seals"]), (&json!(1), &json!(1)));
    server.place.run("keys retire 1 --revoke").ok();
    assert_eq!(server.api().get("/v1/self").status, 200);
    assert_eq!(server.place.run("keys show --json").json()["peppers"].as_array().unwrap().len(), 1);
}
