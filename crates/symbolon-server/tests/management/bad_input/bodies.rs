//! Bodies that are wrong as a whole.

use super::good::{Stage, body};
use super::{Wrong, short};
use crate::document::{document, operations};

fn whole() -> Vec<(u16, Vec<u8>)> {
    let mut bodies: Vec<(u16, Vec<u8>)> = Vec::new();
    for text in ["[]", "\"x\"", "5", "null", "true", "[{}]", "[\"name\"]", "1e5"] {
        bodies.push((422, text.as_bytes().to_vec()));
    }
    for text in [
        "",
        " ",
        "{",
        "}",
        "{}}",
        "{} {}",
        "{} x",
        "{,}",
        "{\"a\"}",
        "{'a':1}",
        "{\"\\ud800\":1}",
        "<a/>",
        "a=b",
    ] {
        bodies.push((400, text.as_bytes().to_vec()));
    }
    bodies.push((400, b"\xef\xbb\xbf{}".to_vec()));
    bodies.push((400, b"\xff\xfe{\0}\0".to_vec()));
    bodies.push((400, b"{\"\xff\":1}".to_vec()));
    bodies.push((400, vec![0; 1_000]));
    bodies.push((422, [b"[".repeat(10_000), b"]".repeat(10_000)].concat()));
    bodies
}

#[tokio::test]
async fn what_is_not_one_json_object_is_refused() {
    let (document, stage) = (document(), Stage::new().await);
    let mut wrong = Wrong::default();
    for operation in operations().iter().filter(|operation| operation.body(&document).is_some()) {
        for (status, bytes) in whole() {
            // An object without fields may be one, where none is required; then what follows it is too much.
            let what = format!("{} {}", operation.name(), short(&bytes));
            let answer = stage.call_with(operation, bytes).send().await;
            let fits = answer.status == status || (status == 400 && answer.status == 422);
            wrong.expect(fits, &what, &answer);
        }
    }
    wrong.none();
}

#[tokio::test]
async fn what_is_not_said_to_be_json_is_not_read() {
    let (document, stage) = (document(), Stage::new().await);
    for operation in operations().iter().filter(|operation| operation.body(&document).is_some()) {
        let body = body(&operation.name(), "").to_string();
        let call = || stage.call(operation, &stage.path(operation)).body(body.clone());
        for kind in ["", "text/plain", "application/xml", "application/jsonx", "json", "text/json", "\u{e9}"]
        {
            let answer = call().header("content-type", kind).send().await;
            answer.refused(415, "unsupported_media_type");
        }
        call().send().await.refused(415, "unsupported_media_type");
        let accepted = call().header("content-type", "Application/JSON ; charset=utf-8").send().await;
        assert_ne!(accepted.status, 415, "{}", operation.name());
    }
}

#[tokio::test]
async fn a_body_above_the_limit_is_413_and_one_at_it_is_read() {
    const LIMIT: usize = 4 << 20;
    let (document, stage) = (document(), Stage::new().await);
    for operation in operations().iter().filter(|operation| operation.body(&document).is_some()) {
        let answer = stage.call_with(operation, vec![b' '; LIMIT + 1]).send().await;
        answer.refused(413, "payload_too_large");
        stage.call_with(operation, vec![b' '; LIMIT]).send().await.refused(400, "invalid_request");
    }
}

#[tokio::test]
async fn who_may_not_call_is_not_read() {
    let (document, stage) = (document(), Stage::new().await);
    for operation in operations().iter().filter(|operation| operation.body(&document).is_some()) {
        if operation.name() == "POST /v1/sessions" {
            continue;
        }
        let call = crate::world::Call::new(&stage.world, &operation.method, &stage.path(operation));
        call.body("not JSON").send().await.refused(401, "credential_required");
    }
}
