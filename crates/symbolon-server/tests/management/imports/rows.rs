//! What becomes of each row of an import.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::farm::{Farm, Form, ODIN, ODYSSEUS, row, secret};
use crate::world::World;

fn with(secret: &str, field: &str, value: Value) -> Value {
    let mut row = row(secret);
    row[field] = value;
    row
}

#[tokio::test]
async fn each_row_is_taken_or_refused_by_itself() {
    let farm = Farm::new().await;
    let secrets: [String; 8] = std::array::from_fn(|number| secret(2 * number));
    let last = &secrets[7];
    let dear = "$2b$31$abcdefghijklmnopqrstuuWSO0ttfl1Ewa65Vbxjtfs5qQnDhW8Di";
    let told = farm
        .import(&[
            row(&secrets[0]),
            with(&secrets[1], "scopes", json!([])),
            with(&secrets[2], "scopes", json!(["read", "write", "admin", "*"])),
            with(&secrets[3], "scopes", json!(["read:jobs", "cookbook:launch"])),
            with(&secrets[4], "owner", json!("nobody")),
            with(&secrets[5], "hash", json!(dear)),
            with(&secrets[6], "expires_at", json!("2025-12-31T00:00:00Z")),
            with(last, "prefix", json!("odin_")),
            with(last, "name", json!("")),
            with(last, "hash", json!(last)),
        ])
        .await;
    let outcome = |row: &Value| row["outcome"].as_str().unwrap().to_owned();
    let outcomes: Vec<_> = told.iter().map(outcome).collect();
    assert_eq!(outcomes[..4], ["imported", "inert", "inert", "imported"]);
    assert!(outcomes[4..].iter().all(|outcome| outcome == "refused"), "{told:?}");
    let fields: Vec<_> = told[4..].iter().map(|row| row["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["owner", "hash", "expires_at", "prefix", "name", "hash"]);
    assert_eq!(told[3]["notes"], json!(["the catalog does not declare cookbook:launch; left out"]));
    // Without scopes there are no rights: not those of the owner, and no default.
    for (secret, row) in [(&secrets[1], &told[1]), (&secrets[2], &told[2])] {
        assert_eq!(farm.verdict(secret).await, "insufficient_scope");
        assert_eq!(farm.record(row["id"].as_str().unwrap()).await["scopes"], json!([]));
    }
    assert_eq!(farm.verdict(&secrets[3]).await, "allowed");
}

#[tokio::test]
async fn a_row_is_taken_once_and_a_revoked_one_does_not_come_back() {
    let farm = Farm::new().await;
    let rows = [row(&secret(2)), row(&secret(4))];
    let first = farm.import(&rows).await;
    assert_eq!(farm.verdict(&secret(2)).await, "allowed", "upgraded, and so without its hash");
    let id = first[1]["id"].as_str().unwrap();
    farm.world.delete(&format!("/v1/services/farm/tokens/{id}")).by(&farm.key).send().await.expect(204);
    let again = farm.import(&[rows[0].clone(), rows[1].clone(), row(&secret(6)), row(&secret(6))]).await;
    let outcomes: Vec<_> = again.iter().map(|row| row["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["known", "known", "imported", "imported"], "another salt is another row");
    assert_eq!(again[0]["id"], first[0]["id"]);
    assert_eq!(farm.verdict(&secret(4)).await, "invalid_token");
}

#[tokio::test]
async fn a_dry_run_tells_the_same_and_makes_nothing() {
    let farm = Farm::new().await;
    let body = json!({ "rows": [row(&secret(2)), with(&secret(4), "scopes", json!([]))], "dry_run": true });
    let path = "/v1/services/farm/tokens/import";
    let told = farm.world.post(path, &body).by(&farm.key).send().await.expect(200);
    assert_eq!((&told["rows"][0]["outcome"], &told["rows"][0]["id"]), (&json!("imported"), &Value::Null));
    assert_eq!(told["rows"][1]["outcome"], "inert");
    let listed = farm.world.get("/v1/services/farm/tokens").by(&farm.key).send().await.expect(200);
    assert_eq!(listed["items"], json!([]));
    assert_eq!(farm.verdict(&secret(2)).await, "invalid_token");
}

#[tokio::test]
async fn no_more_than_eight_wait_under_one_prefix_and_a_call_has_its_bounds() {
    let farm = Farm::new().await;
    let rows: Vec<_> = (0..9).map(|number| row(&format!("odin_same5{number:038}"))).collect();
    let told = farm.import(&rows).await;
    let outcomes: BTreeSet<_> = told[..8].iter().map(|row| row["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, BTreeSet::from(["imported"]));
    assert_eq!((&told[8]["outcome"], &told[8]["field"]), (&json!("refused"), &json!("prefix")));
    for number in 0..8 {
        assert_eq!(farm.verdict(&format!("odin_same5{number:038}")).await, "allowed", "{number}");
    }
    let path = "/v1/services/farm/tokens/import";
    for rows in [json!([]), Value::Array(vec![rows[0].clone(); 501])] {
        let answer = farm.world.post(path, &json!({ "rows": rows })).by(&farm.key).send().await;
        answer.refused_at(422, "validation_failed", "rows");
    }
}

#[tokio::test]
async fn a_service_that_declares_no_old_form_takes_none() {
    let world = World::new().await;
    let key = world.system_key().await;
    world.person("ann", &[("odin", "operator")]).await;
    let body = json!({ "rows": [row(&secret(2))] });
    world.post("/v1/services/odin/tokens/import", &body).by(&key).send().await.refused(409, "conflict");
}

/// Each row as the application stores it, but for the cost of its bcrypt. Their tables have it in different columns, which
/// the command line's tests read.
async fn all_verify_and_upgrade_once(tokens: Form, count: usize) {
    let farm = Farm::with(tokens).await;
    let secrets: Vec<_> = (0..count).map(|number| tokens.secret(number)).collect();
    for batch in secrets.chunks(500) {
        let rows: Vec<_> = batch.iter().map(|secret| tokens.row(secret)).collect();
        assert!(farm.import(&rows).await.iter().all(|row| row["outcome"] == "imported"));
    }
    for round in 0..2 {
        for secret in &secrets {
            assert_eq!(farm.verdict(secret).await, "allowed", "{round} {secret}");
        }
    }
    let path = "/v1/audit?action=token.upgrade&limit=1000";
    let (mut upgrades, mut next) = (0, path.to_owned());
    loop {
        let page = farm.world.get(&next).by(&farm.key).send().await.expect(200);
        upgrades += page["items"].as_array().unwrap().len();
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        next = format!("{path}&cursor={cursor}");
    }
    assert_eq!(upgrades, count);
}

#[tokio::test]
async fn every_row_verifies_and_is_upgraded_once() {
    for form in [ODIN, ODYSSEUS] {
        all_verify_and_upgrade_once(form, 300).await;
    }
}

#[tokio::test]
#[ignore = "10,000 rows take minutes; run by hand"]
async fn heavy_ten_thousand_rows_of_odin_verify_and_are_upgraded_once() {
    all_verify_and_upgrade_once(ODIN, 10_000).await;
}

#[tokio::test]
#[ignore = "10,000 rows take minutes; run by hand"]
async fn heavy_ten_thousand_rows_of_odysseus_verify_and_are_upgraded_once() {
    all_verify_and_upgrade_once(ODYSSEUS, 10_000).await;
}
