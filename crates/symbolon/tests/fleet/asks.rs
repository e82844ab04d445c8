//! What tokens ask for, asked at one node, answered at another, and waited for at a third.

use std::thread;

use serde_json::{Value, json};

use crate::support::{Http, Server};
use crate::{TOKENS, postgres, three};

/// What a node says of the token's right to change jobs.
fn told(api: &mut Http, secret: &str) -> String {
    let asked = json!({"token": secret, "scopes": ["write:jobs"]});
    let told = api.send("POST", "/v1/services/odin/verify", &asked).json();
    told["code"].as_str().unwrap_or_else(|| panic!("{told}")).to_owned()
}

#[test]
fn who_waits_at_another_node_is_told_and_what_is_lent_or_ended_is_so_at_every_node() {
    let postgres = postgres();
    let (_, nodes) = three(&postgres);
    let mut apis = nodes.each_ref().map(Server::api);
    let made = apis[0].send("POST", TOKENS, &json!({"name": "agent", "scopes": ["read:jobs"]})).json();
    let secret = made["token"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    for round in 0..5 {
        let [asked, waited, answered] = [0, 1, 2].map(|node| (node + round) % 3);
        let ask = json!({"scopes": ["write:jobs"], "duration": "1h", "reason": "to queue one"});
        let ask = nodes[asked].anonymous().bearer(&secret).send("POST", "/v1/asks", &ask).json();
        let path = format!("/v1/asks/{}", ask["id"].as_str().unwrap_or_else(|| panic!("{ask}")));
        thread::scope(|scope| {
            let waiting = scope.spawn(|| -> Value {
                let mut token = nodes[waited].anonymous().bearer(&secret);
                let told = token.get(&format!("{path}?wait=60")).json();
                // What it is told is so where it was told.
                assert_eq!(self::told(&mut nodes[waited].api(), &secret), "allowed", "{told}");
                told
            });
            let approved = apis[answered].send("POST", &format!("{path}/approve"), &json!({}));
            assert_eq!(approved.status, 200, "{}", approved.json());
            assert_eq!(waiting.join().unwrap()["state"], "approved", "round {round}");
        });
        for api in &mut apis {
            assert_eq!(told(api, &secret), "allowed");
        }
        let ended = apis[waited].ask("DELETE", &path, None).unwrap();
        assert_eq!(ended.status, 204, "{}", ended.json());
        for (node, api) in apis.iter_mut().enumerate() {
            assert_eq!(told(api, &secret), "insufficient_scope", "at {node}, round {round}");
        }
    }
}
