//! A right that goes while the call is under way is gone when the call would be carried out.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use symbolon_core::record::{KeyKind, User};
use symbolon_core::store::{Change, Mutation, Sink, Store};
use symbolon_gate::Gate;

use crate::between::{Between, Verdict};
use crate::world::{Call, PASSWORD, Person, Setup, World};

/// What somebody else does between the next call's beginning and its commit.
type Meanwhile = Arc<Mutex<Vec<Change>>>;

async fn world(meanwhile: &Meanwhile) -> World {
    let meanwhile = meanwhile.clone();
    let wrap = move |store: Arc<dyn Store>| {
        Between::before_commits(store, move |_, _: &Mutation| {
            let changes = std::mem::take(&mut *meanwhile.lock().unwrap_or_else(PoisonError::into_inner));
            Box::pin(async move { if changes.is_empty() { Verdict::Pass } else { Verdict::After(changes) } })
        })
    };
    World::of(Setup { wrap: Box::new(wrap), ..Setup::default() }).await
}

fn set(meanwhile: &Meanwhile, changes: Vec<Change>) {
    *meanwhile.lock().unwrap_or_else(PoisonError::into_inner) = changes;
}

fn edited(person: &Person, edit: impl FnOnce(&mut User)) -> Change {
    let mut next = User { revision: person.user.revision + 1, ..person.user.clone() };
    edit(&mut next);
    Change::UserChanged(next)
}

/// Every call that changes something, by an administrator who is one no more when it would be carried out.
#[tokio::test]
async fn nothing_is_changed_by_who_may_not_any_more() {
    let token = json!({ "name": "late", "scopes": ["read:jobs"] });
    let calls: [(&str, &str, Value); 10] = [
        ("POST", "/v1/services/odin/tokens", token),
        ("PATCH", "/v1/services/odin/tokens/{token}", json!({ "name": "late" })),
        ("POST", "/v1/services/odin/tokens/{token}/disable", json!({})),
        ("DELETE", "/v1/services/odin/tokens/{token}", Value::Null),
        ("POST", "/v1/users", json!({ "name": "late" })),
        ("PATCH", "/v1/users/ann", json!({ "active": false })),
        ("DELETE", "/v1/users/ann", Value::Null),
        ("POST", "/v1/keys", json!({ "kind": "system", "name": "late" })),
        ("DELETE", "/v1/keys/{key}", Value::Null),
        ("POST", "/v1/self/password", json!({ "current": PASSWORD, "new": "a new password" })),
    ];
    for (method, path, body) in calls {
        let ends: [fn(&Person) -> Change; 4] = [
            |admin| Change::SessionEnded(admin.session.id),
            |admin| Change::SessionsEnded(admin.user.id),
            |admin| edited(admin, |user| user.active = false),
            |admin| edited(admin, |user| (user.platform_admin, user.roles) = (false, [].into())),
        ];
        for (number, end) in ends.into_iter().enumerate() {
            let meanwhile = Meanwhile::default();
            let world = world(&meanwhile).await;
            let (admin, ann) = (world.admin().await, world.person("ann", &[("odin", "viewer")]).await);
            let (token, secret) = world.odin_token(&ann.jwt, &["read:jobs"]).await;
            let (key, _) = world.key(KeyKind::System).await;
            let reader = world.system_key().await;
            let path = path.replace("{token}", &token).replace("{key}", &key.id.to_string());
            set(&meanwhile, vec![end(&admin)]);
            let mut call = Call::new(&world, method, &path).by(&admin.jwt);
            if !body.is_null() {
                call = call.json(&body);
            }
            let answer = call.send().await;
            assert_eq!(answer.status, 409, "{method} {path} after end {number}: {}", answer.text());

            let get = async |path: &str| world.get(path).by(&reader).send().await.expect(200);
            let record = get(&format!("/v1/services/odin/tokens/{token}")).await;
            assert_eq!((&record["name"], &record["state"]), (&json!("test"), &json!("active")));
            assert_eq!(get("/v1/services/odin/tokens").await["items"].as_array().unwrap().len(), 1);
            assert_eq!(get("/v1/users/ann").await["active"], true);
            assert_eq!(get("/v1/users").await["items"].as_array().unwrap().len(), 3);
            assert_eq!(get("/v1/keys").await["items"].as_array().unwrap().len(), 2);
            assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "allowed");
        }
    }
}

#[tokio::test]
async fn a_key_that_is_taken_back_meanwhile_makes_nothing() {
    let meanwhile = Meanwhile::default();
    let world = world(&meanwhile).await;
    let (key, secret) = world.key(KeyKind::System).await;
    let reader = world.system_key().await;
    for (path, body) in [
        ("/v1/services/odin/tokens", json!({ "name": "late", "scopes": ["read:jobs"] })),
        ("/v1/keys", json!({ "kind": "system", "name": "late" })),
        ("/v1/users", json!({ "name": "late" })),
    ] {
        set(&meanwhile, vec![Change::KeyRemoved(key.id)]);
        world.post(path, &body).by(&secret).send().await.refused(409, "conflict");
        world.commit(vec![Change::KeyCreated(key.clone())]).await;
    }
    let tokens = world.get("/v1/services/odin/tokens").by(&reader).send().await.expect(200);
    assert_eq!(tokens["items"], json!([]));
}

/// A gate that hears of some changes only when it is let: the record knows of them already.
struct Held {
    gate: Arc<Gate>,
    holds: fn(&Change) -> bool,
    reached: Sender<()>,
    released: Mutex<Receiver<()>>,
}

impl Sink for Held {
    fn apply(&self, change: &Change) {
        if (self.holds)(change) {
            self.reached.send(()).unwrap();
            self.released.lock().unwrap_or_else(PoisonError::into_inner).recv().unwrap();
        }
        self.gate.apply(change);
    }

    fn loaded(&self) {
        self.gate.loaded();
    }
}

/// A world whose gate hears of such changes only when it is let: when somebody waits until it knows of everything, or by the
/// sender. The receiver tells that it would have heard of one.
async fn held_back(holds: fn(&Change) -> bool) -> (World, Receiver<()>, Sender<()>) {
    let ((reached, is_reached), (release, released)) = (channel(), channel());
    let when_waited_for = release.clone();
    let wrap = move |store| Between::watched(store, move || when_waited_for.send(()).unwrap());
    let world = World::of(Setup { wrap: Box::new(wrap), loaded: false, ..Setup::default() }).await;
    let held = Held { gate: world.gate.clone(), holds, reached, released: Mutex::new(released) };
    world.store.attach(Arc::new(held)).await.unwrap();
    (world, is_reached, release)
}

/// Of two who revoke one token, the second finds it revoked already. They are told so when the gate knows it, and not
/// a moment before.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn so_already_is_said_when_the_gate_knows() {
    let (world, is_reached, release) =
        held_back(|change| matches!(change, Change::TokenChanged(token) if token.revoked_at.is_some())).await;
    let (admin, key) = (world.admin().await, world.system_key().await);
    let (id, secret) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let path = format!("/v1/services/odin/tokens/{id}");

    let first = tokio::spawn(world.delete(&path).by(&admin.jwt).send());
    is_reached.recv().unwrap();
    world.delete(&path).by(&key).send().await.expect(204);
    let question = json!({ "token": secret, "method": "GET", "path": "/api/jobs" });
    let reply = world.post("/v1/services/odin/verify", &question).by(&key).send().await.expect(200);
    // Should nobody have waited, the first would wait for ever.
    release.send(()).unwrap();
    assert_eq!(reply["code"], "invalid_token");
    first.await.unwrap().expect(204);
}

/// A switch that somebody else has just thrown is thrown back, and not taken for what is so already.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_switch_is_judged_by_what_the_record_says() {
    let (world, is_reached, release) =
        held_back(|change| matches!(change, Change::EnforcementSwitched(switch) if !switch.enforce)).await;
    let key = world.system_key().await;
    let switched =
        |enforce: bool| world.patch("/v1/services/odin", &json!({ "enforce": enforce })).by(&key).send();
    switched(true).await.expect(200);
    let off = tokio::spawn(switched(false));
    is_reached.recv().unwrap();
    assert_eq!(switched(true).await.expect(200)["enforced"], true);
    // Should nobody have waited, the first would wait for ever.
    release.send(()).unwrap();
    off.await.unwrap().expect(200);
    assert!(world.gate.enforces(&"odin".parse().unwrap()));
}
