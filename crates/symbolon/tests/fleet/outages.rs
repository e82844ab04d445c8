//! The database goes away and comes back.

use serde_json::json;
use symbolon_postgres_server::Stop;

use crate::support::Server;
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
            // What an alarm rests on is told all the same.
            let metrics = String::from_utf8(node.anonymous().get("/metrics").body).unwrap();
            assert!(metrics.contains("\nsymbolon_lease_left_seconds 0"), "{metrics}");
        }
        // The doctor says once that the node cannot decide, and by itself why.
        let told = nodes[0].place.symbolon(&["doctor"]).stdout;
        assert_eq!(told.matches("running, and not ready").count(), 1, "{told}");
        assert!(
            told.contains("no PostgreSQL server answers there") && !told.contains("symbolon doctor"),
            "{told}"
        );
        let bad = told.lines().filter(|line| line.starts_with("bad")).count();
        assert_eq!(bad, 2, "{told}");
        postgres.start_again().unwrap();
        for api in &mut apis {
            until("allowed", || verify(api, &secret));
        }
        until(&["a".to_owned(), "b".to_owned(), "c".to_owned()][..], || names(&mut apis[1]));
        for node in &nodes {
            assert!(!node.log().contains("sqlx"), "{}", node.log());
        }
    }
    assert_eq!(revoke(&mut apis[2], &id), 204);
    for api in &mut apis {
        assert_eq!(verify(api, &secret), "invalid_token");
    }
}

#[test]
fn the_doctor_gives_up_on_a_server_that_says_nothing() {
    let server = Server::with_odin();
    server.stop_in_its_tracks();
    let told = server.place.symbolon(&["doctor"]).stdout;
    assert!(told.contains("has said nothing for 5 s") && told.contains("not looked at"), "{told}");
    server.signal("CONT");
}

#[test]
fn keys_are_not_changed_while_other_nodes_would_not_know_them() {
    let postgres = postgres();
    let (_, nodes) = three(&postgres);
    let mut api = nodes[0].api();
    let refused = api.send("POST", "/v1/server-keys/peppers", &json!(null));
    assert_eq!(refused.status, 409);
    assert!(detail(&refused.json()).contains("stop all but one"), "{}", refused.json());
    assert!(detail(&refused.json()).contains("make any change, and ask again"), "{}", refused.json());
    for node in &nodes[1..] {
        assert_eq!(node.stop(), Some(0));
    }
    assert_eq!(api.send("POST", "/v1/server-keys/peppers", &json!(null)).status, 201);
}
