//! GitHub's alerts: taken where they are signed, and nowhere else.

use serde_json::{Value, json};
use symbolon_core::record::KeyKind;
use symbolon_server::{GitHubAlerts, OnLeak, PublicKeys};

use super::signer::{Signer, alert, document};
use super::{actions, lines};
use crate::imports::farm;
use crate::world::{Setup, World};

/// GitHub's own sample, as its documentation has it ("Secret scanning partner program").
const ID: &str = "bcb53661c06b4728e59d897fb6165d5c9cda0fd9cdf9d09ead458168deb7518c";
const BODY: &str = r#"[{"source":"commit","token":"some_token","type":"some_type","url":"https://example.com/base-repo-url/"}]"#;
const SIGNATURE: &str =
    "MEQCIQDaMKqrGnE27S0kgMrEK0eYBmyG0LeZismAEz/BgZyt7AIfXt9fErtRS4XaeSt/AO1RtBY66YcAdjxji410VQV4xg==";

async fn world(on_leak: OnLeak, keys: &[Value]) -> World {
    let keys = PublicKeys::of_document(document(keys).as_bytes()).unwrap();
    World::of(Setup { github_alerts: Some(GitHubAlerts::new(on_leak, keys)), ..Setup::default() }).await
}

fn body(token: &str, url: &str) -> String {
    json!([{ "token": token, "type": "odin_token", "url": url, "source": "content" }]).to_string()
}

async fn state(world: &World, id: &str) -> String {
    let key = world.system_key().await;
    let token = world.get(&format!("/v1/services/odin/tokens/{id}")).by(&key).send().await.expect(200);
    token["state"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn githubs_published_sample_is_taken_and_a_changed_byte_is_not() {
    // Every world has GitHub's sample key.
    let world = World::new().await;
    let answer = alert(&world, ID, SIGNATURE, BODY).send().await.expect(200);
    // SHA-256 of "some_token".
    let hash = "9a45520a1213f15016d2d768b5fb3d904492a44ee274b44d4de8803e00fb536a";
    assert_eq!((&answer[0]["token_hash"], answer.as_array().unwrap().len()), (&json!(hash), 1));
    assert_eq!(
        (&answer[0]["token_type"], &answer[0]["label"]),
        (&json!("some_type"), &json!("false_positive"))
    );
    for at in 0..BODY.len() {
        let mut changed = BODY.as_bytes().to_vec();
        changed[at] ^= 1;
        let changed = String::from_utf8(changed).unwrap();
        alert(&world, ID, SIGNATURE, &changed).send().await.refused(403, "invalid_signature");
    }
}

#[tokio::test]
async fn what_is_not_signed_by_a_current_key_changes_nothing() {
    let (github, old, other) = (Signer::new("current"), Signer::new("old"), Signer::new("other"));
    let world = world(OnLeak::Revoke, &[github.entry(true), old.entry(false)]).await;
    let admin = world.admin().await;
    let (id, secret) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let body = body(&secret, "https://github.com/o/r");
    // The wrong key under the right name, a key that is not current, one that is unknown.
    let signed = github.sign(&body);
    for (id, signature) in [
        ("current", other.sign(&body)),
        ("old", old.sign(&body)),
        ("other", other.sign(&body)),
        ("old", signed.clone()),
        ("current", String::new()),
        ("", signed.clone()),
        ("current", "x".repeat(300)),
    ] {
        alert(&world, id, &signature, &body).send().await.refused(403, "invalid_signature");
    }
    let twice = alert(&world, "current", &signed, &body).header("github-public-key-signature", &signed);
    twice.send().await.refused(403, "invalid_signature");
    for credential in [&admin.jwt, &secret] {
        let call = world.post("/v1/leaks/github", &json!([])).by(credential);
        call.send().await.refused(403, "invalid_signature");
    }
    assert_eq!(actions(&world, &id).await, ["token.create"]);
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "allowed");
    // What is signed and is no list of matches is read, and refused.
    for bad in ["", "{}", "[{}]", "[1]", "[{\"token\":1,\"type\":\"x\"}]"] {
        github.alert(&world, bad).await.refused(422, "validation_failed");
    }
}

#[tokio::test]
async fn a_leaked_token_is_revoked_at_once_and_once() {
    let github = Signer::new("current");
    let world = world(OnLeak::Revoke, &[github.entry(true)]).await;
    let admin = world.admin().await;
    let (id, secret) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let (key, key_secret) = world.key(KeyKind::System).await;
    let url = format!("https://github.com/o/r/blob/1/{secret}");
    let matches = json!([
        { "token": secret, "type": "odin_token", "url": url, "source": "content" },
        { "token": key_secret, "type": "symkey", "url": "" },
        { "token": "odin_x", "type": "odin_token", "url": "u", "source": null },
        { "token": secret, "type": "odin_token", "url": "elsewhere", "source": "commit" },
    ])
    .to_string();
    let labels = github.alert(&world, &matches).await;
    assert!(!labels.text().contains(&secret) && !labels.text().contains(&key_secret));
    let labels = labels.expect(200);
    let label = |at: usize| labels[at]["label"].as_str().unwrap();
    assert_eq!(
        [0, 1, 2, 3].map(label),
        ["true_positive", "true_positive", "false_positive", "true_positive"]
    );
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "invalid_token");
    world.get("/v1/self").by(&key_secret).send().await.refused(401, "invalid_token");
    let told = lines(&world, &id).await;
    let named: Vec<(&str, &str)> =
        told.iter().skip(1).map(|(action, actor, _)| (action.as_str(), actor.as_str())).collect();
    assert_eq!(named, [("token.leaked", "github"), ("token.revoke", "github")]);
    let place = format!("https://github.com/o/r/blob/1/{}…", &secret[..13]);
    assert_eq!(told[1].2, json!({ "name": "test", "place": place, "source": "content" }));
    assert_eq!(actions(&world, &key.id.to_string()).await, ["key.leaked", "key.revoke"]);
    let again = github.alert(&world, &matches).await.expect(200);
    assert_eq!(again[0]["label"], "true_positive");
    assert_eq!(lines(&world, &id).await.len(), 3);
}

#[tokio::test]
async fn what_cannot_be_looked_into_hides_nothing_behind_it() {
    let github = Signer::new("current");
    let keys = PublicKeys::of_document(document(&[github.entry(true)]).as_bytes()).unwrap();
    let github_alerts = Some(GitHubAlerts::new(OnLeak::Revoke, keys));
    let catalogs = vec![farm::catalog("2027-01-01")];
    let world = World::of(Setup { catalogs, github_alerts, ..Setup::default() }).await;
    let (key, admin) = (world.system_key().await, world.admin().await);
    world.person("ann", &[("farm", "operator")]).await;
    let rows = json!({ "rows": [farm::row(&farm::secret(2))] });
    world.post("/v1/services/farm/tokens/import", &rows).by(&key).send().await.expect(200);
    let (_, live) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let fakes = (0..40).map(|number| format!("{}{number:038}", farm::head(&farm::secret(2))));
    let found = |token: String| json!({ "token": token, "type": "odin_token", "url": "https://a" });
    let matches: Value = fakes.chain([live.clone()]).map(found).collect();
    github.alert(&world, &matches.to_string()).await.refused(503, "unavailable");
    assert_eq!(world.verdict(&live, "GET", "/api/jobs").await, "invalid_token");
}

#[tokio::test]
async fn what_is_done_about_it_is_the_operators_choice() {
    for (on_leak, after, written) in [
        (OnLeak::Disable, "disabled", &["token.create", "token.leaked", "token.disable", "token.leaked"][..]),
        (OnLeak::Report, "active", &["token.create", "token.leaked", "token.leaked"][..]),
    ] {
        let github = Signer::new("current");
        let world = world(on_leak, &[github.entry(true)]).await;
        let admin = world.admin().await;
        let (id, secret) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
        let (key, key_secret) = world.key(KeyKind::System).await;
        // Twice at one place, and once at another.
        for place in ["https://a", "https://a", "https://b"] {
            let label = github.alert(&world, &body(&secret, place)).await.expect(200)[0]["label"].clone();
            assert_eq!(label, "true_positive");
            github.alert(&world, &body(&key_secret, place)).await.expect(200);
        }
        assert_eq!(state(&world, &id).await, after);
        assert_eq!(actions(&world, &id).await, written);
        assert_eq!(actions(&world, &key.id.to_string()).await, ["key.leaked", "key.leaked"]);
        world.get("/v1/self").by(&key_secret).send().await.expect(200);
    }
}

#[tokio::test]
async fn where_it_is_not_set_there_is_no_such_call() {
    let world = World::of(Setup { github_alerts: None, ..Setup::default() }).await;
    alert(&world, ID, SIGNATURE, BODY).send().await.refused(404, "not_found");
}

#[tokio::test]
async fn before_the_record_is_loaded_nothing_can_be_said() {
    let world = World::of(Setup { loaded: false, ..Setup::default() }).await;
    alert(&world, ID, SIGNATURE, BODY).send().await.refused(503, "unavailable");
}
