//! Revocation is a promise: when it is answered, the next request is refused. Ten thousand tries over kept-alive
//! connections, under load, with tokens being made all the while; and three thousand each for narrowing, disabling and
//! demoting, which take the same way.
#![allow(clippy::unwrap_used, reason = "a test says by a panic what went wrong")]

mod support;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};
use support::{Http, Server};

const REVOCATIONS: usize = 10_000;
const OTHERS: usize = 3_000;
const WORKERS: usize = 16;
const TOKENS: &str = "/v1/services/odin/tokens";

fn create(api: &mut Http, body: &Value) -> (String, String) {
    let answer = api.send("POST", TOKENS, body);
    assert_eq!(answer.status, 201, "{}", answer.json());
    let made = answer.json();
    (made["id"].as_str().unwrap().to_owned(), made["token"].as_str().unwrap().to_owned())
}

/// Runs `tries` in all, spread over workers that each have a connection to the API and one to the proxy, while
/// others read with a good token and make more tokens. `one` makes its own preparations with the first call.
fn under_load(server: &Server, tries: usize, one: impl Fn(usize, &mut Http, &mut Http, usize) + Sync) {
    let (done, next, load) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        let background: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut api = server.api();
                    let (_, token) = create(&mut api, &json!({"name": "load", "scopes": ["read:printers"]}));
                    let mut proxy = server.proxy("odin");
                    while !done.load(Ordering::Relaxed) {
                        for _ in 0..20 {
                            assert_eq!(proxy.get_as("/api/printers", &token).status, 200);
                        }
                        create(&mut api, &json!({"name": "more", "scopes": ["read:jobs"]}));
                        load.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let (one, next) = (&one, &next);
                scope.spawn(move || {
                    let (mut api, mut proxy) = (server.api(), server.proxy("odin"));
                    loop {
                        let try_number = next.fetch_add(1, Ordering::Relaxed);
                        if try_number >= tries {
                            return;
                        }
                        one(worker, &mut api, &mut proxy, try_number);
                    }
                })
            })
            .collect();
        let failed = workers.into_iter().find_map(|worker| worker.join().err());
        done.store(true, Ordering::Relaxed);
        for thread in background {
            thread.join().unwrap();
        }
        if let Some(panic) = failed {
            std::panic::resume_unwind(panic);
        }
    });
    assert!(load.into_inner() > 0, "there was no load");
}

/// As a bad credential, or as one of too many: here they come by the hundred.
fn refused(status: u16) -> bool {
    [401, 429].contains(&status)
}

#[test]
fn race_revoking() {
    let server = Server::with_odin();
    under_load(&server, REVOCATIONS, |_, api, proxy, _| {
        let (id, token) = create(api, &json!({"name": "short-lived", "scopes": ["read:printers"]}));
        assert_eq!(proxy.get_as("/api/printers", &token).status, 200);
        assert_eq!(api.ask("DELETE", &format!("{TOKENS}/{id}"), None).unwrap().status, 204);
        assert!(refused(proxy.get("/api/printers").status), "a revoked token passed");
    });
}

/// One token for each worker, made narrower and wider in turns.
fn each_has_a_token(server: &Server, owner: impl Fn(usize) -> Option<String>) -> Vec<(String, String)> {
    let mut api = server.api();
    (0..WORKERS)
        .map(|worker| {
            let mut body = json!({"name": "in turns", "scopes": ["agent:write"]});
            if let Some(owner) = owner(worker) {
                body["owner"] = owner.into();
            }
            create(&mut api, &body)
        })
        .collect()
}

#[test]
fn race_narrowing() {
    let server = Server::with_odin();
    let tokens = each_has_a_token(&server, |_| None);
    // Each edit takes one right and gives the other, so each is a narrowing.
    let rights = [("read:models", "/api/models"), ("read:orders", "/api/orders")];
    let turns: Vec<AtomicUsize> = (0..WORKERS).map(|_| AtomicUsize::new(0)).collect();
    under_load(&server, OTHERS, |worker, api, proxy, _| {
        let (id, token) = &tokens[worker];
        let turn = turns[worker].fetch_add(1, Ordering::Relaxed);
        let ((given, open), (_, closed)) = (rights[turn % 2], rights[(turn + 1) % 2]);
        assert_eq!(api.send("PATCH", &format!("{TOKENS}/{id}"), &json!({"scopes": [given]})).status, 200);
        assert_eq!(proxy.get_as(closed, token).status, 403, "a narrowed token passed");
        assert_eq!(proxy.get(open).status, 200, "a right that was given is not there");
    });
}

#[test]
fn race_disabling() {
    let server = Server::with_odin();
    let tokens = each_has_a_token(&server, |_| None);
    under_load(&server, OTHERS, |worker, api, proxy, _| {
        let (id, token) = &tokens[worker];
        assert_eq!(proxy.get_as("/api/alerts", token).status, 200);
        assert_eq!(api.ask("POST", &format!("{TOKENS}/{id}/disable"), None).unwrap().status, 200);
        assert!(refused(proxy.get("/api/alerts").status), "a disabled token passed");
        assert_eq!(api.ask("POST", &format!("{TOKENS}/{id}/enable"), None).unwrap().status, 200);
    });
}

#[test]
fn race_demoting() {
    let server = Server::with_odin();
    let name = |worker: usize| format!("operator{worker}");
    let mut api = server.api();
    for worker in 0..WORKERS {
        let body = json!({"name": name(worker), "roles": {"odin": "operator"}});
        assert_eq!(api.send("POST", "/v1/users", &body).status, 201);
    }
    let tokens = each_has_a_token(&server, |worker| Some(name(worker)));
    under_load(&server, OTHERS, |worker, api, proxy, _| {
        let (_, token) = &tokens[worker];
        let user = format!("/v1/users/{}", name(worker));
        // Marking an alert as read needs agent:write, which needs the role of an operator.
        let mark = |proxy: &mut Http| proxy.ask("PATCH", "/api/alerts/1/read", None).unwrap().status;
        assert_eq!(proxy.get_as("/api/alerts", token).status, 200);
        assert_eq!(api.send("PATCH", &user, &json!({"roles": {"odin": "viewer"}})).status, 200);
        assert_eq!(mark(proxy), 403, "a demoted operator's token wrote");
        assert_eq!(api.send("PATCH", &user, &json!({"roles": {"odin": "operator"}})).status, 200);
        assert_eq!(mark(proxy), 200, "an operator's token wrote nothing");
    });
}
