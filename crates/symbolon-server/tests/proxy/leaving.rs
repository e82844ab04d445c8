//! Who leaves before there is an answer: the application hears of it, and the record of what was asked has it all the
//! same.

use serde_json::json;

use crate::http2::H2C;
use crate::support::backend::silent;
use crate::support::frames::{END_STREAM, Frames, RST_STREAM};
use crate::support::front::{Front, request, settings};
use crate::support::world::World;

#[tokio::test]
async fn who_does_not_wait_for_the_answer_has_a_line_of_the_access_log_and_a_time() {
    let world = World::telling().await;
    let ann = world.user("ann", "operator").await;
    let (secret, token) = world.token_of("shop", &ann, &["write:things"]).await;
    let bearer = format!("Bearer {secret}");
    let (backend, mut heard) = silent().await;
    let front = Front::by(&world, settings(backend.address), H2C()).await;

    let mut wire = front.connect().await;
    wire.send(request("DELETE /api/things/7", &[("Authorization", &bearer)])).await;
    assert_eq!(heard.recv().await, Some("asked"));
    drop(wire);
    assert_eq!(heard.recv().await, Some("left"));

    // One of several on a connection that goes on.
    let mut frames = Frames::begin(front.connect().await).await;
    let fields = [
        (":method", "DELETE"),
        (":scheme", "http"),
        (":authority", "shop.example"),
        (":path", "/api/things/8"),
        ("authorization", bearer.as_str()),
    ];
    frames.ask(1, END_STREAM, &fields).await;
    assert_eq!(heard.recv().await, Some("asked"));
    frames.send(RST_STREAM, 0, 1, &[0, 0, 0, 8]).await;
    assert_eq!(heard.recv().await, Some("left"));

    let lines = world.access_log().await;
    let told: Vec<_> = lines
        .iter()
        .map(|line| json!([line["path"], line["status"], line["code"], line["principal"], line["token"]]))
        .collect();
    let id = token.id.to_string();
    let line = |path: &str| json!([path, 499, "allowed", "token", id]);
    assert_eq!(told, [line("/api/things/7"), line("/api/things/8")]);
    assert_eq!(world.measured("proxy").await, 2);
}
