//! What is advised about tokens, as their keepers are told.

use serde_json::{Value, json};

use crate::world::World;

const DAY: i64 = 86_400;

async fn verify(world: &World, secret: &str, method: &str, path: &str) {
    assert_eq!(world.verdict(secret, method, path).await, "allowed", "{method} {path}");
}

async fn make(world: &World, by: &str, name: &str, scopes: &[&str], more: &Value) -> (String, String) {
    let mut body = json!({ "name": name, "scopes": scopes });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = world.token(by, "odin", &body).await;
    let text = |field: &str| made[field].as_str().unwrap().to_owned();
    (text("id"), text("token"))
}

/// Each token's name with its findings.
async fn told(world: &World, by: &str, query: &str) -> Vec<(String, Vec<String>)> {
    let list = world.get(&format!("/v1/services/odin/advice{query}")).by(by).send().await.expect(200);
    let words = |advice: &Value| {
        let findings = advice["findings"].as_array().unwrap().iter();
        findings.map(|finding| finding["kind"].as_str().unwrap().to_owned()).collect()
    };
    let items = list["items"].as_array().unwrap().iter();
    items.map(|advice| (advice["token"]["name"].as_str().unwrap().to_owned(), words(advice))).collect()
}

#[tokio::test]
async fn what_deserves_a_look_is_told_and_what_would_do_is_taken_by_an_edit() {
    let world = World::new().await;
    let key = world.system_key().await;
    let ann = world.person("ann", &[("odin", "operator")]).await;
    let (wide, secret) = make(&world, &key, "wide", &["agent:write", "read:spools"], &json!({})).await;
    make(&world, &key, "silent", &["read:jobs"], &json!({})).await;
    make(&world, &key, "brief", &["read:jobs"], &json!({ "expires_in": "120d" })).await;
    let (_, right) = make(&world, &key, "right", &["read:jobs"], &json!({})).await;
    make(&world, &ann.jwt, "hers", &["read:jobs"], &json!({})).await;
    world.clock.advance(95 * DAY);
    for _ in 0..2 {
        verify(&world, &secret, "GET", "/api/printers").await;
        verify(&world, &right, "GET", "/api/jobs").await;
    }
    make(&world, &key, "young", &["read:jobs", "read:printers"], &json!({})).await;
    let inactive = json!({ "active": false });
    world.patch("/v1/users/ann", &inactive).by(&key).send().await.expect(200);
    let gone = make(&world, &key, "gone", &["read:jobs"], &json!({ "expires_in": "1h" })).await;
    world.delete(&format!("/v1/services/odin/tokens/{}", gone.0)).by(&key).send().await.expect(204);

    let owned = |word: &str, findings: &[&str]| {
        (word.to_owned(), findings.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let expected = [
        owned("hers", &["owner_inactive", "never_used"]),
        owned("brief", &["never_used", "expiring"]),
        owned("silent", &["never_used"]),
        owned("wide", &["unused_scopes"]),
    ];
    let mut found = told(&world, &key, "").await;
    found.sort();
    let mut sorted = expected.to_vec();
    sorted.sort();
    assert_eq!(found, sorted);

    // Page after page it is the same, and none is longer than was asked for.
    let mut pages = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/services/odin/advice?limit=2{cursor}");
        let page = world.get(&path).by(&key).send().await.expect(200);
        assert!(page["items"].as_array().unwrap().len() <= 2);
        pages.extend(page["items"].as_array().unwrap().iter().map(|one| one["token"]["name"].clone()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(pages.len(), expected.len(), "{pages:?}");

    let path = format!("/v1/services/odin/tokens/{wide}/advice");
    let advice = world.get(&path).by(&key).send().await.expect(200);
    assert_eq!(advice["narrowed"], json!(["agent:read"]));
    assert_eq!(advice["findings"][0]["scopes"], json!(["agent:write", "read:spools"]));
    let edit = json!({ "scopes": advice["narrowed"] });
    world.patch(&format!("/v1/services/odin/tokens/{wide}"), &edit).by(&key).send().await.expect(200);
    verify(&world, &secret, "GET", "/api/printers").await;
    let advice = world.get(&path).by(&key).send().await.expect(200);
    assert_eq!((&advice["findings"], &advice["narrowed"]), (&json!([]), &Value::Null));

    // Over fewer days the new one is old enough; of one that ended there is nothing to say.
    world.clock.advance(2 * DAY);
    assert!(told(&world, &key, "?days=1").await.contains(&owned("young", &["never_used"])));
    let gone = format!("/v1/services/odin/tokens/{}/advice", gone.0);
    assert_eq!(world.get(&gone).by(&key).send().await.expect(200)["findings"], json!([]));
}

#[tokio::test]
async fn who_sees_a_token_is_advised_about_it_and_nobody_else() {
    let world = World::new().await;
    let admin = world.admin().await;
    let ann = world.person("ann", &[("odin", "viewer")]).await;
    let bob = world.person("bob", &[("odin", "viewer")]).await;
    let (hers, _) = make(&world, &ann.jwt, "hers", &["read:jobs"], &json!({})).await;
    make(&world, &bob.jwt, "his", &["read:jobs"], &json!({})).await;
    world.clock.advance(5 * DAY);
    let admin = world.session(&admin.user).await.1;
    let (ann, bob) = (world.session(&ann.user).await.1, world.session(&bob.user).await.1);
    assert_eq!(told(&world, &admin, "?days=3").await.len(), 2);
    assert_eq!(told(&world, &ann, "?days=3").await[0].0, "hers");
    assert_eq!(told(&world, &bob, "?days=3").await[0].0, "his");
    let path = format!("/v1/services/odin/tokens/{hers}/advice?days=3");
    for (by, status) in [(&admin, 200), (&ann, 200), (&bob, 404)] {
        assert_eq!(world.get(&path).by(by).send().await.status, status);
    }
    for (query, field) in [("limit=201", "limit"), ("days=91", "days"), ("cursor=zz", "cursor")] {
        let answer = world.get(&format!("/v1/services/odin/advice?{query}")).by(&admin).send().await;
        answer.refused_at(422, "validation_failed", field);
    }
}

#[tokio::test]
async fn advice_changes_nothing() {
    let world = World::new().await;
    let key = world.system_key().await;
    make(&world, &key, "silent", &["read:jobs"], &json!({})).await;
    world.clock.advance(5 * DAY);
    let stored = async || {
        let listed = world.get("/v1/services/odin/tokens").by(&key).send().await.expect(200);
        let audit = world.get("/v1/audit").by(&key).send().await.expect(200);
        (listed, audit)
    };
    let before = stored().await;
    assert_eq!(told(&world, &key, "?days=3").await.len(), 1);
    assert_eq!(stored().await, before);
}
