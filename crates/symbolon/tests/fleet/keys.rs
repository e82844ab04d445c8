//! The server's keys in a fleet: a node with others takes no part in it.

use std::fs;

use serde_json::json;

use crate::{first, joined, names, postgres, token, until};

#[test]
fn who_was_away_while_sessions_were_ended_lets_nobody_in_by_them() {
    let postgres = postgres();
    let url = postgres.new_database().unwrap();
    let a = first(&url);
    let mut b = joined(&a, &url, "b");
    let (mut api, password) = (a.api(), "correct horse battery");
    let ann = json!({"name": "ann", "password": password, "roles": {"odin": "viewer"}});
    assert_eq!(api.send("POST", "/v1/users", &ann).status, 201);
    let session = api.send("POST", "/v1/sessions", &json!({"username": "ann", "password": password})).json();
    let jwt = session["token"].as_str().unwrap_or_else(|| panic!("{session}")).to_owned();
    assert_eq!(b.anonymous().get_as("/v1/self", &jwt).status, 200);

    b.stop_in_its_tracks();
    token(&mut api);
    until(&["a".to_owned()][..], || names(&mut api));
    let ended = api.send("POST", "/v1/server-keys/sessions", &json!({"end_sessions": true}));
    assert_eq!(ended.status, 201, "{}", ended.json());
    b.signal("CONT");
    let told = "the keys of the fleet were changed: copy keys.toml";
    b.until("it says that it has other keys", || b.log().contains(told));
    assert_eq!(b.anonymous().get_as("/v1/self", &jwt).status, 503);
    assert_eq!(names(&mut api), ["a"]);

    // Nor does it start, before it has them.
    b.kill();
    let told = b.place.symbolon(&["serve", "--json"]).refused(1);
    assert!(told.contains("whose nodes go on with others: copy keys.toml"), "{told}");
    fs::copy(a.place.data("keys.toml"), b.place.data("keys.toml")).unwrap();
    b.start_again();
    assert_eq!(names(&mut api), ["a", "b"]);
    for node in [&a, &b] {
        assert_eq!(node.anonymous().get_as("/v1/self", &jwt).status, 401);
    }
    let refused = api.send("POST", "/v1/server-keys/sessions", &json!({})).json();
    assert_eq!(refused["code"], "conflict", "there are two: {refused}");
}
