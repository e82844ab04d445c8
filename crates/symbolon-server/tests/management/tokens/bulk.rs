//! One thing done to many tokens: shown first, then done as it was shown, to all or to none.

use serde_json::{Value, json};

use crate::world::{Answer, World};

const DAY: i64 = 86_400;

pub(super) async fn bulk(
    world: &World,
    by: &str,
    filter: &Value,
    action: &Value,
    plan: Option<&str>,
) -> Answer {
    let mut body = json!({ "filter": filter, "action": action });
    if let Some(plan) = plan {
        body["plan"] = plan.into();
    }
    world.post("/v1/services/odin/tokens/bulk", &body).by(by).send().await
}

/// Looks, and then does it; the second answer.
pub(super) async fn done(world: &World, by: &str, filter: &Value, action: &Value) -> Value {
    let shown = bulk(world, by, filter, action, None).await.expect(200);
    assert_eq!(shown["done"], false);
    let plan = shown["plan"].as_str().unwrap();
    let done = bulk(world, by, filter, action, Some(plan)).await.expect(200);
    assert_eq!(done["done"], true);
    for field in ["plan", "changed", "unchanged", "refused"] {
        assert_eq!(done[field], shown[field], "{field}");
    }
    done
}

/// A token that is newer than those before; its id and secret.
pub(super) async fn make(world: &World, by: &str, name: &str, scopes: &[&str]) -> (String, String) {
    world.clock.advance(1);
    let made = world.token(by, "odin", &json!({ "name": name, "scopes": scopes })).await;
    let text = |field: &str| made[field].as_str().unwrap().to_owned();
    (text("id"), text("token"))
}

pub(super) async fn record(world: &World, by: &str, id: &str) -> Value {
    world.get(&format!("/v1/services/odin/tokens/{id}")).by(by).send().await.expect(200)
}

async fn actions(world: &World, by: &str) -> Vec<String> {
    let lines = world.get("/v1/audit?limit=1000").by(by).send().await.expect(200);
    let action = |line: &Value| line["action"].as_str().unwrap().to_owned();
    lines["items"].as_array().unwrap().iter().map(action).collect()
}

#[tokio::test]
async fn what_was_looked_at_is_revoked_when_it_is_answered() {
    let world = World::new().await;
    let (key, ann) = (world.system_key().await, world.person("ann", &[("odin", "viewer")]).await);
    let (_, first) = make(&world, &ann.jwt, "first", &["read:jobs"]).await;
    let (_, second) = make(&world, &ann.jwt, "second", &["read:jobs"]).await;
    let (_, other) = make(&world, &key, "other", &["read:jobs"]).await;
    let (filter, revoke) = (json!({ "owner": "ann" }), json!({ "revoke": {} }));
    let shown = bulk(&world, &key, &filter, &revoke, None).await.expect(200);
    assert_eq!((&shown["changed"], &shown["refused"]), (&json!(2), &json!(0)));
    assert_eq!(shown["items"][0]["token"]["name"], "second", "newest first");
    assert_eq!(world.verdict(&first, "GET", "/api/jobs").await, "allowed", "it was only looked at");
    let before = actions(&world, &key).await.len();
    done(&world, &key, &filter, &revoke).await;
    for secret in [&first, &second] {
        assert_eq!(world.verdict(secret, "GET", "/api/jobs").await, "invalid_token");
    }
    assert_eq!(world.verdict(&other, "GET", "/api/jobs").await, "allowed");
    let after = actions(&world, &key).await;
    assert_eq!(after[..after.len() - before], ["token.revoke", "token.revoke", "token.bulk"]);
    // There are none left, and that is no fault.
    assert_eq!(done(&world, &key, &filter, &revoke).await["changed"], 0);
}

#[tokio::test]
async fn what_changed_in_between_stops_all_of_it() {
    let world = World::new().await;
    let key = world.system_key().await;
    let (id, secret) = make(&world, &key, "one", &["read:jobs"]).await;
    make(&world, &key, "two", &["read:jobs"]).await;
    let (filter, revoke) = (json!({ "scope": "read:jobs" }), json!({ "revoke": {} }));
    let look = async || {
        let shown = bulk(&world, &key, &filter, &revoke, None).await.expect(200);
        shown["plan"].as_str().unwrap().to_owned()
    };
    let plan = look().await;
    assert_eq!(look().await, plan, "looking changes nothing");
    let refused = async |plan: &str, action: &Value| {
        let answer = bulk(&world, &key, &filter, action, Some(plan)).await;
        let told = answer.refused(409, "conflict")["detail"].as_str().unwrap().to_owned();
        assert!(told.contains("nothing was done"), "{told}");
        assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "allowed");
    };
    // One was renamed; one more is there; another thing is asked for.
    let renamed = json!({ "name": "renamed" });
    world.patch(&format!("/v1/services/odin/tokens/{id}"), &renamed).by(&key).send().await.expect(200);
    refused(&plan, &revoke).await;
    let plan = look().await;
    make(&world, &key, "three", &["read:jobs"]).await;
    refused(&plan, &revoke).await;
    refused(&look().await, &json!({ "narrow": { "remove": ["read:jobs"] } })).await;
    for plan in ["", "x", &"0".repeat(31), &"A".repeat(32)] {
        let answer = bulk(&world, &key, &filter, &revoke, Some(plan)).await;
        answer.refused_at(422, "validation_failed", "plan");
    }
    let answer = bulk(&world, &key, &filter, &revoke, Some(&look().await)).await;
    assert_eq!(answer.expect(200)["changed"], 3);
}

#[tokio::test]
async fn what_somebody_may_not_change_is_left_alone_and_said() {
    let world = World::new().await;
    let (key, admin) = (world.system_key().await, world.person("boss", &[("odin", "admin")]).await);
    let ann = world.person("ann", &[("odin", "viewer")]).await;
    let super_admin = world.person("root", &[("odin", "superadmin")]).await;
    let (hers, _) = make(&world, &ann.jwt, "hers", &["read:jobs"]).await;
    let (above, secret) = make(&world, &super_admin.jwt, "above", &["read:jobs"]).await;
    let (filter, revoke) = (json!({ "scope": "read:jobs" }), json!({ "revoke": {} }));
    let shown = done(&world, &admin.jwt, &filter, &revoke).await;
    assert_eq!((&shown["changed"], &shown["refused"]), (&json!(1), &json!(1)));
    let refused = &shown["items"][0];
    assert_eq!((&refused["outcome"], &refused["token"]["id"]), (&json!("refused"), &json!(above)));
    assert!(refused["detail"].as_str().unwrap().contains("does not reach the tokens of root"));
    assert_eq!(record(&world, &key, &hers).await["state"], "revoked");
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "allowed");
    // Who manages only their own tokens finds no others.
    let bob = world.person("bob", &[("odin", "viewer")]).await;
    make(&world, &bob.jwt, "his", &["read:jobs"]).await;
    let shown = bulk(&world, &bob.jwt, &filter, &revoke, None).await.expect(200);
    assert_eq!((&shown["changed"], &shown["refused"]), (&json!(1), &json!(0)));
    let of_ann = bulk(&world, &bob.jwt, &json!({ "owner": "ann" }), &revoke, None).await;
    of_ann.refused_at(403, "insufficient_role", "filter.owner");
}

#[tokio::test]
async fn scopes_are_taken_away_and_none_is_given() {
    let world = World::new().await;
    let key = world.system_key().await;
    let (agent, secret) = make(&world, &key, "agent", &["agent:write", "read:jobs"]).await;
    let (only, _) = make(&world, &key, "only", &["agent:write"]).await;
    let (reader, _) = make(&world, &key, "reader", &["read:jobs"]).await;
    assert_eq!(world.verdict(&secret, "POST", "/api/printers/1/pause").await, "allowed");
    let filter = json!({ "state": "active" });
    let done = done(&world, &key, &filter, &json!({ "narrow": { "remove": ["agent:write"] } })).await;
    assert_eq!((&done["changed"], &done["unchanged"]), (&json!(2), &json!(1)));
    assert_eq!(done["items"][1]["scopes"], json!(["agent:read", "read:jobs"]));
    assert_eq!(world.verdict(&secret, "POST", "/api/printers/1/pause").await, "insufficient_scope");
    assert_eq!(record(&world, &key, &agent).await["scopes"], json!(["agent:read", "read:jobs"]));
    assert_eq!(record(&world, &key, &only).await["scopes"], json!(["agent:read"]));
    assert_eq!(record(&world, &key, &reader).await["scopes"], json!(["read:jobs"]));
    // What would have nothing left is left alone.
    let to = json!({ "narrow": { "to": ["read:jobs"] } });
    let done = self::done(&world, &key, &filter, &to).await;
    assert_eq!((&done["changed"], &done["unchanged"], &done["refused"]), (&json!(1), &json!(1), &json!(1)));
    assert!(done["items"][0]["detail"].as_str().unwrap().contains("revoke it instead"));
    assert_eq!(record(&world, &key, &agent).await["scopes"], json!(["read:jobs"]));
    assert_eq!(record(&world, &key, &only).await["scopes"], json!(["agent:read"]));
    for (narrow, field) in [
        (json!({ "remove": [] }), "action.narrow.remove"),
        (json!({ "to": [] }), "action.narrow.to"),
        (json!({ "remove": vec!["read:jobs"; 257] }), "action.narrow.remove"),
        (json!({ "to": vec!["read:jobs"; 257] }), "action.narrow.to"),
        (json!({ "to": ["!"] }), "action.narrow.to[0]"),
        (json!({ "to": ["read:nothing"] }), "action.narrow.to[0]"),
    ] {
        let answer = bulk(&world, &key, &filter, &json!({ "narrow": narrow }), None).await;
        answer.refused_at(422, "validation_failed", field);
    }
}

#[tokio::test]
async fn a_filter_finds_what_it_says_and_an_empty_one_is_refused() {
    let world = World::new().await;
    let key = world.system_key().await;
    let (old, used) = make(&world, &key, "old", &["read:jobs"]).await;
    world.clock.advance(10 * DAY);
    make(&world, &key, "new", &["read:jobs", "read:printers"]).await;
    world.clock.advance(DAY);
    assert_eq!(world.verdict(&used, "GET", "/api/jobs").await, "allowed");
    let prefix = record(&world, &key, &old).await["token_prefix"].as_str().unwrap().to_owned();
    let found = async |filter: &Value| {
        let answer = bulk(&world, &key, filter, &json!({ "revoke": {} }), None).await.expect(200);
        let name = |item: &Value| item["token"]["name"].as_str().unwrap().to_owned();
        let mut bulked: Vec<_> = answer["items"].as_array().unwrap().iter().map(name).collect();
        // A list by the same filter finds the same.
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(
                filter.as_object().unwrap().iter().map(|(key, value)| (key, value.as_str().unwrap())),
            )
            .finish();
        let listed =
            world.get(&format!("/v1/services/odin/tokens?{query}")).by(&key).send().await.expect(200);
        let listed: Vec<_> =
            listed["items"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
        assert_eq!(json!(bulked), json!(listed), "{filter}");
        bulked.sort();
        bulked.join(" ")
    };
    assert_eq!(found(&json!({ "scope": "read:printers" })).await, "new");
    assert_eq!(found(&json!({ "prefix": prefix })).await, "old");
    assert_eq!(found(&json!({ "query": "ew" })).await, "new");
    assert_eq!(found(&json!({ "created_before": "2026-01-05T00:00:00Z" })).await, "old");
    assert_eq!(found(&json!({ "unused_since": "2026-01-11T12:00:00Z" })).await, "new", "used a moment ago");
    assert_eq!(found(&json!({ "unused_since": "2026-01-11T00:00:00Z" })).await, "");
    assert_eq!(found(&json!({ "state": "active" })).await, "new old");
    assert_eq!(found(&json!({ "state": "active", "query": "old", "owner": "system" })).await, "old");
    let refused = async |filter: Value, field: &str| {
        let answer = bulk(&world, &key, &filter, &json!({ "revoke": {} }), None).await;
        answer.refused_at(422, "validation_failed", field);
    };
    refused(json!({}), "filter").await;
    refused(json!(["system"]), "filter").await;
    refused(json!({ "state": "revoked" }), "filter.state").await;
    refused(json!({ "state": "gone" }), "filter.state").await;
    refused(json!({ "scope": "!" }), "filter.scope").await;
    refused(json!({ "prefix": "toolongforit" }), "filter.prefix").await;
    refused(json!({ "unused_since": "90d" }), "filter.unused_since").await;
    refused(json!({ "created_before": "2026-01-05" }), "filter.created_before").await;
    refused(json!({ "query": "" }), "filter.query").await;
    refused(json!({ "owner": "nobody" }), "filter.owner").await;
}

#[tokio::test]
async fn the_audit_does_not_repeat_what_was_searched_for() {
    let world = World::new().await;
    let key = world.system_key().await;
    let (_, secret) = make(&world, &key, "odin-secret", &["read:jobs"]).await;
    // Somebody puts a whole token where a text belongs; it names a token by chance.
    let renamed = json!({ "name": "x", "scopes": ["read:jobs"], "description": secret });
    world.token(&key, "odin", &renamed).await;
    done(&world, &key, &json!({ "query": secret }), &json!({ "revoke": {} })).await;
    let lines = world.get("/v1/audit?action=token.bulk").by(&key).send().await;
    let detail = lines.expect(200)["items"][0]["detail"].clone();
    assert_eq!(detail["filter"]["query"], "…");
    assert_eq!((&detail["changed"], &detail["action"]), (&json!(1), &json!({ "revoke": {} })));
    assert!(!lines.text().contains(&secret));
}
