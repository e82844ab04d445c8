//! The first use of an imported token, at every door that a secret can come by.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use symbolon_core::manage;
use symbolon_core::store::{Change, StoreError};
use tokio::sync::OnceCell;

use super::farm::{Farm, catalog, row, secret};
use crate::between::{Between, Verdict};

#[tokio::test]
async fn the_first_use_proves_and_upgrades_and_the_second_needs_no_hash() {
    let farm = Farm::new().await;
    let old = secret(1);
    let id = farm.imported(row(&old)).await;
    let before = farm.record(&id).await;
    assert_eq!(
        before["imported"],
        json!({ "prefix": &old[..10], "upgraded": false, "until": "2027-01-01T00:00:00Z" })
    );
    assert_eq!(farm.verdict(&secret(0)).await, "invalid_token", "of the same head, and another");
    assert_eq!(farm.verdict(&old).await, "allowed");
    let after = farm.record(&id).await;
    assert_eq!(after["imported"]["upgraded"], true);
    assert_eq!(farm.actions(&id).await, ["token.upgrade", "token.import"]);
    let stored =
        farm.world.store.token(&"farm".parse().unwrap(), id.parse().unwrap()).await.unwrap().unwrap();
    assert!(stored.foreign().is_none() && stored.digest.is_some());
    assert_eq!(farm.verdict(&old).await, "allowed");
    assert_eq!(farm.actions(&id).await.len(), 2, "upgraded once");
}

#[tokio::test]
async fn a_hundred_first_uses_at_once_all_pass_and_upgrade_once() {
    let farm = Farm::new().await;
    let old = secret(1);
    let id = farm.imported(row(&old)).await;
    let body = json!({ "token": old, "method": "GET", "path": "/api/jobs", "client_ip": "192.0.2.1" });
    let asked: Vec<_> = (0..100)
        .map(|_| tokio::spawn(farm.world.post("/v1/services/farm/verify", &body).by(&farm.key).send()))
        .collect();
    for answer in asked {
        assert_eq!(answer.await.unwrap().expect(200)["code"], "allowed");
    }
    assert_eq!(farm.actions(&id).await, ["token.upgrade", "token.import"]);
}

#[tokio::test]
async fn every_door_of_the_api_proves_it() {
    let farm = Farm::new().await;
    let world = &farm.world;
    for (number, door) in ["self", "scopes", "introspect", "revoke"].into_iter().enumerate() {
        let old = secret(2 * number);
        let id = farm.imported(row(&old)).await;
        match door {
            "self" => {
                let told = world.get("/v1/self").by(&old).send().await.expect(200);
                assert_eq!(told["token"]["id"], id.as_str());
            }
            "scopes" => {
                let body = json!({ "token": old, "scopes": ["read:jobs"] });
                let told =
                    world.post("/v1/services/farm/verify", &body).by(&farm.key).send().await.expect(200);
                assert_eq!(told["allowed"], true);
            }
            "introspect" => {
                let call = world.oauth("introspect").form(&[("token", &old)]).by(&farm.key);
                assert_eq!(call.send().await.expect(200)["jti"], id.as_str());
            }
            _ => {
                assert_eq!(world.oauth("revoke").form(&[("token", &old)]).send().await.status, 200);
                assert_eq!(farm.record(&id).await["state"], "revoked");
            }
        }
        assert!(farm.actions(&id).await.contains(&"token.upgrade".to_owned()), "{door}");
    }
}

/// A farm in which the token of this id, once it is set, is revoked before the next upgrade is written.
async fn revoking(id: &Arc<OnceCell<String>>) -> Farm {
    let known = id.clone();
    Farm::of(move |store| {
        Between::before_commits(store, move |store, mutation| {
            let upgrade = mutation.audit[0].action == "token.upgrade";
            let id = known.get().cloned().filter(|_| upgrade);
            Box::pin(async move {
                let Some(id) = id else { return Verdict::Pass };
                let token =
                    store.token(&"farm".parse().unwrap(), id.parse().unwrap()).await.unwrap().unwrap();
                let revoked = manage::revoke(&token, token.created_at);
                Verdict::After(revoked.into_iter().map(Change::TokenChanged).collect())
            })
        })
    })
    .await
}

/// Who asks for both together learns of each what is so when both are answered.
#[tokio::test]
async fn a_token_revoked_while_another_of_its_batch_is_proved_is_not_admitted() {
    let id = Arc::new(OnceCell::<String>::new());
    let farm = revoking(&id).await;
    let (used, unused) = (secret(2), secret(4));
    let first = farm.imported(row(&used)).await;
    farm.imported(row(&unused)).await;
    assert_eq!(farm.verdict(&used).await, "allowed");
    id.set(first).unwrap();
    let question = |secret: &str| json!({ "token": secret, "method": "GET", "path": "/api/jobs", "client_ip": "192.0.2.1" });
    let body = json!({ "questions": [question(&used), question(&unused)] });
    let told =
        farm.world.post("/v1/services/farm/verify/batch", &body).by(&farm.key).send().await.expect(200);
    assert_eq!([&told["replies"][0]["code"], &told["replies"][1]["code"]], ["invalid_token", "allowed"]);
}

/// The revocation is written after the secret was proved and before that is.
#[tokio::test]
async fn a_token_revoked_while_it_is_proved_is_not_admitted() {
    let id = Arc::new(OnceCell::<String>::new());
    let farm = revoking(&id).await;
    let old = secret(1);
    id.set(farm.imported(row(&old)).await).unwrap();
    assert_eq!(farm.verdict(&old).await, "invalid_token");
    assert_eq!(farm.record(id.get().unwrap()).await["state"], "revoked");
    assert_eq!(farm.verdict(&old).await, "invalid_token");
}

#[tokio::test]
async fn what_cannot_be_recorded_lets_nobody_in_and_is_no_denial() {
    let away = Arc::new(AtomicBool::new(false));
    let fault = away.clone();
    let farm = Farm::of(move |store| {
        Between::faulty(store, move || {
            let away = fault.load(Ordering::SeqCst);
            if away { Err(StoreError::Unavailable("away".to_owned())) } else { Ok(()) }
        })
    })
    .await;
    let old = secret(1);
    farm.imported(row(&old)).await;
    away.store(true, Ordering::SeqCst);
    assert_eq!(farm.verdict(&old).await, "unavailable");
    away.store(false, Ordering::SeqCst);
    assert_eq!(farm.verdict(&old).await, "allowed");
}

#[tokio::test]
async fn from_the_catalogs_day_on_no_old_secret_counts_upgraded_or_not() {
    let farm = Farm::new().await;
    let (used, unused) = (secret(2), secret(4));
    let (id, other) = (farm.imported(row(&used)).await, farm.imported(row(&unused)).await);
    assert_eq!(farm.verdict(&used).await, "allowed");
    // 2026 has 365 days.
    farm.world.clock.advance(365 * 86_400 - 1);
    assert_eq!(farm.verdict(&used).await, "allowed");
    farm.world.clock.advance(1);
    for (secret, id) in [(&used, &id), (&unused, &other)] {
        assert_eq!(farm.verdict(secret).await, "invalid_token");
        assert_eq!(farm.record(id).await["state"], "expired");
    }
    let path = "/v1/services/farm/tokens?state=expired";
    let listed = farm.world.get(path).by(&farm.key).send().await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    // The day is the catalog's: a later one lets them live on.
    farm.world.set_catalogs(&[&catalog("2028-01-01")]);
    assert_eq!(farm.verdict(&used).await, "allowed");
    assert_eq!(farm.verdict(&unused).await, "allowed");
    // And without a declaration there is none.
    let without = catalog("2028-01-01");
    farm.world.set_catalogs(&[without.split("[tokens.old_form]").next().unwrap()]);
    assert_eq!(farm.verdict(&used).await, "invalid_token");
}

#[tokio::test]
async fn what_would_not_pass_anyway_is_not_proved() {
    let farm = Farm::new().await;
    let old = secret(1);
    let id = farm.imported(row(&old)).await;
    let path = format!("/v1/services/farm/tokens/{id}");
    farm.world.post(&format!("{path}/disable"), &json!({})).by(&farm.key).send().await.expect(200);
    assert_eq!(farm.verdict(&old).await, "invalid_token");
    assert_eq!(farm.actions(&id).await, ["token.disable", "token.import"]);
    farm.world.post(&format!("{path}/enable"), &json!({})).by(&farm.key).send().await.expect(200);
    assert_eq!(farm.verdict(&old).await, "allowed");
    farm.world.delete(&path).by(&farm.key).send().await.expect(204);
    assert_eq!(farm.verdict(&old).await, "invalid_token");
}

#[tokio::test]
async fn one_that_has_leaked_before_its_first_use_is_taken_back() {
    let farm = Farm::new().await;
    let old = secret(1);
    let id = farm.imported(row(&old)).await;
    let body = json!({ "revoke": true, "found": [{ "secret": old, "place": "a.log:1" }] });
    let told = farm.world.post("/v1/leaks", &body).by(&farm.key).send().await.expect(200);
    assert_eq!((&told["items"][0]["state"], &told["items"][0]["revoked"]), (&json!("revoked"), &json!(true)));
    assert_eq!(farm.record(&id).await["state"], "revoked");
    assert_eq!(farm.verdict(&old).await, "invalid_token");
}
