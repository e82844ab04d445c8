//! Wrong secrets at a prefix that is known: they cost their sender, and nobody else.

use serde_json::json;

use super::farm::{Farm, head, row, secret};

/// A wrong secret of this head.
fn wrong(of: &str, number: usize) -> String {
    format!("{}{number:038}", head(of))
}

#[tokio::test]
async fn a_source_that_keeps_guessing_is_told_to_come_back_later_and_others_are_not() {
    let farm = Farm::new().await;
    let (target, other) = (secret(2), secret(40));
    farm.imported(row(&target)).await;
    farm.imported(row(&other)).await;
    let mut codes = Vec::new();
    for number in 0..60 {
        codes.push(farm.verdict_from(&wrong(&target, number), "198.51.100.7").await);
    }
    let denied = codes.iter().take_while(|code| *code == "invalid_token").count();
    assert_eq!(denied, 30, "the burst of one source");
    assert!(codes[denied..].iter().all(|code| code == "unavailable"), "{codes:?}");
    // The target itself, another's first use and a token of Symbolon's own.
    let body = json!({ "name": "new", "scopes": ["read:jobs"] });
    let native = farm.world.token(&farm.owner.jwt, "farm", &body).await;
    assert_eq!(farm.verdict_from(native["token"].as_str().unwrap(), "198.51.100.7").await, "allowed");
    assert_eq!(farm.verdict_from(&target, "192.0.2.1").await, "allowed");
    assert_eq!(farm.verdict_from(&other, "192.0.2.1").await, "allowed");
    // Once it is upgraded, the guesser's own use of the right one costs nothing and passes.
    assert_eq!(farm.verdict_from(&target, "198.51.100.7").await, "allowed");
    // And what was wrong is now refused without a check, for the prefix has no hash any more.
    assert_eq!(farm.verdict_from(&wrong(&target, 0), "198.51.100.7").await, "invalid_token");
}

#[tokio::test]
async fn of_many_at_once_at_one_prefix_few_wait_and_another_prefix_does_not() {
    let farm = Farm::new().await;
    let (target, other) = (secret(2), secret(40));
    farm.imported(row(&target)).await;
    farm.imported(row(&other)).await;
    let ask = |secret: &str, ip: String| {
        let body = json!({ "token": secret, "method": "GET", "path": "/api/jobs", "client_ip": ip });
        tokio::spawn(farm.world.post("/v1/services/farm/verify", &body).by(&farm.key).send())
    };
    let flood: Vec<_> = (0..200).map(|n| ask(&wrong(&target, n), format!("198.51.100.{n}"))).collect();
    let first = ask(&other, "192.0.2.1".to_owned());
    assert_eq!(first.await.unwrap().expect(200)["code"], "allowed");
    let mut turned_away = 0;
    for answer in flood {
        match answer.await.unwrap().expect(200)["code"].as_str().unwrap() {
            "unavailable" => turned_away += 1,
            code => assert_eq!(code, "invalid_token"),
        }
    }
    assert!(turned_away > 0, "nobody waits without end");
    assert_eq!(farm.verdict(&target).await, "allowed");
}
