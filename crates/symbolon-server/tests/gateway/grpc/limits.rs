//! Limits, as Envoy is told of them over gRPC.

use super::call::{header, passed, refused};
use super::messages::APPEND;
use crate::door::Door;
use crate::support::world::World;

#[tokio::test]
async fn a_limit_goes_into_the_applications_answer_and_into_a_refusal() {
    let world = World::new().await;
    world.limit("token = \"5/1m\"");
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["read:things"]).await;
    let door = Door::of(&world).await;
    let ok = passed(door.check_as(&token, "GET /api/things").await);
    let added = ok.response_headers_to_add.iter().map(|added| {
        assert_eq!(added.append_action, APPEND, "beside the application's own");
        let header = added.header.clone().unwrap();
        (header.key, header.value)
    });
    let expected = [("ratelimit-policy", "\"token\";q=5;w=60"), ("ratelimit", "\"token\";r=0;t=12")];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(added.collect::<Vec<_>>(), expected);
    let denied = refused(door.check_as(&token, "GET /api/things").await);
    assert_eq!(denied.status.unwrap().code, 429);
    assert_eq!(header(&denied.headers, "retry-after").as_deref(), Some("12"));
    assert_eq!(header(&denied.headers, "ratelimit").as_deref(), Some("\"token\";r=0;t=12"));
}
