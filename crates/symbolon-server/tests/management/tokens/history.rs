//! What was done to a token, told to whoever may see it.

use serde_json::{Value, json};

use crate::world::{Call, World};

fn actions(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|line| line["action"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn its_owner_reads_what_was_done_to_a_token_and_not_where_others_came_from() {
    let world = World::new().await;
    let (admin, viewer) = (world.admin().await, world.person("viewer", &[("odin", "viewer")]).await);
    let (id, _) = world.odin_token(&viewer.jwt, &["read:jobs"]).await;
    let path = format!("/v1/services/odin/tokens/{id}");
    let (disable, audit) = (format!("{path}/disable"), format!("{path}/audit"));
    let own =
        Call::new(&world, "POST", &disable).from("192.0.2.1".parse().unwrap()).by(&viewer.jwt).send().await;
    own.expect(200);
    let others = Call::new(&world, "POST", &format!("{path}/enable"));
    others.from("192.0.2.2".parse().unwrap()).by(&admin.jwt).send().await.expect(200);

    let told = world.get(&audit).by(&viewer.jwt).send().await.expect(200);
    assert_eq!(actions(&told), ["token.enable", "token.disable", "token.create"]);
    let (others, own) = (&told["items"][0], &told["items"][1]);
    assert_eq!((&others["actor_name"], &others["subject_name"]), (&json!("admin"), &json!("test")));
    assert_eq!((&others["client_ip"], &others["request_id"]), (&Value::Null, &Value::Null));
    assert_eq!((&own["actor_name"], &own["client_ip"]), (&json!("viewer"), &json!("192.0.2.1")));
    assert!(own["request_id"].is_string(), "{own}");

    let all = world.get(&audit).by(&admin.jwt).send().await.expect(200);
    assert_eq!(
        (&all["items"][0]["client_ip"], &all["items"][1]["client_ip"]),
        (&json!("192.0.2.2"), &json!("192.0.2.1"))
    );
    let everything = world.get(&format!("/v1/audit?subject={id}")).by(&admin.jwt).send().await.expect(200);
    assert_eq!(all, everything);

    let page = world.get(&format!("{audit}?limit=2")).by(&viewer.jwt).send().await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = world.get(&format!("{audit}?limit=2&cursor={cursor}")).by(&viewer.jwt).send().await;
    assert_eq!(actions(&rest.expect(200)), ["token.create"]);
}
