//! What an operator looks at: the catalog, the audit, how the server is.

use super::Browser;
use crate::world::World;

const TRY: &str = "/services/odin/catalog/try";
const PAGE: &str = "/services/odin/enforcement";

#[tokio::test]
async fn the_whole_catalog_is_a_small_page() {
    let world = World::new().await;
    let browser = Browser::of(&world, &world.admin().await);
    let page = browser.page("/services/odin/catalog").await;
    assert_eq!(page.status, 200);
    assert!(page.html.len() < 60_000, "{} bytes", page.html.len());
    assert!(
        browser.page("/services/odin/catalog?scope=read:jobs").await.says("read:jobs reaches 3 operations")
    );
    assert_eq!(browser.page("/services/nothing/catalog").await.status, 404);
}

#[tokio::test]
async fn a_request_is_tried_and_what_was_typed_is_kept() {
    let world = World::new().await;
    let browser = Browser::of(&world, &world.admin().await);
    let page = browser.page("/services/odin/catalog").await;
    let typed = [("method", Some("POST")), ("path", Some("/api/printers/4/pause"))];
    let told = browser.send(&page, TRY, &typed).await;
    assert_eq!(told.status, 200, "{}", told.html);
    assert!(told.says("class=\"fail\"") && told.value_of("path") == "/api/printers/4/pause", "{}", told.html);

    let nobody = [typed[0], typed[1], ("user", Some("nobody-of-this-name"))];
    let again = browser.send(&told, TRY, &nobody).await;
    assert_eq!(again.status, 422);
    assert!(
        again.says("href=\"#user\"") && again.value_of("user") == "nobody-of-this-name",
        "{}",
        again.html
    );

    let forgotten = [("request_id", Some("req_0190f0e07f1c7c3aa4d1a6f7a3a1b2c3"))];
    assert_eq!(browser.send(&told, TRY, &forgotten).await.status, 422);
}

#[tokio::test]
async fn a_whole_token_is_refused_and_not_shown() {
    let world = World::new().await;
    let browser = Browser::of(&world, &world.admin().await);
    let page = browser.page("/services/odin/catalog").await;
    let secret = format!("odin_{}", "x".repeat(49));
    for field in ["token", "user", "path"] {
        let typed = [("path", Some("/api/jobs")), (field, Some(secret.as_str()))];
        let typed = if field == "path" { &typed[1..] } else { &typed[..] };
        let again = browser.send(&page, TRY, typed).await;
        assert_eq!(again.status, 422, "{field}");
        assert!(!again.says(&secret) && again.says(&format!("href=\"#{field}\"")), "{}", again.html);
    }
}

#[tokio::test]
async fn the_audit_is_read_by_name_and_page() {
    let world = World::new().await;
    let browser = Browser::of(&world, &world.admin().await);
    world.person("bea", &[("odin", "admin")]).await;
    let page = browser.page("/audit?subject=bea").await;
    assert_eq!(page.status, 200, "{}", page.html);
    let unknown = browser.page("/audit?actor=nobody-of-this-name").await;
    assert_eq!(unknown.status, 422);
    assert!(unknown.says("There is no person called nobody-of-this-name"), "{}", unknown.html);
    assert_eq!(browser.page("/audit?cursor=none").await.status, 422);
}

#[tokio::test]
async fn the_audit_and_the_health_are_for_administrators() {
    let world = World::new().await;
    let browser = Browser::of(&world, &world.person("bea", &[("odin", "admin")]).await);
    for path in ["/audit", "/audit?actor=bea", "/health"] {
        assert_eq!(browser.page(path).await.status, 403, "{path}");
    }
    let health = Browser::of(&world, &world.admin().await).page("/health").await;
    assert!(health.status == 200 && health.says("data-live"), "{}", health.html);
}

#[tokio::test]
async fn enforcement_is_switched_by_administrators_and_the_catalog_says_so() {
    let world = World::new().await;
    let bea = Browser::of(&world, &world.person("bea", &[("odin", "admin")]).await);
    assert_eq!(bea.page(PAGE).await.status, 403);
    assert!(!bea.page("/services/odin/catalog").await.says(PAGE));
    let admin = Browser::of(&world, &world.admin().await);
    assert!(admin.page("/services/odin/catalog").await.says(PAGE));
    for (enforce, word) in [(false, "not_enforced"), (true, "enforced")] {
        let page = admin.page(PAGE).await;
        let sent = admin.send(&page, PAGE, &[]).await;
        assert_eq!(sent.status, 303, "{}", sent.html);
        assert_eq!(world.gate.enforces(&"odin".parse().unwrap()), enforce);
        let shown = admin.page(&format!("{PAGE}?done={word}")).await;
        assert!(shown.status == 200 && shown.says("role=\"status\""), "{}", shown.html);
        assert_eq!(bea.page("/services/odin/catalog").await.says("notice-warn"), !enforce);
    }
    assert!(admin.page("/audit").await.says("stopped enforcing the service odin"));
    assert_eq!(admin.page("/services/nothing/enforcement").await.status, 404);
}
