//! What is so at one node is so at all of them when it is answered.

use serde_json::json;

use crate::{TOKENS, first, joined, names, postgres, revoke, three, token, until, verify};

#[test]
fn what_is_answered_by_one_node_is_so_at_all() {
    let postgres = postgres();
    let (_, nodes) = three(&postgres);
    let mut apis = nodes.each_ref().map(crate::support::Server::api);
    assert_eq!(names(&mut apis[0]), ["a", "b", "c"]);
    for round in 0..60 {
        let (maker, ender) = (round % 3, (round + 1) % 3);
        let (id, secret) = token(&mut apis[maker]);
        for api in &mut apis {
            assert_eq!(verify(api, &secret), "allowed", "made by {maker}");
        }
        let one = format!("{TOKENS}/{id}");
        let answer = match round % 4 {
            0 => apis[ender].send("DELETE", &one, &json!(null)),
            1 => apis[ender].send("POST", &format!("{one}/disable"), &json!(null)),
            2 => apis[ender].send("PATCH", &one, &json!({"scopes": ["read:jobs"]})),
            _ => apis[ender].send("POST", &format!("{one}/rotate"), &json!({"old_ends": "now"})),
        };
        assert!([200, 204].contains(&answer.status), "{round} {}", answer.json());
        for (node, api) in apis.iter_mut().enumerate() {
            let code = verify(api, &secret);
            assert_ne!(code, "allowed", "round {round}, ended by {ender}, asked at {node}");
        }
    }
}

#[test]
fn a_person_signs_in_at_one_node_and_is_known_at_all_and_demoted_at_once() {
    let postgres = postgres();
    let (_, nodes) = three(&postgres);
    let [mut a, mut b, mut c] = nodes.each_ref().map(crate::support::Server::api);
    let password = "correct horse battery";
    let ann = json!({"name": "ann", "password": password, "roles": {"odin": "viewer"}});
    let made = a.send("POST", "/v1/users", &ann).json();
    let id = made["id"].as_str().unwrap_or_else(|| panic!("{made}"));
    let session =
        nodes[1].anonymous().send("POST", "/v1/sessions", &json!({"username": "ann", "password": password}));
    let jwt = session.json()["token"].as_str().unwrap_or_else(|| panic!("{session:?}")).to_owned();
    for node in &nodes {
        assert_eq!(node.anonymous().get_as("/v1/self", &jwt).status, 200);
    }
    let owned = b.send("POST", TOKENS, &json!({"name": "x", "scopes": ["read:printers"], "owner": "ann"}));
    let secret = owned.json()["token"].as_str().unwrap_or_else(|| panic!("{owned:?}")).to_owned();
    assert_eq!(verify(&mut c, &secret), "allowed");
    let off = c.send("PATCH", &format!("/v1/users/{id}"), &json!({"active": false}));
    assert_eq!(off.status, 200, "{}", off.json());
    for (node, api) in nodes.iter().zip([&mut a, &mut b, &mut c]) {
        assert_eq!(verify(api, &secret), "invalid_token");
        assert_eq!(node.anonymous().get_as("/v1/self", &jwt).status, 401);
    }
}

#[test]
fn a_node_that_dies_is_waited_for_once_and_one_that_leaves_is_not() {
    let postgres = postgres();
    let url = postgres.new_database().unwrap();
    let a = first(&url);
    let (b, c) = (joined(&a, &url, "b"), joined(&a, &url, "c"));
    let mut api = a.api();
    let (id, secret) = token(&mut api);
    assert_eq!(c.stop(), Some(0));
    assert_eq!(names(&mut api), ["a", "b"], "it has left");
    b.kill();
    assert_eq!(names(&mut api), ["a", "b"], "nobody knows of it yet");
    // Answered when no lease of its is held any more; and then it is there no longer.
    assert_eq!(revoke(&mut api, &id), 204);
    assert_eq!(verify(&mut api, &secret), "invalid_token");
    until(&["a".to_owned()][..], || names(&mut api));
    let told = |line: &str, name: &str| line.contains(name) && line.contains("nod_");
    let log = a.log();
    assert!(log.lines().any(|line| line.contains("is a node of the fleet") && told(line, "a")), "{log}");
    assert!(
        log.lines().any(|line| line.contains("nobody waits for it any more") && told(line, "\"b\"")),
        "{log}"
    );
}

#[test]
fn a_node_that_stood_still_answers_nothing_from_before() {
    let postgres = postgres();
    let url = postgres.new_database().unwrap();
    let a = first(&url);
    let b = joined(&a, &url, "b");
    let (mut api, mut other) = (a.api(), b.api());
    let (id, secret) = token(&mut api);
    assert_eq!(verify(&mut other, &secret), "allowed");
    b.stop_in_its_tracks();
    assert_eq!(revoke(&mut api, &id), 204);
    b.signal("CONT");
    // Whatever it says first, it is not that the token may.
    let mut asked = b.api();
    for _ in 0..200 {
        assert_ne!(verify(&mut asked, &secret), "allowed");
    }
    until("invalid_token", || verify(&mut asked, &secret));
    until(&["a".to_owned(), "b".to_owned()][..], || names(&mut api));
}
