//! Tokens that a token made, at all nodes.

use serde_json::json;

use crate::{TOKENS, postgres, revoke, three, verify};

#[test]
fn of_a_thousand_that_descend_from_a_revoked_token_none_passes_at_any_node() {
    let postgres = postgres();
    let (_, nodes) = three(&postgres);
    let root = json!({"name": "root", "scopes": ["read:printers"], "derive": 3});
    let root = nodes[0].api().send("POST", TOKENS, &root).json();
    let id = root["id"].as_str().unwrap_or_else(|| panic!("{root}")).to_owned();
    let mut secrets = vec![(root["token"].as_str().unwrap().to_owned(), 0)];
    let mut at = 0;
    while secrets.len() <= 1_000 {
        let (parent, depth) = secrets[at / 10].clone();
        let child = json!({"name": "child", "scopes": ["read:printers"], "derive": 2 - depth});
        // The parent was made at another node than it is asked at.
        let mut asked = nodes[at % 3].anonymous().bearer(&parent);
        let answer = asked.send("POST", "/v1/self/derive", &child);
        let made = answer.json();
        assert_eq!(answer.status, 201, "{made}");
        secrets.push((made["token"].as_str().unwrap().to_owned(), depth + 1));
        at += 1;
    }
    let mut apis = nodes.each_ref().map(crate::support::Server::api);
    for (number, (secret, _)) in secrets.iter().enumerate() {
        assert_eq!(verify(&mut apis[number % 3], secret), "allowed", "{number}");
    }
    assert_eq!(revoke(&mut apis[1], &id), 204);
    for (node, api) in apis.iter_mut().enumerate() {
        for (number, (secret, _)) in secrets.iter().enumerate() {
            // From many places: of one, so many bad credentials are not looked into.
            let from = format!("10.{node}.{}.{}", number / 250, number % 250);
            let asked = json!({"token": secret, "scopes": ["read:printers"], "client_ip": from});
            let told = api.send("POST", "/v1/services/odin/verify", &asked).json();
            assert_eq!(told["code"], "invalid_token", "{number} at {node}");
        }
    }
}
