//! Advice, and one thing done to many tokens, as pages.

use serde_json::json;

use super::Browser;
use crate::world::World;

const BULK: &str = "/services/odin/tokens/bulk";

#[tokio::test]
async fn advice_leads_to_a_form_in_which_what_would_do_is_ticked() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (id, secret) = world.odin_token(&admin.jwt, &["agent:write", "read:spools"]).await;
    world.clock.advance(95 * 86_400);
    assert_eq!(world.verdict(&secret, "GET", "/api/printers").await, "allowed");
    let jwt = world.session(&admin.user).await.1;
    let browser = Browser::of(&world, &crate::world::Person { jwt, ..admin });
    let page = browser.page("/services/odin/tokens/advice").await;
    assert!(
        page.says("In 90 days it did not need agent:write and read:spools; agent:read would have done."),
        "{}",
        page.html
    );
    let edit = format!("/services/odin/tokens/{id}/edit");
    assert!(page.says(&format!("{edit}?scope=agent%3Aread#scopes")), "{}", page.html);
    // The token's own page says the same of its thirty days.
    let own = browser.page(&format!("/services/odin/tokens/{id}")).await;
    assert!(own.says("In 30 days it did not need"), "{}", own.html);

    // An address that somebody else has made ticks nothing that the token does not have.
    let form = browser.page(&format!("{edit}?scope=agent%3Aread&scope=write%3Aprinters")).await;
    let saved = browser.send(&form, &edit, &[]).await;
    assert_eq!((saved.status, saved.location.ends_with("?done=saved")), (303, true), "{}", saved.html);
    let path = format!("/v1/services/odin/tokens/{id}");
    let record = world.get(&path).by(&world.system_key().await).send().await.expect(200);
    assert_eq!(record["scopes"], json!(["agent:read"]));
    let page = browser.page("/services/odin/tokens/advice").await;
    assert!(page.says("Nothing to say"), "{}", page.html);
}

#[tokio::test]
async fn what_is_to_be_done_to_many_is_shown_and_then_done() {
    let world = World::new().await;
    let (admin, ann) = (world.admin().await, world.person("ann", &[("odin", "viewer")]).await);
    let (_, secret) = world.odin_token(&ann.jwt, &["read:jobs", "read:printers"]).await;
    let (_, other) = world.odin_token(&admin.jwt, &["read:jobs"]).await;
    let browser = Browser::of(&world, &admin);
    let list = browser.page("/services/odin/tokens?owner=ann").await;
    assert!(list.says("/services/odin/tokens/bulk?owner=ann"), "{}", list.html);
    let chosen = browser.page(&format!("{BULK}?owner=ann")).await;
    assert!(!chosen.says("name=\"plan\""), "nothing is to be done yet");
    let shown = browser.page(&format!("{BULK}?owner=ann&do=narrow&take=read%3Aprinters")).await;
    assert!(shown.says("To be changed: 1 token.") && shown.says("Holds read:jobs"), "{}", shown.html);
    let done = browser.send(&shown, BULK, &[]).await;
    assert_eq!(
        (done.status, done.location.as_str()),
        (303, "/services/odin/tokens?done=bulk"),
        "{}",
        done.html
    );
    assert_eq!(world.verdict(&secret, "GET", "/api/printers").await, "insufficient_scope");

    // It was made a second ago, and not yesterday.
    world.clock.advance(1);
    for (days, tokens) in [("0", "1 token"), ("1", "0 tokens")] {
        let shown = browser.page(&format!("{BULK}?owner=ann&do=revoke&unused={days}")).await;
        assert!(shown.says(&format!("To be changed: {tokens}.")), "{}", shown.html);
    }

    // Looked at, and then it was changed: it is shown anew, and nothing was done.
    let shown = browser.page(&format!("{BULK}?owner=ann&do=revoke")).await;
    world.odin_token(&ann.jwt, &["read:jobs"]).await;
    let again = browser.send(&shown, BULK, &[]).await;
    assert!(again.status == 422 && again.says("nothing was done"), "{}", again.html);
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "allowed");
    assert!(again.says("To be changed"), "{}", again.html);
    let done = browser.send(&again, BULK, &[]).await;
    assert_eq!(done.status, 303, "{}", done.html);
    assert_eq!(world.verdict(&secret, "GET", "/api/jobs").await, "invalid_token");
    assert_eq!(world.verdict(&other, "GET", "/api/jobs").await, "allowed");

    // What the API finds wrong is said; what has no plan does nothing; a whole token leaves the address.
    for query in ["do=revoke", "owner=nobody&do=revoke", "owner=ann&unused=soon&do=revoke"] {
        let page = browser.page(&format!("{BULK}?{query}")).await;
        assert!(page.status == 422 && page.says("notice-bad"), "{query}: {}", page.html);
    }
    let shown = browser.page(&format!("{BULK}?query=test&do=revoke")).await;
    assert_eq!(browser.send(&shown, BULK, &[("plan", None)]).await.status, 400);
    let away = browser.page(&format!("{BULK}?query={other}&do=revoke")).await;
    assert_eq!(away.status, 303);
    assert!(
        !away.location.contains(&other[13..]) && away.location.contains("whole_token"),
        "{}",
        away.location
    );
}

#[tokio::test]
async fn a_token_is_given_to_somebody_in_its_form_by_who_manages_others() {
    let world = World::new().await;
    let (admin, ann) = (world.admin().await, world.person("ann", &[("odin", "viewer")]).await);
    world.person("bob", &[("odin", "viewer")]).await;
    let (id, _) = world.odin_token(&ann.jwt, &["read:jobs"]).await;
    let edit = format!("/services/odin/tokens/{id}/edit");
    let own = Browser::of(&world, &ann).page(&edit).await;
    assert!(!own.says("id=\"owner\""), "she has nobody to give it to");
    let browser = Browser::of(&world, &admin);
    let form = browser.page(&edit).await;
    let refused = browser.send(&form, &edit, &[("owner", Some("nobody"))]).await;
    assert!(refused.status == 422 && refused.says("id=\"e-owner\""), "{}", refused.html);
    assert_eq!(browser.send(&form, &edit, &[("owner", Some("bob"))]).await.status, 303);
    let path = format!("/v1/services/odin/tokens/{id}");
    let record = world.get(&path).by(&world.system_key().await).send().await.expect(200);
    assert_eq!(record["owner"], "bob");
}
