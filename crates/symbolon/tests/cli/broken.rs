//! Rows that somebody has edited, and what has to be done with them all the same: tokens are taken back, or nobody says
//! that they were.

use serde_json::{Value, json};

use crate::seals::{TOKENS, meddle, token};
use crate::support::{Http, Server};

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
    let (id, secret) = token(&mut api, &json!({ "name": "of the leak", "scopes": ["read:printers"] }));
    let (_, other) = token(&mut api, &json!({ "name": "of the leak", "scopes": ["read:printers"] }));
    // Out of the filter, whatever its random characters are: those have no space.
    meddle(&server.place, &format!("UPDATE tokens SET name = 'x' WHERE id = '{id}'"));
    let bulk = json!({ "filter": { "query": "of the leak" }, "action": { "revoke": {} } });
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

/// What the audit says of the last thing that was done to something.
fn last(api: &mut Http, id: &str) -> (Value, Value) {
    let line = api.get(&format!("/v1/audit?subject={id}&limit=1")).json()["items"][0].clone();
    (line["action"].clone(), line["detail"].clone())
}

#[test]
fn what_was_taken_out_of_the_database_and_still_passes_is_taken_back_all_the_same() {
    let server = Server::with_odin();
    let mut api = server.api();
    let ann = json!({ "name": "ann", "roles": { "odin": "viewer" } });
    assert_eq!(api.send("POST", "/v1/users", &ann).status, 201);
    let tokens: [_; 4] = std::array::from_fn(|_| {
        token(&mut api, &json!({ "name": "t", "scopes": ["read:printers"], "owner": "ann" }))
    });
    let keys: [_; 2] = std::array::from_fn(|_| {
        let made = api.send("POST", "/v1/keys", &json!({ "kind": "system", "name": "k" })).json();
        ["id", "key"].map(|field| made[field].as_str().unwrap().to_owned())
    });
    for (id, _) in &tokens {
        meddle(&server.place, &format!("DELETE FROM tokens WHERE id = '{id}'"));
    }
    for [id, _] in &keys {
        meddle(&server.place, &format!("DELETE FROM keys WHERE id = '{id}'"));
    }
    let mut proxy = server.proxy("odin");
    for secret in tokens.iter().map(|(_, secret)| secret).chain(keys.iter().map(|[_, secret]| secret)) {
        assert_eq!(proxy.get_as("/api/printers", secret).status, 200, "it is in memory");
    }
    let [by_id, leaked, by_itself, by_its_holder] = &tokens;
    let [key_by_id, leaked_key] = &keys;
    assert_eq!(api.ask("DELETE", &format!("{TOKENS}/{}", by_id.0), None).unwrap().status, 204);
    assert_eq!(api.ask("DELETE", &format!("/v1/keys/{}", key_by_id[0]), None).unwrap().status, 204);
    let found = json!({ "revoke": true, "found": [
        { "secret": leaked.1, "place": "a:1" }, { "secret": leaked_key[1], "place": "a:2" },
    ] });
    let told = api.send("POST", "/v1/leaks", &found).json();
    let states: Vec<&Value> = told["items"].as_array().unwrap().iter().map(|item| &item["state"]).collect();
    assert_eq!(states, ["revoked", "revoked"], "{told}");
    end_by_secret(&server, &by_itself.1, &by_its_holder.1);
    for secret in tokens.iter().map(|(_, secret)| secret).chain(keys.iter().map(|[_, secret]| secret)) {
        assert_eq!(proxy.get_as("/api/printers", secret).status, 401);
    }
    for (id, _) in &tokens {
        assert_eq!(last(&mut api, id), (json!("token.revoke"), json!({ "name": "t", "row": "gone" })));
    }
    for [id, _] in &keys {
        assert_eq!(last(&mut api, id), (json!("key.revoke"), json!({ "name": "k", "row": "gone" })));
    }
    // Of what nobody knows there is nothing to take back.
    assert_eq!(api.ask("DELETE", &format!("{TOKENS}/{}", by_id.0), None).unwrap().status, 404);
    assert_eq!(api.ask("DELETE", &format!("/v1/keys/{}", key_by_id[0]), None).unwrap().status, 404);
}

/// One token revokes itself, and another is revoked by whoever holds it.
fn end_by_secret(server: &Server, itself: &str, held: &str) {
    let mut own = server.anonymous().bearer(itself);
    assert_eq!(own.ask("DELETE", "/v1/self", None).unwrap().status, 204);
    let form = format!("token={held}");
    let mut anonymous = server.anonymous();
    assert_eq!(anonymous.form("/oauth/revoke", &form).status, 200);
}

#[test]
fn who_holds_a_token_whose_row_was_edited_ends_it() {
    let server = Server::with_odin();
    let mut api = server.api();
    let [first, second] =
        std::array::from_fn(|_| token(&mut api, &json!({ "name": "t", "scopes": ["read:printers"] })));
    meddle(&server.place, "UPDATE tokens SET name = 'x'");
    end_by_secret(&server, &first.1, &second.1);
    let mut proxy = server.proxy("odin");
    for (id, secret) in [&first, &second] {
        assert_eq!(proxy.get_as("/api/printers", secret).status, 401);
        assert_eq!(last(&mut api, id), (json!("token.revoke"), json!({ "seal": "broken" })));
        assert_eq!(api.get(&format!("{TOKENS}/{id}")).json()["state"], "revoked");
    }
}
