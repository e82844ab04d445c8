//! Who may ask.

use symbolon_server::OtherCredentials;

use crate::door::{Door, FAMILIES};
use crate::support::world::World;

#[tokio::test]
async fn who_is_no_peer_learns_nothing_and_passes_nothing() {
    let world = World::new().await;
    let key = world.system_key().await;
    for peers in [&[][..], &["127.0.0.2", "10.0.0.0/8", "::1"]] {
        let door = Door::by(&world, peers, OtherCredentials::Passthrough).await;
        for family in FAMILIES {
            for line in ["GET /api/metrics", "GET /api/health", "GET /api/nothing"] {
                let answer = door.about_as(&key, family, line).await;
                assert_eq!(answer.status(), 403, "{family} {line}");
                assert_eq!(answer.header("x-symbolon-error"), Some("unknown_peer"));
                assert_eq!(answer.header("x-symbolon-principal"), None);
            }
        }
    }
    let door = Door::by(&world, &["127.0.0.0/8"], OtherCredentials::Refuse).await;
    for family in FAMILIES {
        assert_eq!(door.about_as(&key, family, "GET /api/metrics").await.status(), 200, "{family}");
    }
}
