use super::Browser;
use crate::world::World;

#[tokio::test]
async fn an_administrator_ends_a_session() {
    let world = World::new().await;
    let admin = world.admin().await;
    let bea = world.person("bea", &[]).await;
    let browser = Browser::of(&world, &admin);
    let page = browser.page("/sessions").await;
    assert!(page.says("href=\"/people/bea\"") && page.says("an unknown address"), "{}", page.html);
    let of_bea = browser.page("/sessions?user=bea").await;
    assert!(!of_bea.says("href=\"/people/admin\""), "{}", of_bea.html);
    let place = format!("/sessions/{}/end", bea.session.id);
    for _ in 0..2 {
        let done = browser.send(&of_bea, &place, &[]).await;
        assert_eq!((done.status, done.location.as_str()), (303, "/sessions?user=bea&done=session_ended"));
    }
    assert!(browser.page("/sessions?user=bea").await.says("bea is not signed in."));
    assert_eq!(Browser::of(&world, &bea).page("/account").await.location, "/sign-in?back=%2Faccount");
}

#[tokio::test]
async fn whoever_does_not_administer_sees_their_own_in_their_account() {
    let world = World::new().await;
    let browser = Browser::of(&world, &world.person("bea", &[]).await);
    assert_eq!(browser.page("/sessions").await.location, "/account");
}
