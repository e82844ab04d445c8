//! The database goes away and comes back.

use serde_json::json;
use symbolon_postgres_server::Stop;

use crate::{TOKENS, detail, names, postgres, revoke, three, token, until, verify};

#[test]
fn without_its_database_a_fleet_answers_until_its_leases_end_and_heals_by_itself() {
    let mut postgres = postgres();
    let (_, nodes) = three(&postgres);
    let mut apis = nodes.each_ref().map(crate::support::Server::api);
    let (id, secret) = token(&mut apis[0]);
    for how in [Stop::Fast, Stop::Immediate] {
        postgres.stop(how).unwrap();
        // A change is refused at once, with what to do.
        let refused = apis[0].send("POST", &format!("{TOKENS}/{id}/disable"), &json!(null));
        assert_eq!(refused.status, 503, "{}", refused.json());
        assert!(refused.head.to_lowercase().contains("retry-after"), "{}", refused.head);
        // From memory, and then not any more; at no time is it a refusal.
        for api in &mut apis {
            until("unavailable", || {
                let code = verify(api, &secret);
                assert!(["allowed", "unavailable"].contains(&code.as_str()), "{code}");
                code
            });
        }
        for node in &nodes {
            assert_eq!(node.anonymous().get("/readyz").status, 503);
            assert_eq!(node.anonymous().get("/healthz").status, 200);
        }
        postgres.start_again().unwrap();
        for api in &mut apis {
            until("allowed", || verify(api, &secret));
        }
        until(&["a".to_owned(), "b".to_owned(), "c".to_owned()][..], || names(&mut apis[1]));
    }
    assert_eq!(revoke(&mut apis[2], &id), 204);
    for api in &mut apis {
        assert_eq!(verify(api, &secret), "invalid_token");
    }
}

#[test]
fn keys_are_not_changed_while_other_nodes_would_not_know_them() {
    let postgres = postgres();
    let (_, nodes) = three(&postgres);
    let mut api = nodes[0].api();
    let refused = api.send("POST", "/v1/server-keys/peppers", &json!(null));
    assert_eq!(refused.status, 409);
    assert!(detail(&refused.json()).contains("stop all but one"), "{}", refused.json());
    for node in &nodes[1..] {
        assert_eq!(node.stop(), Some(0));
    }
    assert_eq!(api.send("POST", "/v1/server-keys/peppers", &json!(null)).status, 201);
}
