use serde_json::json;

use super::Browser;
use crate::world::{PASSWORD, World};

async fn signs_in(world: &World, name: &str, password: &str) -> bool {
    let login = json!({ "username": name, "password": password });
    world.post("/v1/sessions", &login).send().await.status == 201
}

#[tokio::test]
async fn somebody_new_is_shown_their_password_once() {
    let world = World::new().await;
    let browser = Browser::of(&world, &world.admin().await);
    let empty = browser.page("/people/new").await;
    let typed = [("name", Some("bea")), ("roles.odin", Some("viewer"))];
    let once = browser.send(&empty, "/people/new", &typed).await;
    assert_eq!(once.status, 200, "{}", once.html);
    assert!(once.says("data-once=\"/people/bea\""), "{}", once.html);
    let password = once.value_of("secret").to_owned();
    assert!(signs_in(&world, "bea", &password).await);

    let again = browser.send(&empty, "/people/new", &typed).await;
    assert_eq!((again.status, again.location.as_str()), (303, "/people/bea?done=person_made_before"));
    let other = browser.send(&empty, "/people/new", &[("name", Some("cid"))]).await;
    assert_eq!((other.status, other.location.as_str()), (303, "/people?done=person_form"));
    assert!(signs_in(&world, "bea", &password).await);

    let list = browser.page("/people").await;
    assert!(
        list.says("href=\"/people/bea\"") && list.says("viewer") && !list.says("/people/cid"),
        "{}",
        list.html
    );
    assert!(!list.says(&password));
}

#[tokio::test]
async fn an_owner_alone_cannot_sign_in_and_may_be_given_a_password() {
    let world = World::new().await;
    let browser = Browser::of(&world, &world.admin().await);
    let empty = browser.page("/people/new").await;
    let made = browser.send(&empty, "/people/new", &[("name", Some("new")), ("login", Some("none"))]).await;
    assert_eq!(made.status, 303, "{}", made.html);
    let place = made.location.split('?').next().unwrap();
    assert!(place.starts_with("/people/usr_"), "{place}");
    let page = browser.page(place).await;
    assert!(page.says("Cannot sign in"), "{}", page.html);
    let once = browser.send(&page, &format!("{place}/password"), &[]).await;
    assert_eq!(once.status, 200, "{}", once.html);
    assert!(signs_in(&world, "new", once.value_of("secret")).await);
}

#[tokio::test]
async fn what_is_wrong_stands_at_its_field() {
    let world = World::new().await;
    let browser = Browser::of(&world, &world.admin().await);
    let empty = browser.page("/people/new").await;
    let typed = [("name", Some("Bea!")), ("roles.odin", Some("viewer")), ("login", Some("none"))];
    let again = browser.send(&empty, "/people/new", &typed).await;
    assert_eq!(again.status, 422);
    assert!(again.says("id=\"e-name\"") && again.value_of("name") == "Bea!", "{}", again.html);
    assert!(again.says("<option value=\"viewer\" selected>"), "{}", again.html);
    let wrong =
        browser.send(&empty, "/people/new", &[("name", Some("bea")), ("roles.odin", Some("king"))]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.says("id=\"e-roles.odin\""), "{}", wrong.html);
}

#[tokio::test]
async fn only_what_was_touched_is_changed() {
    let world = World::new().await;
    let admin = world.admin().await;
    let browser = Browser::of(&world, &admin);
    world.person("bea", &[("odin", "viewer"), ("odysseus", "user")]).await;
    let page = browser.page("/people/bea").await;
    // Somebody else changes what the form is not about to.
    let other = json!({ "roles": { "odysseus": "admin" }, "platform_admin": true });
    assert_eq!(world.patch("/v1/users/bea", &other).by(&admin.jwt).send().await.status, 200);
    let saved = browser.send(&page, "/people/bea", &[("roles.odin", Some("")), ("active", None)]).await;
    assert_eq!((saved.status, saved.location.as_str()), (303, "/people/bea?done=saved"), "{}", saved.html);
    let user = world.get("/v1/users/bea").by(&admin.jwt).send().await.json();
    assert_eq!(user["roles"], json!({ "odysseus": "admin" }));
    assert_eq!((&user["active"], &user["platform_admin"]), (&json!(false), &json!(true)));
}

#[tokio::test]
async fn whoever_would_lock_themselves_out_is_asked() {
    let world = World::new().await;
    let admin = world.admin().await;
    let browser = Browser::of(&world, &admin);
    let page = browser.page("/people/admin").await;
    assert!(page.says("href=\"/account/password\"") && !page.says("action=\"/people/admin/password\""));
    let asked = browser.send(&page, "/people/admin", &[("platform_admin", None)]).await;
    assert_eq!(asked.status, 200);
    assert!(asked.says("name=\"sure\""), "{}", asked.html);
    let user = world.get("/v1/users/admin").by(&admin.jwt).send().await.json();
    assert_eq!(user["platform_admin"], true);
    let done = browser.send(&asked, "/people/admin", &[]).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/account?done=saved"), "{}", done.html);
    assert_eq!(browser.page("/people").await.status, 403);
    assert_eq!(browser.page("/people/new").await.status, 403);
}

#[tokio::test]
async fn removing_is_asked_once_and_oneself_is_told() {
    let world = World::new().await;
    let admin = world.admin().await;
    let browser = Browser::of(&world, &admin);
    world.person("bea", &[]).await;
    let asked = browser.page("/people/bea/remove").await;
    assert!(!asked.says("This is you"), "{}", asked.html);
    let done = browser.send(&asked, "/people/bea/remove", &[]).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/people?done=person_removed"));
    assert_eq!(browser.page("/people/bea").await.status, 404);
    let asked = browser.page("/people/admin/remove").await;
    assert!(asked.says("This is you"), "{}", asked.html);
    assert!(signs_in(&world, "admin", PASSWORD).await);
    let done = browser.send(&asked, "/people/admin/remove", &[]).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/sign-in?done=self_gone"));
    assert_eq!(browser.page("/sign-in?done=self_gone").await.status, 200);
}

#[tokio::test]
async fn the_built_in_user_has_no_forms() {
    let world = World::new().await;
    let browser = Browser::of(&world, &world.admin().await);
    let page = browser.page("/people/system").await;
    assert_eq!(page.status, 200);
    assert!(!page.says("action=\"/people/system"), "{}", page.html);
    assert_eq!(browser.page("/people/system/remove").await.location, "/people/system");
}

#[tokio::test]
async fn whoever_is_made_inactive_by_themselves_is_out() {
    let world = World::new().await;
    let browser = Browser::of(&world, &world.admin().await);
    let page = browser.page("/people/admin").await;
    let asked = browser.send(&page, "/people/admin", &[("active", None)]).await;
    let done = browser.send(&asked, "/people/admin", &[]).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/sign-in?done=self_gone"), "{}", done.html);
    let sign_in = browser.page("/sign-in?done=self_gone").await;
    assert_eq!(sign_in.status, 200, "{}", sign_in.html);
}
