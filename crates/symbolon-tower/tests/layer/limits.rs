//! A limit at the layer: what passes says what is left, and what does not says how long to wait, as at the proxy.

use crate::front::Front;
use crate::stage::{Server, ask, behind_proxy, guarded, in_process, management, remote};
use crate::world::World;

#[tokio::test]
async fn every_door_says_of_a_limit_the_same() {
    let world = World::new().await;
    world.limit("token = \"5/1m\"");
    let ann = world.user("ann", "operator").await;
    let upstream = Server::new(behind_proxy()).await;
    let proxy = Front::of(&world, upstream.address).await;
    let local = guarded(&in_process(&world)).await;
    let management = management(&world).await;
    let remote = guarded(&remote(&world, &management).await).await;
    for address in [proxy.address, local.address, remote.address] {
        let token = world.token(&ann, &["read:things"]).await;
        let headers = [("X-API-Key", token.as_str())];
        for (status, retry) in [(200, None), (429, Some("12"))] {
            let answer = ask(address, "GET /api/things", &headers).await;
            assert_eq!(answer.status(), status);
            assert_eq!(answer.header("ratelimit-policy"), Some("\"token\";q=5;w=60"));
            assert_eq!(answer.header("ratelimit"), Some("\"token\";r=0;t=12"));
            assert_eq!(answer.header("retry-after"), retry);
        }
        world.clock.advance(12_000);
        assert_eq!(ask(address, "GET /api/things", &headers).await.status(), 200);
    }
    proxy.stop.cancel();
}
