//! Switching whether a service is enforced.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_switch_holds_when_it_is_answered_and_is_written_down_with_who() {
    let world = World::new().await;
    let admin = world.admin().await;
    let odin = "odin".parse().unwrap();
    let state = async || world.get("/v1/services/odin/observed").by(&admin.jwt).send().await.expect(200);
    let told = state().await;
    assert_eq!(
        (&told["enforced"], &told["decided_by"], &told["switched_at"]),
        (&json!(true), &json!("configuration"), &json!(null))
    );
    for enforce in [false, true, true] {
        let body = json!({ "enforce": enforce });
        let answer = world.patch("/v1/services/odin", &body).by(&admin.jwt).send().await.expect(200);
        assert_eq!((&answer["enforced"], world.gate.enforces(&odin)), (&json!(enforce), enforce));
        let told = state().await;
        assert_eq!((&told["enforced"], &told["decided_by"]), (&json!(enforce), &json!("record")));
        assert!(told["switched_at"].is_string());
    }
    // Others are as they were, and the status and the list say which is which.
    assert!(world.gate.enforces(&"odysseus".parse().unwrap()));
    world
        .patch("/v1/services/odysseus", &json!({ "enforce": false }))
        .by(&admin.jwt)
        .send()
        .await
        .expect(200);
    let status = world.get("/v1/status").by(&admin.jwt).send().await.expect(200);
    let enforced: Vec<_> =
        status["catalogs"].as_array().unwrap().iter().map(|catalog| &catalog["enforced"]).collect();
    assert_eq!(enforced, [true, false]);

    let lines = world.get("/v1/audit?action=service").by(&admin.jwt).send().await.expect(200);
    let lines: Vec<_> = lines["items"].as_array().unwrap().iter().collect();
    let deeds: Vec<_> =
        lines.iter().map(|line| (&line["action"], &line["service"], &line["actor_name"])).collect();
    let (on, off, name) = (json!("service.enforce"), json!("service.observe"), json!(admin.name()));
    let (odin, odysseus) = (json!("odin"), json!("odysseus"));
    // To switch to what is switched already is no deed.
    assert_eq!(deeds, [(&off, &odysseus, &name), (&on, &odin, &name), (&off, &odin, &name)]);
}

#[tokio::test]
async fn nothing_said_changes_nothing() {
    let world = World::new().await;
    let key = world.system_key().await;
    world.patch("/v1/services/odin", &json!({})).by(&key).send().await.expect(200);
    let told = world.get("/v1/services/odin/observed").by(&key).send().await.expect(200);
    assert_eq!(told["decided_by"], "configuration");
    world
        .patch("/v1/services/loki", &json!({ "enforce": true }))
        .by(&key)
        .send()
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn a_right_that_has_gone_meanwhile_switches_nothing() {
    let world = World::new().await;
    let admin = world.admin().await;
    world.delete(&format!("/v1/sessions/{}", admin.session.id)).by(&admin.jwt).send().await.expect(204);
    let answer = world.patch("/v1/services/odin", &json!({ "enforce": false })).by(&admin.jwt).send().await;
    assert_eq!(answer.status, 401);
    assert!(world.gate.enforces(&"odin".parse().unwrap()));
}
