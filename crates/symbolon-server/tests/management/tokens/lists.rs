//! Lists of tokens: pages, states, searches.

use serde_json::{Value, json};

use crate::world::{Answer, World};

async fn made(world: &World, by: &str, name: &str, more: Value) -> String {
    let mut body = json!({ "name": name, "scopes": ["read:jobs"] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    // One second apart: newest first is then an order.
    world.clock.advance(1);
    world.token(by, "odin", &body).await["id"].as_str().unwrap().to_owned()
}

async fn list(world: &World, by: &str, query: &str) -> Answer {
    world.get(&format!("/v1/services/odin/tokens{query}")).by(by).send().await
}

async fn names(world: &World, by: &str, query: &str) -> Vec<String> {
    let listed = list(world, by, query).await.expect(200);
    assert_eq!(listed["next_cursor"], Value::Null);
    let name = |item: &Value| item["name"].as_str().unwrap().to_owned();
    listed["items"].as_array().unwrap().iter().map(name).collect()
}

#[tokio::test]
async fn newest_first_page_by_page_without_gap_or_double() {
    let world = World::new().await;
    let admin = world.admin().await;
    let mut expected = Vec::new();
    for number in 0..7 {
        // Two in one second: their order is settled all the same.
        let body = json!({ "name": format!("t{number}"), "scopes": ["read:jobs"] });
        world.clock.advance(number % 2);
        expected.push(world.token(&admin.jwt, "odin", &body).await["id"].clone());
    }
    let (mut found, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = list(&world, &admin.jwt, &format!("?limit=3{cursor}")).await.expect(200);
        found.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].clone()));
        pages += 1;
        // What is made meanwhile shifts nothing.
        made(&world, &admin.jwt, "later", json!({})).await;
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(pages, 3);
    let mut sorted = found.clone();
    sorted.sort_by_key(|id| expected.iter().position(|known| known == id));
    assert_eq!(sorted, expected);
    let times: Vec<_> =
        found.iter().map(|id| expected.iter().position(|known| known == id).unwrap().div_ceil(2)).collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older), "{times:?}");
}

#[tokio::test]
async fn a_state_is_what_the_token_is_now() {
    let world = World::new().await;
    let admin = world.admin().await;
    made(&world, &admin.jwt, "active", json!({})).await;
    let disabled = made(&world, &admin.jwt, "disabled", json!({})).await;
    made(&world, &admin.jwt, "expired", json!({ "expires_in": "1h" })).await;
    let revoked = made(&world, &admin.jwt, "revoked", json!({})).await;
    let path = |id: &str| format!("/v1/services/odin/tokens/{id}");
    world.post(&(path(&disabled) + "/disable"), &json!({})).by(&admin.jwt).send().await.expect(200);
    world.delete(&path(&revoked)).by(&admin.jwt).send().await.expect(204);
    assert_eq!(names(&world, &admin.jwt, "?state=expired").await, [""; 0]);
    world.clock.advance(3_600);

    for state in ["active", "disabled", "expired", "revoked"] {
        let listed = list(&world, &admin.jwt, &format!("?state={state}")).await.expect(200);
        let items = listed["items"].as_array().unwrap();
        assert_eq!(items.len(), 1, "{state}");
        assert_eq!((&items[0]["name"], &items[0]["state"]), (&json!(state), &json!(state)));
    }
    assert_eq!(names(&world, &admin.jwt, "").await, ["expired", "disabled", "active"]);
}

#[tokio::test]
async fn a_search_finds_names_descriptions_and_prefixes() {
    let world = World::new().await;
    let admin = world.admin().await;
    made(&world, &admin.jwt, "Grafana read-only", json!({})).await;
    made(&world, &admin.jwt, "100% CI_deploy", json!({ "description": "for the grafana host" })).await;
    let body = json!({ "name": "other", "scopes": ["read:jobs"] });
    let other = world.token(&admin.jwt, "odin", &body).await;
    assert_eq!(names(&world, &admin.jwt, "?query=GRAFANA").await, ["100% CI_deploy", "Grafana read-only"]);
    let prefix = other["token_prefix"].as_str().unwrap();
    assert_eq!(names(&world, &admin.jwt, &format!("?query={prefix}")).await, ["other"]);
    // Nothing in a search has a meaning of its own.
    assert_eq!(names(&world, &admin.jwt, "?query=0%25+CI_").await, ["100% CI_deploy"]);
    for query in ["_a_", "%25%25", "%2A", "'", "%00", "%F0%9F%A6%8A"] {
        assert_eq!(names(&world, &admin.jwt, &format!("?query={query}")).await, [""; 0], "{query}");
    }
}

#[tokio::test]
async fn an_administrator_lists_everybodys_and_can_ask_for_one_owners() {
    let world = World::new().await;
    let admin = world.admin().await;
    let viewer = world.person("viewer", &[("odin", "viewer")]).await;
    made(&world, &admin.jwt, "admins", json!({})).await;
    made(&world, &viewer.jwt, "viewers", json!({})).await;
    assert_eq!(names(&world, &admin.jwt, "").await, ["viewers", "admins"]);
    assert_eq!(names(&world, &admin.jwt, "?owner=viewer").await, ["viewers"]);
    assert_eq!(names(&world, &viewer.jwt, "?owner=viewer").await, ["viewers"]);
    list(&world, &admin.jwt, "?owner=nobody").await.refused_at(422, "validation_failed", "owner");
    // Tokens of one service are not in another's list.
    let other = world.get("/v1/services/odysseus/tokens").by(&admin.jwt).send().await.expect(200);
    assert_eq!(other["items"], json!([]));
}

#[tokio::test]
async fn a_cursor_of_another_list_or_of_nobody_is_refused() {
    let world = World::new().await;
    let admin = world.admin().await;
    world.person("other", &[]).await;
    let users = world.get("/v1/users?limit=1").by(&admin.jwt).send().await.expect(200);
    let foreign = users["next_cursor"].as_str().unwrap();
    for cursor in [foreign, "", "x", "%FF", "7461"] {
        let answer = list(&world, &admin.jwt, &format!("?cursor={cursor}")).await;
        answer.refused_at(422, "validation_failed", "cursor");
    }
    for path in ["/v1/users", "/v1/keys", "/v1/sessions", "/v1/audit"] {
        let answer = world.get(&format!("{path}?cursor=x")).by(&admin.jwt).send().await;
        answer.refused_at(422, "validation_failed", "cursor");
    }
}

#[tokio::test]
async fn a_list_is_narrowed_to_a_scope_and_put_in_any_order() {
    let world = World::new().await;
    let admin = world.admin().await;
    for (name, scopes, more) in [
        ("beta", json!(["read:jobs"]), json!({ "expires_in": "2d" })),
        ("Alpha", json!(["read:jobs", "read:spools"]), json!({})),
        ("gamma", json!(["read:spools"]), json!({ "expires_in": "1d" })),
    ] {
        let mut more = more;
        more["scopes"] = scopes;
        made(&world, &admin.jwt, name, more).await;
    }
    for (query, expected) in [
        ("?sort=created", &["beta", "Alpha", "gamma"][..]),
        ("?sort=-created", &["gamma", "Alpha", "beta"]),
        ("?sort=name", &["Alpha", "beta", "gamma"]),
        ("?sort=-name", &["gamma", "beta", "Alpha"]),
        ("?sort=expires", &["gamma", "beta", "Alpha"]),
        ("?sort=-expires", &["Alpha", "beta", "gamma"]),
        ("?scope=read:jobs&sort=name", &["Alpha", "beta"]),
        ("?scope=read:spools&owner=admin", &["gamma", "Alpha"]),
        ("?scope=read:users", &[]),
    ] {
        assert_eq!(names(&world, &admin.jwt, query).await, expected, "{query}");
    }
    list(&world, &admin.jwt, "?sort=age").await.refused_at(422, "validation_failed", "sort");
    let first = list(&world, &admin.jwt, "?sort=name&limit=1").await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let other = list(&world, &admin.jwt, &format!("?sort=expires&cursor={cursor}")).await;
    other.refused_at(422, "validation_failed", "cursor");
}
