//! The primary is lost, and its synchronous standby takes its place.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use symbolon_postgres_server::{Server as Postgres, Stop};

use crate::road::Road;
use crate::support::{Http, Server};
use crate::{
    TOKENS, database, findings, first_with, joined_with, names, place, postgres, refused, revoke, token,
    until, verify,
};

/// Long enough that a standby is promoted while a node that is cut off still answers by the primary's.
const LEASE: Duration = Duration::from_secs(3);
/// When no lease is held any more that was granted before.
const OVER: Duration = Duration::from_millis(3_300);

/// How long each node is left alone between two questions, for it needs the processor too.
const EACH: Duration = Duration::from_millis(20);

/// What the doctor warns of where nothing but the primary has what was acknowledged.
fn warns_of_no_standby(server: &Server) -> bool {
    findings(&server.place)
        .iter()
        .any(|(level, detail)| level == "warn" && detail.contains("no synchronous standby"))
}

/// A standby that every commit waits for.
fn synchronous(primary: &Postgres, a: &Server) -> Postgres {
    assert!(warns_of_no_standby(a));
    let standby = primary.standby("b").unwrap();
    let streams = "SELECT sync_state FROM pg_stat_replication;";
    until("async", || primary.sql("postgres", streams).unwrap());
    assert!(warns_of_no_standby(a), "nothing waits for it");
    let name = "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (b, c)'; SELECT pg_reload_conf();";
    primary.sql("postgres", name).unwrap();
    until("quorum", || primary.sql("postgres", streams).unwrap());
    assert!(!warns_of_no_standby(a));
    standby
}

/// What was acknowledged, by the time that it was.
#[derive(Default)]
struct Acknowledged {
    made: Mutex<Vec<String>>,
    revoked: Mutex<Vec<String>>,
    /// Nobody reaches the primary any more.
    fenced: AtomicBool,
    over: AtomicBool,
}

impl Acknowledged {
    /// Makes tokens and revokes every other one. What is answered by a no may have been done or not, and counts as neither.
    fn change(&self, api: &mut Http) {
        for round in 0.. {
            if self.over.load(Ordering::SeqCst) || self.fenced.load(Ordering::SeqCst) {
                return;
            }
            let made = api.send("POST", TOKENS, &json!({"name": "ci", "scopes": ["read:printers"]}));
            if made.status != 201 {
                thread::park_timeout(EACH);
                continue;
            }
            let made = made.json();
            let secret = made["token"].as_str().unwrap().to_owned();
            if round % 2 == 0 {
                self.made.lock().unwrap().push(secret);
            } else if revoke(api, made["id"].as_str().unwrap()) == 204 {
                self.revoked.lock().unwrap().push(secret);
            }
        }
    }

    /// Asks a node all the time: what was revoked is never admitted, and what was made is never refused.
    fn watch(&self, api: &mut Http, name: &str) {
        for round in 0.. {
            if self.over.load(Ordering::SeqCst) {
                return;
            }
            let one = |of: &Mutex<Vec<String>>| {
                let of = of.lock().unwrap();
                // The newest every other time.
                let at = if round % 2 == 0 { of.len().checked_sub(1)? } else { round % of.len().max(1) };
                of.get(at).cloned()
            };
            let (revoked, made) = (one(&self.revoked), one(&self.made));
            if let Some(secret) = revoked {
                assert_ne!(verify(api, &secret), "allowed", "{name} admits what was revoked");
            }
            if let Some(secret) = made {
                let code = verify(api, &secret);
                assert!(
                    ["allowed", "unavailable"].contains(&code.as_str()),
                    "{name} has lost a token: {code}"
                );
            }
        }
    }
}

/// Waits until a node refuses a token, which it does not admit at any time before. Whoever has presented bad credentials so often
/// is told no more than that.
fn refuses(api: &mut Http, secret: &str) {
    until(&true, || {
        let code = verify(api, secret);
        assert_ne!(code, "allowed");
        ["invalid_token", "rate_limited"].contains(&code.as_str())
    });
}

/// Has those who watch end when this goes, however the test does.
struct Ends<'a>(&'a Acknowledged);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::SeqCst);
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how long a wait takes is what is tried")]
fn heavy_a_synchronous_standby_takes_over_with_all_that_was_acknowledged() {
    let mut primary = postgres();
    let (ours, alone) = (Road::to(&primary), Road::to(&primary));
    let url = primary.new_database().unwrap();
    let lease = format!("{}ms", LEASE.as_millis());
    let a = first_with(&ours.url(&url), &lease);
    let (b, c) =
        (joined_with(&a, &ours.url(&url), "b", &lease), joined_with(&a, &alone.url(&url), "c", &lease));
    let mut standby = synchronous(&primary, &a);
    let there = standby.url(database(&url));
    let told = refused(&place(&there, ""));
    assert!(told.contains("is a standby: give the URL of the primary"), "{told}");

    let (id, secret) = token(&mut a.api());
    // Without the one that commits wait for, no lease is renewed.
    standby.stop(Stop::Fast).unwrap();
    until("unavailable", || verify(&mut a.api(), &secret));
    standby.start_again().unwrap();
    for node in [&a, &b, &c] {
        until("allowed", || verify(&mut node.api(), &secret));
    }

    let done = Acknowledged::default();
    thread::scope(|scope| {
        let changing = scope.spawn(|| done.change(&mut a.api()));
        let _ends = Ends(&done);
        for (name, node) in [("a", &a), ("b", &b), ("c", &c)] {
            let done = &done;
            scope.spawn(move || {
                let _ends = Ends(done);
                done.watch(&mut node.api(), name);
            });
        }
        until(&true, || done.revoked.lock().unwrap().len() >= 5);
        // Fenced before it is killed: nobody reaches it any more.
        alone.cut();
        ours.cut();
        primary.stop(Stop::Killed).unwrap();
        done.fenced.store(true, Ordering::SeqCst);
        changing.join().unwrap();
        // Also one that leads to the standby too early is told nothing by it.
        ours.lead_to(&standby);
        assert_ne!(revoke(&mut a.api(), &id), 204);
        let fenced = Instant::now();
        standby.promote().unwrap();

        // The third node hears nothing of all that, and answers until its lease ends.
        until("204", || revoke(&mut b.api(), &id).to_string());
        assert!(fenced.elapsed() >= OVER, "a lease of before may still have been held");
        done.revoked.lock().unwrap().push(secret.clone());
        until("unavailable", || verify(&mut c.api(), &secret));
        alone.lead_to(&standby);
        refuses(&mut c.api(), &secret);
    });

    let mut apis = [&a, &b, &c].map(Server::api);
    until(&["a", "b", "c"].map(str::to_owned)[..], || names(&mut apis[0]));
    for api in &mut apis {
        for secret in done.made.lock().unwrap().iter() {
            until("allowed", || verify(api, secret));
        }
        for secret in done.revoked.lock().unwrap().iter() {
            refuses(api, secret);
        }
    }
    let status = apis[0].get("/v1/status").json();
    assert_eq!(status["fleet"]["epoch"], 2, "{status}");
    let (id, secret) = token(&mut apis[2]);
    assert_eq!(revoke(&mut apis[0], &id), 204);
    for api in &mut apis {
        refuses(api, &secret);
    }
    a.place.symbolon(&["audit", "verify"]).ok();
}
