//! Whose forms are taken, and what a form does not undo.

use axum::body::Body;
use http::Request;
use serde_json::json;
use tower::ServiceExt;

use super::Browser;
use crate::world::{PASSWORD, World};

/// Every form that changes something. One that is not here is not tried below.
const FORMS: [&str; 27] = [
    "/sign-in",
    "/sign-out",
    "/account/password",
    "/account/sessions/ses_1/end",
    "/services/odin/tokens/revoke",
    "/services/odin/tokens/bulk",
    "/services/odin/tokens/new",
    "/services/odin/tokens/new/summary",
    "/services/odin/tokens/ID/edit",
    "/services/odin/tokens/ID/edit/summary",
    "/services/odin/tokens/ID/disable",
    "/services/odin/tokens/ID/enable",
    "/services/odin/tokens/ID/revoke",
    "/services/odin/catalog/try",
    "/people/new",
    "/people/admin",
    "/people/admin/password",
    "/people/admin/remove",
    "/keys/new",
    "/keys/key_1/revoke",
    "/sessions/ses_1/end",
    "/asks/new",
    "/asks/ask_1/approve",
    "/asks/ask_1/deny",
    "/asks/ask_1/end",
    "/people/bea",
    "/people/bea/remove",
];

async fn post(world: &World, path: &str, headers: &[(&str, &str)], body: &str) -> u16 {
    let mut request = Request::post(path).header("host", "127.0.0.1:7070");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    symbolon_server::site(world.app.clone()).oneshot(request).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_form_of_another_page_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let admin = world.admin().await;
    world.person("bea", &[("odin", "viewer")]).await;
    let (id, secret) = world.odin_token(&admin.jwt, &["read:printers"]).await;
    let browser = Browser::of(&world, &admin);
    let page = browser.page("/account/password").await;
    let (_, after) = page.form("/account/password").split_once("name=\"form_token\"").unwrap();
    let token = super::attribute(after, "value").unwrap().to_owned();
    let cookie = format!("symbolon_session={}; symbolon_form=x", admin.jwt);
    let form = ("content-type", "application/x-www-form-urlencoded");
    let sent = format!("form_token={token}&sure=yes&id={id}&name=x&password={PASSWORD}&kind=system");
    let untokened = sent.replacen(&token, &"0".repeat(64), 1);
    for path in FORMS {
        let path = path.replace("ID", &id);
        let cookie = ("cookie", cookie.as_str());
        for site in ["cross-site", "same-site", "none"] {
            assert_eq!(
                post(&world, &path, &[cookie, form, ("sec-fetch-site", site)], &sent).await,
                403,
                "{path} {site}"
            );
        }
        let other = ("origin", "http://127.0.0.1:9999");
        assert_eq!(post(&world, &path, &[cookie, form, other], &sent).await, 403, "{path} of another port");
        assert_eq!(post(&world, &path, &[cookie, form], &sent).await, 403, "{path} of nowhere");
        let own = ("sec-fetch-site", "same-origin");
        assert_eq!(
            post(&world, &path, &[cookie, form, own], &untokened).await,
            403,
            "{path} without its token"
        );
        assert_eq!(post(&world, &path, &[cookie, form, own], "").await, 403, "{path} empty");
        let plain = ("content-type", "text/plain");
        assert_eq!(post(&world, &path, &[cookie, plain, own], &sent).await, 403, "{path} as text");
    }
    assert_eq!(world.verdict(&secret, "GET", "/api/printers").await, "allowed");
    world.get("/v1/self").by(&admin.jwt).send().await.expect(200);
    world.get("/v1/users/bea").by(&admin.jwt).send().await.expect(200);
}

#[tokio::test]
async fn a_cookie_that_is_no_session_opens_no_page() {
    let world = World::new().await;
    world.admin().await;
    let key = world.system_key().await;
    for secret in [key.as_str(), "é", "x y", "", "eyJ.x.y"] {
        let browser = Browser {
            pages: symbolon_server::site(world.app.clone()),
            cookie: format!("symbolon_session={secret}"),
        };
        let shown = browser.page("/people").await;
        assert_eq!((shown.status, shown.location.as_str()), (303, "/sign-in?back=%2Fpeople"), "{secret}");
        assert_eq!(browser.page("/sign-in").await.status, 200, "{secret}");
    }
}

#[tokio::test]
async fn an_edit_does_not_undo_what_another_took_away() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (id, secret) = world.odin_token(&admin.jwt, &["read:printers", "write:printers"]).await;
    let browser = Browser::of(&world, &admin);
    let path = format!("/services/odin/tokens/{id}/edit");
    let form = browser.page(&path).await;
    let narrowed = json!({ "scopes": ["read:printers"] });
    world.patch(&format!("/v1/services/odin/tokens/{id}"), &narrowed).by(&admin.jwt).send().await.expect(200);
    let saved = browser.send(&form, &path, &[("name", Some("another name")), ("end", Some("keep"))]).await;
    assert_eq!(saved.status, 303, "{}", saved.html);
    let record = world.get(&format!("/v1/services/odin/tokens/{id}")).by(&admin.jwt).send().await.expect(200);
    assert_eq!((&record["name"], &record["scopes"]), (&json!("another name"), &json!(["read:printers"])));
    assert_ne!(world.verdict(&secret, "POST", "/api/printers").await, "allowed");
}

#[tokio::test]
async fn a_new_token_is_shown_once_and_made_once() {
    let world = World::new().await;
    let browser = Browser::of(&world, &world.admin().await);
    let form = browser.page("/services/odin/tokens/new").await;
    let typed =
        [("name", Some("<script>alert(1)</script>")), ("scope", Some("read:printers")), ("end", Some("30d"))];
    let once = browser.send(&form, "/services/odin/tokens/new", &typed).await;
    assert_eq!(once.status, 200, "{}", once.html);
    assert!(!once.says("<script>alert"), "{}", once.html);
    let secret = once.value_of("secret").to_owned();
    assert_eq!(world.verdict(&secret, "GET", "/api/printers").await, "allowed");
    let again = browser.send(&form, "/services/odin/tokens/new", &typed).await;
    assert_eq!(again.status, 303);
    assert!(again.location.ends_with("?done=already"), "{}", again.location);
    let list = browser.page("/services/odin/tokens").await;
    assert_eq!(list.html.matches("data-pick").count(), 1);
    assert!(!list.says(&secret) && !list.says("<script>alert"));
}

#[tokio::test]
async fn what_was_typed_stays_and_the_fault_stands_at_its_field() {
    let world = World::new().await;
    let browser = Browser::of(&world, &world.admin().await);
    let form = browser.page("/services/odin/tokens/new").await;
    let typed = [("name", Some("kept as typed")), ("end", Some("date")), ("until", Some("2001-01-01"))];
    let shown = browser.send(&form, "/services/odin/tokens/new", &typed).await;
    assert_eq!(shown.status, 422);
    assert_eq!(shown.value_of("name"), "kept as typed");
    assert!(shown.says("id=\"e-scopes\"") || shown.says("id=\"e-end\""), "{}", shown.html);
}

#[tokio::test]
async fn a_password_is_not_changed_to_itself_nor_guessed_at_an_open_session() {
    let world = World::new().await;
    let bea = world.person("bea", &[]).await;
    let change = |current: &str, new: &str| json!({ "current": current, "new": new });
    let call = |body| world.post("/v1/self/password", &body).by(&bea.jwt).send();
    call(change(PASSWORD, PASSWORD)).await.refused_at(422, "validation_failed", "new");
    for _ in 0..10 {
        call(change("not the password", "a password of my own")).await.refused_at(
            422,
            "validation_failed",
            "current",
        );
    }
    call(change(PASSWORD, "a password of my own")).await.refused(429, "rate_limited");
}
