//! What programs and people note of a token.

use serde_json::{Value, json};

use crate::world::World;

const TOKENS: &str = "/v1/services/odin/tokens";

#[tokio::test]
async fn metadata_is_kept_shown_and_edited_entry_by_entry() {
    let world = World::new().await;
    let key = world.system_key().await;
    let noted = json!({ "team": "printing", "ci.run": "" });
    let body = json!({ "name": "test", "scopes": ["read:jobs"], "metadata": noted });
    let made = world.post(TOKENS, &body).by(&key).send().await.expect(201);
    assert_eq!(made["metadata"], noted);
    let path = format!("{TOKENS}/{}", made["id"].as_str().unwrap());
    let edit = async |body: Value| world.patch(&path, &body).by(&key).send().await;
    // Two who edit different entries, and one who edits none.
    edit(json!({ "metadata": { "team": "painting" } })).await.expect(200);
    edit(json!({ "metadata": { "ci.run": null, "owner-mail": "ann@example.org" } })).await.expect(200);
    edit(json!({ "name": "other" })).await.expect(200);
    let expected = json!({ "team": "painting", "owner-mail": "ann@example.org" });
    let shown = world.get(&path).by(&key).send().await.expect(200);
    assert_eq!((&shown["metadata"], &shown["name"]), (&expected, &json!("other")));
    let listed = world.get(TOKENS).by(&key).send().await.expect(200);
    assert_eq!(listed["items"][0]["metadata"], expected);
    // The token sees its own; the audit says what was changed.
    let own = world.get("/v1/self").by(made["token"].as_str().unwrap()).send().await.expect(200);
    assert_eq!(own["token"]["metadata"], expected);
    let audit = world.get(&format!("{path}/audit")).by(&key).send().await.expect(200);
    let changes: Vec<_> = audit["items"].as_array().unwrap().iter().map(|line| &line["detail"]).collect();
    assert_eq!(changes[2]["before"], json!({ "metadata": noted }));
    assert_eq!(changes[2]["after"], json!({ "metadata": { "team": "painting", "ci.run": "" } }));
}

#[tokio::test]
async fn metadata_that_breaks_a_rule_is_refused_at_its_key() {
    let world = World::new().await;
    let key = world.system_key().await;
    let many: Value = (0..21).map(|number| (format!("k{number}"), json!("v"))).collect();
    for (metadata, field) in [
        (json!({ "Team": "x" }), "metadata.Team"),
        (json!({ "": "x" }), "metadata."),
        (json!({ "a": "x".repeat(501) }), "metadata.a"),
        (json!({ "a": "x\u{0}" }), "metadata.a"),
        (many, "metadata"),
    ] {
        let body = json!({ "name": "test", "scopes": ["read:jobs"], "metadata": metadata });
        let answer = world.post(TOKENS, &body).by(&key).send().await;
        answer.refused_at(422, "validation_failed", field);
    }
}
