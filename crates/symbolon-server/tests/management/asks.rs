//! A token asks for what it lacks, and somebody lends it for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};
use symbolon_core::ask::MAX_ASKED;
use symbolon_core::record::Token;
use symbolon_core::store::{Change, Sink as _, Store, StoreError};

use crate::between::{Between, Verdict};
use crate::world::{Answer, Person, Setup, World};

/// An administrator of odin, an operator, a viewer, and a token of the viewer's that reads printers.
struct Stage {
    world: World,
    admin: Person,
    operator: Person,
    viewer: Person,
    id: String,
    secret: String,
}

impl Stage {
    async fn new() -> Self {
        Self::of(World::new().await).await
    }

    async fn of(world: World) -> Self {
        let admin = world.admin().await;
        let operator = world.person("operator", &[("odin", "operator")]).await;
        let viewer = world.person("viewer", &[("odin", "viewer")]).await;
        let body = json!({ "name": "agent", "scopes": ["read:printers"] });
        let made = world.token(&viewer.jwt, "odin", &body).await;
        let text = |field: &str| made[field].as_str().unwrap().to_owned();
        let (id, secret) = (text("id"), text("token"));
        Self { world, admin, operator, viewer, id, secret }
    }

    async fn asks(&self, more: Value) -> Answer {
        let mut body =
            json!({ "scopes": ["write:jobs", "read:jobs"], "duration": "1h", "reason": "a late print" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.world.post("/v1/asks", &body).by(&self.secret).send().await
    }

    /// An ask of the token's; its id.
    async fn ask(&self) -> String {
        id(&self.asks(json!({})).await.expect(201))
    }

    async fn answer(&self, by: &str, id: &str, how: &str, body: Value) -> Answer {
        self.world.post(&format!("/v1/asks/{id}/{how}"), &body).by(by).send().await
    }

    async fn shown(&self, id: &str) -> Value {
        self.world.get(&format!("/v1/asks/{id}")).by(&self.secret).send().await.expect(200)
    }

    async fn list(&self, by: &str, query: &str) -> Vec<String> {
        let list = self.world.get(&format!("/v1/asks{query}")).by(by).send().await.expect(200);
        list["items"].as_array().unwrap().iter().map(id).collect()
    }

    async fn verdict(&self, method: &str, path: &str) -> String {
        self.world.verdict(&self.secret, method, path).await
    }
}

fn id(record: &Value) -> String {
    record["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_approved_is_used_and_ends_by_itself() {
    let stage = Stage::new().await;
    assert_eq!(stage.verdict("POST", "/api/jobs").await, "insufficient_scope");
    let asked = stage.asks(json!({})).await.expect(201);
    for (field, value) in [
        ("service", json!("odin")),
        ("state", json!("open")),
        ("scopes", json!(["read:jobs", "write:jobs"])),
        ("duration", json!("1h")),
        ("reason", json!("a late print")),
        ("asked_by", json!(stage.id)),
        ("lent", Value::Null),
    ] {
        assert_eq!(asked[field], value, "{field}");
    }
    assert_eq!(asked["token"]["owner"], "viewer");
    assert_eq!(stage.verdict("POST", "/api/jobs").await, "insufficient_scope", "it is asked for, no more");

    let id = id(&asked);
    let less = json!({ "scopes": ["write:jobs"], "duration": "10m", "note": "be quick" });
    let approved = stage.answer(&stage.admin.jwt, &id, "approve", less).await.expect(200);
    for (field, value) in [
        ("state", json!("approved")),
        ("lent", json!(["write:jobs"])),
        ("lent_until", json!("2026-01-01T00:10:00Z")),
        ("answered_by", json!("admin")),
        ("note", json!("be quick")),
    ] {
        assert_eq!(approved[field], value, "{field}");
    }
    let mut seen = stage.shown(&id).await;
    for may in ["may_lend", "may_deny"] {
        assert_eq!((&approved[may], seen[may].take()), (&json!(true), json!(false)));
        seen[may] = json!(true);
    }
    assert_eq!(seen, approved, "who asked sees it too");
    assert_eq!(stage.verdict("POST", "/api/jobs").await, "allowed");
    assert_eq!(
        stage.verdict("PATCH", "/api/jobs/reorder").await,
        "insufficient_role",
        "an owner's role stays"
    );
    let own = stage.world.get("/v1/self").by(&stage.secret).send().await.expect(200);
    assert_eq!(own["token"]["scopes"], json!(["read:printers"]), "what is granted is as it was");
    assert_eq!(own["token"]["effective_scopes"], json!(["read:printers", "write:jobs"]));
    assert_eq!(own["token"]["loans"][0]["ask"], json!(id));

    stage.world.clock.advance(599);
    assert_eq!(stage.verdict("POST", "/api/jobs").await, "allowed");
    stage.world.clock.advance(1);
    assert_eq!(stage.verdict("POST", "/api/jobs").await, "insufficient_scope");
    assert_eq!(stage.shown(&id).await["state"], "ended");
    let own = stage.world.get("/v1/self").by(&stage.secret).send().await.expect(200);
    assert_eq!(own["token"]["loans"], Value::Null);
}

/// What is asked for takes no place among the changes that it is asked for, and an end that comes early is said.
#[tokio::test]
async fn asking_costs_no_change_and_a_loan_ends_with_its_token_or_when_it_was_ended() {
    let stage = Stage::new().await;
    let path = format!("/v1/services/odin/tokens/{}", stage.id);
    let edit = json!({ "change_limit": "1/1d", "expires_in": "30m" });
    stage.world.patch(&path, &edit).by(&stage.admin.jwt).send().await.expect(200);
    let asked = stage.ask().await;
    let approved = stage.answer(&stage.admin.jwt, &asked, "approve", json!({})).await.expect(200);
    assert_eq!(
        approved["lent_until"], "2026-01-01T00:30:00Z",
        "an hour was asked for, and the token ends before"
    );
    assert_eq!((&approved["may_lend"], &approved["may_deny"]), (&json!(true), &json!(true)));
    assert_eq!(stage.verdict("POST", "/api/jobs").await, "allowed");
    assert_eq!(stage.verdict("POST", "/api/jobs").await, "rate_limited");
    stage.world.clock.advance(60);
    stage.world.delete(&format!("/v1/asks/{asked}")).by(&stage.admin.jwt).send().await.expect(204);
    assert_eq!(stage.shown(&asked).await["lent_until"], "2026-01-01T00:01:00Z");
}

/// Of the tokens of the built-in user nobody but the system key lends, and nobody else is told that something waits for them.
#[tokio::test]
async fn who_cannot_lend_is_told_so_before_they_try() {
    let stage = Stage::new().await;
    let key = stage.world.system_key().await;
    let made = stage.world.token(&key, "odin", &json!({ "name": "own", "scopes": ["read:jobs"] })).await;
    let body = json!({ "scopes": ["write:jobs"], "duration": "1h", "reason": "why" });
    let asked =
        stage.world.post("/v1/asks", &body).by(made["token"].as_str().unwrap()).send().await.expect(201);
    let path = format!("/v1/asks/{}", id(&asked));
    for (by, lend, deny) in [(&stage.admin.jwt, false, true), (&key, true, true)] {
        let seen = stage.world.get(&path).by(by).send().await.expect(200);
        assert_eq!((&seen["may_lend"], &seen["may_deny"]), (&json!(lend), &json!(deny)));
    }
    let open =
        async |by: &str| stage.world.get("/v1/self").by(by).send().await.expect(200)["open_asks"].clone();
    assert_eq!(open(&stage.admin.jwt).await, 0);
    stage.ask().await;
    assert_eq!(open(&stage.admin.jwt).await, 1);
    assert_eq!(open(&stage.operator.jwt).await, 0);
}

#[tokio::test]
async fn who_could_not_grant_it_does_not_lend_it() {
    let stage = Stage::new().await;
    let asked = stage.ask().await;
    for by in [&stage.operator.jwt, &stage.secret] {
        for how in ["approve", "deny"] {
            let refused = stage.answer(by, &asked, how, json!({})).await;
            assert!(matches!(refused.status, 403 | 404), "{}", refused.text());
        }
    }
    // A token answers for nobody, itself included.
    stage.answer(&stage.secret, &asked, "approve", json!({})).await.refused(403, "human_only");
    assert_eq!(stage.shown(&asked).await["state"], "open");
    let above = stage.asks(json!({ "scopes": ["agent:write"] })).await;
    above.refused_at(403, "insufficient_role", "scopes[0]");
    for (body, field) in [
        (json!({ "scopes": ["read:jobs", "agent:read"] }), "scopes[0]"),
        (json!({ "scopes": ["nothing"] }), "scopes[0]"),
        (json!({ "duration": "61m" }), "duration"),
        (json!({ "duration": "soon" }), "duration"),
        (json!({ "note": "n".repeat(501) }), "note"),
    ] {
        let refused = stage.answer(&stage.admin.jwt, &asked, "approve", body).await;
        refused.refused_at(422, "validation_failed", field);
    }
    stage
        .answer(&stage.admin.jwt, &asked, "approve", json!({ "scopes": [] }))
        .await
        .refused(422, "scopes_required");
    // Nothing of all this has lent anything.
    assert_eq!(stage.verdict("POST", "/api/jobs").await, "insufficient_scope");
    // Its owner manages it, and could have given it the scopes.
    stage.answer(&stage.viewer.jwt, &asked, "approve", json!({})).await.expect(200);
    // Demoted, and the loan with them: the role is looked at with each request.
    let roles = json!({ "roles": { "odin": null } });
    stage.world.patch("/v1/users/viewer", &roles).by(&stage.admin.jwt).send().await.expect(200);
    assert_ne!(stage.verdict("POST", "/api/jobs").await, "allowed");
}

#[tokio::test]
async fn what_is_wrong_with_an_ask_is_said_at_its_field() {
    let stage = Stage::new().await;
    for (more, status, code, field) in [
        (json!({ "scopes": [] }), 422, "scopes_required", "scopes"),
        (json!({ "scopes": ["read:printers"] }), 422, "validation_failed", "scopes[0]"),
        (json!({ "scopes": ["read:jobs", "no such"] }), 422, "validation_failed", "scopes[1]"),
        (json!({ "scopes": ["read:nothing"] }), 422, "validation_failed", "scopes[0]"),
        (json!({ "duration": "25h" }), 422, "validation_failed", "duration"),
        (json!({ "duration": "" }), 422, "validation_failed", "duration"),
        (json!({ "reason": " " }), 422, "validation_failed", "reason"),
        (json!({ "reason": "\u{1b}[2J" }), 422, "validation_failed", "reason"),
        (json!({ "token": stage.id }), 422, "validation_failed", "token"),
        (json!({ "service": "odin" }), 422, "validation_failed", "service"),
        (json!({ "until": "tomorrow" }), 422, "validation_failed", "until"),
    ] {
        stage.asks(more).await.refused_at(status, code, field);
    }
    let nobody = json!({ "scopes": ["read:jobs"], "duration": "1h", "reason": "why", "service": "odin" });
    let refused = stage.world.post("/v1/asks", &nobody).by(&stage.admin.jwt).send().await;
    refused.refused_at(422, "validation_failed", "token");
    assert!(stage.list(&stage.admin.jwt, "?state=all").await.is_empty());
}

#[tokio::test]
async fn somebody_asks_for_a_token_of_theirs_whether_they_manage_it_or_not() {
    let stage = Stage::new().await;
    let admin = stage.world.person("oadmin", &[("odysseus", "admin")]).await;
    let user = stage.world.person("ouser", &[("odysseus", "user")]).await;
    let body = json!({ "name": "notes", "scopes": ["chat"], "owner": "ouser" });
    let token = stage.world.token(&admin.jwt, "odysseus", &body).await;
    let asked = json!({
        "service": "odysseus", "token": token["token_prefix"],
        "scopes": ["todos:read"], "duration": "1h", "reason": "to tidy up",
    });
    let other = stage.world.person("other", &[("odysseus", "user")]).await;
    stage.world.post("/v1/asks", &asked).by(&other.jwt).send().await.refused(404, "not_found");
    let made = stage.world.post("/v1/asks", &asked).by(&user.jwt).send().await.expect(201);
    assert_eq!(made["asked_by"], "ouser");
    assert_eq!(
        (&made["may_lend"], &made["may_deny"]),
        (&json!(false), &json!(false)),
        "they manage no tokens"
    );
    let id = id(&made);
    // They see it, and do not answer it, for they manage no tokens; nor does anybody of another service see it.
    assert_eq!(stage.list(&user.jwt, "").await, [id.as_str()]);
    stage.answer(&user.jwt, &id, "approve", json!({})).await.refused(403, "insufficient_role");
    assert!(stage.list(&other.jwt, "?state=all").await.is_empty());
    assert!(stage.list(&stage.operator.jwt, "").await.is_empty());
    stage.answer(&stage.operator.jwt, &id, "approve", json!({})).await.refused(404, "not_found");
    assert_eq!(stage.list(&admin.jwt, "?service=odysseus").await, [id.as_str()]);
    stage.answer(&admin.jwt, &id, "approve", json!({})).await.expect(200);
    let secret = token["token"].as_str().unwrap();
    let told = stage.world.get(&format!("/v1/asks/{id}")).by(secret).send().await.expect(200);
    assert_eq!(told["state"], "approved", "it is the token's, whoever asked");
}

#[tokio::test]
async fn what_is_asked_for_already_is_that_ask_and_there_is_an_end_to_asking() {
    let stage = Stage::new().await;
    let first = stage.ask().await;
    let again =
        stage.asks(json!({ "reason": "please", "scopes": ["read:jobs", "write:jobs"] })).await.expect(200);
    assert_eq!((id(&again), &again["reason"]), (first.clone(), &json!("a late print")));
    stage.answer(&stage.admin.jwt, &first, "deny", json!({})).await.expect(200);
    for _ in 1..MAX_ASKED {
        let id = stage.ask().await;
        stage.world.delete(&format!("/v1/asks/{id}")).by(&stage.secret).send().await.expect(204);
    }
    let beyond = stage.asks(json!({})).await;
    beyond.refused(429, "rate_limited");
    assert_eq!(beyond.header("retry-after"), "86400");
    assert_eq!(stage.list(&stage.secret, "?state=all").await.len(), MAX_ASKED as usize);
    stage.world.clock.advance(86_400);
    stage.ask().await;
}

#[tokio::test]
async fn an_answer_is_the_last_and_each_can_end_a_loan() {
    let stage = Stage::new().await;
    let by = &stage.admin.jwt;
    let path = |id: &str| format!("/v1/asks/{id}");
    let end = async |id: &str, by: &str| stage.world.delete(&path(id)).by(by).send().await;

    let denied = stage.ask().await;
    let no = stage.answer(by, &denied, "deny", json!({ "note": "not at night" })).await.expect(200);
    assert_eq!((&no["state"], &no["note"]), (&json!("denied"), &json!("not at night")));
    stage.answer(by, &denied, "approve", json!({})).await.refused(409, "conflict");
    end(&denied, by).await.expect(204);
    assert_eq!(stage.shown(&denied).await["state"], "denied");

    let withdrawn = stage.ask().await;
    end(&withdrawn, by).await.refused(409, "conflict");
    end(&withdrawn, &stage.secret).await.expect(204);
    stage.answer(by, &withdrawn, "deny", json!({})).await.refused(409, "conflict");

    for ends in [by, &stage.secret] {
        let lent = stage.ask().await;
        // A body may be left out whole.
        let approve = format!("{}/approve", path(&lent));
        crate::world::Call::new(&stage.world, "POST", &approve).by(by).send().await.expect(200);
        assert_eq!(stage.verdict("POST", "/api/jobs").await, "allowed");
        end(&lent, &stage.operator.jwt).await.refused(404, "not_found");
        end(&lent, ends).await.expect(204);
        assert_eq!(stage.verdict("POST", "/api/jobs").await, "insufficient_scope");
        end(&lent, ends).await.expect(204);
        assert_eq!(stage.shown(&lent).await["state"], "ended");
    }

    let lapsed = stage.ask().await;
    stage.world.clock.advance(86_400);
    assert_eq!(stage.shown(&lapsed).await["state"], "lapsed");
    assert!(stage.list(&stage.secret, "").await.is_empty());
    let late = stage.world.session(&stage.admin.user).await.1;
    stage.answer(&late, &lapsed, "approve", json!({})).await.refused(409, "conflict");
    assert_eq!(stage.verdict("POST", "/api/jobs").await, "insufficient_scope");
}

#[tokio::test]
async fn all_of_it_is_in_the_audit_of_the_token() {
    let stage = Stage::new().await;
    let (lent, denied) =
        (stage.ask().await, id(&stage.asks(json!({ "scopes": ["read:jobs"] })).await.expect(201)));
    let (by, withdrawn) =
        (&stage.admin.jwt, stage.asks(json!({ "scopes": ["write:jobs"] })).await.expect(201));
    stage
        .answer(by, &lent, "approve", json!({ "scopes": ["read:jobs"], "duration": "5m" }))
        .await
        .expect(200);
    stage.answer(by, &denied, "deny", json!({ "note": "no" })).await.expect(200);
    for (id, by) in [(&id(&withdrawn), &stage.secret), (&lent, by)] {
        stage.world.delete(&format!("/v1/asks/{id}")).by(by).send().await.expect(204);
    }
    let path = format!("/v1/audit?subject={}&action=ask", stage.id);
    let lines = stage.world.get(&path).by(by).send().await.expect(200);
    let lines: Vec<_> = lines["items"].as_array().unwrap().iter().rev().collect();
    let said: Vec<_> = lines.iter().map(|line| line["action"].as_str().unwrap()).collect();
    let all = ["ask.make", "ask.make", "ask.make", "ask.approve", "ask.deny", "ask.withdraw", "ask.end"];
    assert_eq!(said, all);
    assert_eq!(lines[0]["actor"], json!(stage.id));
    assert_eq!(lines[0]["detail"]["reason"], "a late print");
    let approved = &lines[3];
    assert_eq!(approved["actor"], json!(stage.admin.user.id.to_string()));
    for (field, value) in [
        ("ask", json!(lent)),
        ("asked", json!(["read:jobs", "write:jobs"])),
        ("lent", json!(["read:jobs"])),
        ("until", json!("2026-01-01T00:05:00Z")),
    ] {
        assert_eq!(approved["detail"][field], value, "{field}");
    }
    assert_eq!(lines[4]["detail"]["note"], "no");
}

#[tokio::test]
async fn a_loan_that_is_cut_with_a_scope_is_in_the_audit_too() {
    let stage = Stage::new().await;
    let (asked, by) = (stage.ask().await, &stage.admin.jwt);
    stage.answer(by, &asked, "approve", json!({})).await.expect(200);
    let path = "/v1/services/odin/tokens/bulk";
    let narrow = json!({ "narrow": { "remove": ["write:jobs"] } });
    let filter = json!({ "owner": "viewer" });
    let body = json!({ "filter": filter, "action": narrow });
    let shown = stage.world.post(path, &body).by(by).send().await.expect(200);
    let plan = json!({ "filter": filter, "action": narrow, "plan": shown["plan"] });
    stage.world.post(path, &plan).by(by).send().await.expect(200);
    assert_eq!(stage.verdict("POST", "/api/jobs").await, "insufficient_scope");
    assert_eq!(stage.verdict("GET", "/api/jobs").await, "allowed", "the rest is lent still");
    let line = format!("/v1/audit?subject={}&action=token&limit=1", stage.id);
    let line = stage.world.get(&line).by(by).send().await.expect(200);
    let detail = &line["items"][0]["detail"];
    assert_eq!(detail["before"]["loans"][0]["scopes"], json!(["read:jobs", "write:jobs"]), "{detail}");
    assert_eq!(detail["after"]["loans"][0]["scopes"], json!(["read:jobs"]), "{detail}");
}

#[tokio::test]
async fn a_secret_in_a_reason_is_cut_short_before_anybody_keeps_it() {
    let stage = Stage::new().await;
    let told = stage.asks(json!({ "reason": format!("I am {}", stage.secret) })).await.expect(201);
    let reason = told["reason"].as_str().unwrap();
    assert!(reason.starts_with("I am odin_") && reason.ends_with('…'), "{reason}");
    let audit = stage.world.get("/v1/audit").by(&stage.admin.jwt).send().await;
    assert!(!audit.text().contains(&stage.secret[14..]), "in the audit");
}

/// A stage whose record counts how often it was read.
async fn read_by_read() -> (Stage, Arc<AtomicUsize>) {
    let reads = Arc::new(AtomicUsize::new(0));
    let counted = reads.clone();
    let wrap = move |store: Arc<dyn Store>| {
        let read = move || {
            counted.fetch_add(1, Ordering::SeqCst);
        };
        Between::held(store, read, || Box::pin(async {}))
    };
    let stage = Stage::of(World::of(Setup { wrap: Box::new(wrap), ..Setup::default() }).await).await;
    (stage, reads)
}

/// Returns when the record was read again.
async fn is_read(reads: &AtomicUsize, before: usize) {
    while reads.load(Ordering::SeqCst) == before {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn who_waits_is_told_when_it_is_answered() {
    let (stage, reads) = read_by_read().await;
    let asked = stage.ask().await;
    let path = format!("/v1/asks/{asked}");
    for wrong in ["0", "61", "-1", "soon"] {
        let refused = stage.world.get(&format!("{path}?wait={wrong}")).by(&stage.secret).send().await;
        refused.refused_at(422, "validation_failed", "wait");
    }
    let before = reads.load(Ordering::SeqCst);
    let waiting = tokio::spawn(stage.world.get(&format!("{path}?wait=60")).by(&stage.secret).send());
    is_read(&reads, before).await;
    assert!(!waiting.is_finished());
    stage.answer(&stage.admin.jwt, &asked, "approve", json!({})).await.expect(200);
    assert_eq!(waiting.await.unwrap().expect(200)["state"], "approved");
    // What is answered is told at once.
    let told = stage.world.get(&format!("{path}?wait=60")).by(&stage.secret).send().await.expect(200);
    assert_eq!(told["state"], "approved");
}

/// Another node has lent it, and this one has not heard of that: it is not for who waits to take it for over.
#[tokio::test]
async fn what_was_approved_has_not_ended_where_the_gate_is_behind_the_record() {
    let stage = Stage::new().await;
    let asked = stage.ask().await;
    let (service, id) = ("odin".parse().unwrap(), stage.id.parse().unwrap());
    let before = stage.world.store.token(&service, id).await.unwrap().unwrap();
    stage.answer(&stage.admin.jwt, &asked, "approve", json!({})).await.expect(200);
    stage.world.gate.apply(&Change::TokenChanged(before));
    assert_eq!(stage.verdict("POST", "/api/jobs").await, "insufficient_scope", "the gate is behind");
    assert_eq!(stage.shown(&asked).await["state"], "approved");
    assert_eq!(stage.list(&stage.secret, "?state=all").await, [asked.as_str()]);
}

#[tokio::test]
async fn a_token_that_is_revoked_while_it_waits_is_told_so() {
    let (stage, reads) = read_by_read().await;
    let asked = stage.ask().await;
    let before = reads.load(Ordering::SeqCst);
    let path = format!("/v1/asks/{asked}?wait=60");
    let waiting = tokio::spawn(stage.world.get(&path).by(&stage.secret).send());
    is_read(&reads, before).await;
    stage.world.delete("/v1/self").by(&stage.secret).send().await.expect(204);
    waiting.await.unwrap().refused(401, "invalid_token");
}

#[tokio::test]
async fn an_approval_that_is_overtaken_lends_nothing_twice() {
    // Somebody edits the token between the look and the commit: it begins anew, and what was edited stays.
    let wrap = |store| {
        let once = AtomicBool::new(true);
        Between::before_commits(store, move |store, mutation| {
            let approves = mutation.audit.iter().any(|line| line.action == "ask.approve");
            let first = approves && once.swap(false, Ordering::SeqCst);
            let token = mutation.changes.iter().find_map(|change| match change {
                Change::TokenChanged(token) => Some(token.clone()),
                _ => None,
            });
            Box::pin(async move {
                let Some(token) = token.filter(|_| first) else { return Verdict::Pass };
                let stored = store.token(&token.service, token.id).await.unwrap().unwrap();
                let edited = Token { name: "renamed".to_owned(), revision: stored.revision + 1, ..stored };
                Verdict::After(vec![Change::TokenChanged(edited)])
            })
        })
    };
    let stage = Stage::of(World::of(Setup { wrap: Box::new(wrap), ..Setup::default() }).await).await;
    let asked = stage.ask().await;
    stage.answer(&stage.admin.jwt, &asked, "approve", json!({})).await.expect(200);
    let own = stage.world.get("/v1/self").by(&stage.secret).send().await.expect(200);
    assert_eq!(own["token"]["name"], "renamed");
    assert_eq!(own["token"]["loans"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_outage_is_no_answer() {
    let wrap = |store| {
        Between::before_commits(store, |_, mutation| {
            let of_asks = mutation.audit.iter().any(|line| line.action == "ask.approve");
            Box::pin(async move {
                if of_asks {
                    Verdict::Fail(StoreError::Unavailable("gone".to_owned()))
                } else {
                    Verdict::Pass
                }
            })
        })
    };
    let stage = Stage::of(World::of(Setup { wrap: Box::new(wrap), ..Setup::default() }).await).await;
    let asked = stage.ask().await;
    stage.answer(&stage.admin.jwt, &asked, "approve", json!({})).await.refused(503, "unavailable");
    assert_eq!(stage.shown(&asked).await["state"], "open");
    assert_eq!(stage.verdict("POST", "/api/jobs").await, "insufficient_scope");
}
