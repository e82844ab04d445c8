use super::Browser;
use crate::world::World;

#[tokio::test]
async fn a_key_is_shown_once_and_taken_back() {
    let world = World::new().await;
    let browser = Browser::of(&world, &world.admin().await);
    let empty = browser.page("/keys/new").await;
    let typed = [("name", Some("edge")), ("kind", Some("verifier:odin"))];
    let once = browser.send(&empty, "/keys/new", &typed).await;
    assert_eq!(once.status, 200, "{}", once.html);
    let secret = once.value_of("secret").to_owned();
    assert!(secret.starts_with("symkey_"), "{secret}");
    let again = browser.send(&empty, "/keys/new", &typed).await;
    assert_eq!((again.status, again.location.as_str()), (303, "/keys?done=key_already"));

    let list = browser.page("/keys").await;
    assert!(list.says("edge") && !list.says(&secret), "{}", list.html);
    let (_, after) = list.html.split_once("href=\"/keys/key_").unwrap();
    let place = format!("/keys/key_{}", after.split('"').next().unwrap());
    let asked = browser.page(&place).await;
    assert!(asked.says("Revoke edge?"), "{}", asked.html);
    let done = browser.send(&asked, &place, &[]).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/keys?done=key_revoked"));
    assert!(browser.page("/keys").await.says("No keys"));
}

#[tokio::test]
async fn a_key_without_a_kind_is_refused_at_the_choice() {
    let world = World::new().await;
    let browser = Browser::of(&world, &world.admin().await);
    let empty = browser.page("/keys/new").await;
    let again = browser.send(&empty, "/keys/new", &[("name", Some("edge"))]).await;
    assert_eq!(again.status, 422);
    assert!(again.says("href=\"#kind\"") && again.value_of("name") == "edge", "{}", again.html);
}

#[tokio::test]
async fn keys_are_for_administrators() {
    let world = World::new().await;
    let browser = Browser::of(&world, &world.person("bea", &[("odin", "admin")]).await);
    for path in ["/keys", "/keys/new", "/keys/key_1/revoke"] {
        assert_eq!(browser.page(path).await.status, 403, "{path}");
    }
}
