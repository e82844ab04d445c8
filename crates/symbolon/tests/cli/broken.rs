//! Rows that somebody has edited, and what has to be done with them all the same: tokens are taken back, or nobody says
//! that they were.

use serde_json::{Value, json};

use crate::seals::{TOKENS, meddle, token};
use crate::support::Server;

#[test]
fn a_token_whose_owners_row_was_edited_is_taken_back_and_not_only_said_to_be() {
    let mut server = Server::with_odin();
    let mut api = server.api();
    let ann = json!({ "name": "ann", "roles": { "odin": "viewer" } });
    assert_eq!(api.send("POST", "/v1/users", &ann).status, 201);
    let mut make =
        |name: &str| token(&mut api, &json!({ "name": name, "scopes": ["read:printers"], "owner": "ann" }));
    let (alone, in_bulk) = (make("alone"), make("in bulk"));
    assert_eq!(server.stop(), Some(0));
    meddle(&server.place, "UPDATE users SET roles = '{\"odin\":\"superadmin\"}' WHERE name = 'ann'");
    server.start_again();
    let mut api = server.api();
    let path = |id: &str| format!("{TOKENS}/{id}");
    assert_eq!(api.send("PATCH", &path(&alone.0), &json!({ "name": "x" })).status, 409);
    assert_eq!(api.ask("DELETE", &path(&alone.0), None).unwrap().status, 204);
    let mut bulk = json!({ "filter": { "query": "in bulk" }, "action": { "revoke": {} } });
    let shown = api.send("POST", &format!("{TOKENS}/bulk"), &bulk).json();
    assert_eq!(shown["changed"], 1, "{shown}");
    bulk["plan"] = shown["plan"].clone();
    assert_eq!(api.send("POST", &format!("{TOKENS}/bulk"), &bulk).json()["done"], true);
    for (id, _) in [&alone, &in_bulk] {
        assert_eq!(api.get(&path(id)).json()["state"], "revoked");
    }
}

#[test]
fn a_leaked_token_whose_row_was_edited_is_taken_back() {
    let server = Server::with_odin();
    let mut api = server.api();
    let (id, secret) = token(&mut api, &json!({ "name": "t", "scopes": ["read:printers"] }));
    let (_, other) = token(&mut api, &json!({ "name": "t", "scopes": ["read:printers"] }));
    meddle(&server.place, &format!("UPDATE tokens SET expires_at = NULL, name = 'x' WHERE id = '{id}'"));
    let bulk = json!({ "filter": { "query": "t" }, "action": { "revoke": {} } });
    let refused = api.send("POST", &format!("{TOKENS}/bulk"), &bulk);
    assert_eq!(refused.status, 409);
    assert!(refused.json()["detail"].as_str().unwrap().contains("GET /v1/status"));
    let found = json!({ "revoke": true, "found": [
        { "secret": secret, "place": "a:1" }, { "secret": other, "place": "a:2" },
    ] });
    let told = api.send("POST", "/v1/leaks", &found).json();
    let states: Vec<&Value> = told["items"].as_array().unwrap().iter().map(|item| &item["state"]).collect();
    assert_eq!(states, ["revoked", "revoked"], "{told}");
    let mut proxy = server.proxy("odin");
    for secret in [&secret, &other] {
        assert_eq!(proxy.get_as("/api/printers", secret).status, 401);
    }
    let lines = api.get(&format!("/v1/audit?subject={id}")).json();
    let line = |at: usize| (&lines["items"][at]["action"], &lines["items"][at]["detail"]["seal"]);
    assert_eq!(line(0), (&json!("token.revoke"), &json!("broken")));
    assert_eq!(line(1).0, "token.leaked");
    assert_eq!(api.send("POST", &format!("{TOKENS}/bulk"), &bulk).status, 200);
}
