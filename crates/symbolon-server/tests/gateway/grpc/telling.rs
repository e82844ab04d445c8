//! What is told of a call is what is told of a question over HTTP.

use serde_json::Value;

use super::call::{joined, raw};
use crate::door::Door;
use crate::support::world::World;

/// All of a line but what is another each time.
fn told(mut line: Value) -> Value {
    let fields = line.as_object_mut().unwrap();
    let ms = fields.remove("ms").unwrap();
    assert!(ms.as_f64().unwrap() > 0.0, "{ms}");
    assert!(fields.remove("request_id").unwrap().as_str().unwrap().starts_with("req_"));
    line
}

#[tokio::test]
async fn a_call_has_the_line_and_the_duration_of_a_question_over_http() {
    let world = World::telling().await;
    let ann = world.user("ann", "operator").await;
    let (secret, token) = world.token_of("shop", &ann, &["read:things"]).await;
    let door = Door::of(&world).await;
    let bearer = format!("Bearer {secret}");
    let in_the_path = format!("GET /api/things/{secret}");
    for line in ["GET /api/things/7?full=1", "POST /api/things", "GET /api/nowhere", &in_the_path] {
        door.check(joined(line, &[("Authorization", &bearer)])).await;
        let headers = [("authorization", bearer.as_str()), ("x-forwarded-for", "192.0.2.7")];
        door.about("envoy", line, &headers).await;
    }
    // What is not understood has no line, and is measured all the same.
    door.check(raw("GET /api/health", &[(":path", b"/api/settings")])).await;
    door.call(&[], joined("GET /api/health", &[])).await.unwrap();
    let told: Vec<_> = world.access_log().await.into_iter().map(told).collect();
    assert_eq!(told.len(), 8, "{told:#?}");
    for pair in told.chunks(2) {
        assert_eq!(pair[0], pair[1]);
    }
    let [first, second, third, fourth] = [0, 2, 4, 6].map(|at| &told[at]);
    assert_eq!(
        (&first["code"], &first["status"], &first["door"]),
        (&"allowed".into(), &200.into(), &"gateway".into())
    );
    assert_eq!((&first["path"], &first["client_ip"]), (&"/api/things/7".into(), &"192.0.2.7".into()));
    assert_eq!((&first["token"], &first["principal"]), (&token.id.to_string().into(), &"token".into()));
    assert_eq!((&second["code"], &second["principal"]), (&"insufficient_scope".into(), &Value::Null));
    assert_eq!((&third["code"], &third["route"]), (&"no_route".into(), &Value::Null));
    assert_eq!(fourth["path"], Value::Null);
    assert_eq!(world.measured("gateway").await, 10);
}
