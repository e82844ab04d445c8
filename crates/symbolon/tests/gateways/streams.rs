//! What is long passes unharmed: an upload of a gigabyte, a WebSocket, a stream of events.

use std::io::Read;

use crate::application::{PIECE, piece};
use crate::gateway::Kind;
use crate::stage::Stage;
use crate::wire::{Wire, request};

crate::every_gateway!(
    heavy_upload_of_a_gigabyte_arrives_whole,
    a_websocket_passes,
    events_arrive_as_they_happen
);

const GIGABYTE: usize = 1 << 30;

fn heavy_upload_of_a_gigabyte_arrives_whole(kind: Kind) {
    let stage = Stage::new(kind);
    let (_, secret) = stage.token(&["write:jobs"]);
    let bearer = format!("Bearer {secret}");
    let piece = piece();
    let mut wire = Wire::connect(stage.address()).unwrap();
    let headers = [("Authorization", bearer.as_str()), ("Content-Length", &GIGABYTE.to_string())];
    wire.send(request("POST /api/jobs", &headers)).unwrap();
    let mut left = GIGABYTE;
    while left > 0 {
        let count = left.min(PIECE);
        wire.send(&piece[..count]).unwrap_or_else(|error| panic!("{kind:?} with {left} bytes left: {error}"));
        left -= count;
    }
    let answer = wire.answer().unwrap();
    assert_eq!(answer.status(), 200, "{kind:?} {answer:?}");
    assert_eq!(answer.json(), serde_json::json!({ "length": GIGABYTE, "whole": true }), "{kind:?}");
}

fn a_websocket_passes(kind: Kind) {
    let stage = Stage::new(kind);
    let (_, secret) = stage.token(&["read:printers"]);
    let bearer = format!("Bearer {secret}");
    let handshake = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let mut wire = Wire::connect(stage.address()).unwrap();
    wire.send(request(
        "GET /api/printers?websocket",
        &[&[("Authorization", bearer.as_str())][..], &handshake].concat(),
    ))
    .unwrap();
    let answer = wire.head().unwrap();
    assert_eq!(answer.status(), 101, "{kind:?} {answer:?}");
    for word in ["good", "day", "to", "you"] {
        wire.send(word).unwrap();
        let mut heard = vec![0; word.len()];
        wire.0.read_exact(&mut heard).unwrap();
        assert_eq!(heard, word.as_bytes(), "{kind:?}");
    }
    let seen = stage.application.seen();
    assert_eq!(seen[0].header("x-symbolon-principal"), Some("token"), "{kind:?}");
    // Without a token there is none.
    let refused = stage.ask("GET /api/printers?websocket", &handshake);
    assert_eq!(refused.status(), 401, "{kind:?} {refused:?}");
    assert!(stage.application.seen().is_empty(), "{kind:?}");
}

fn events_arrive_as_they_happen(kind: Kind) {
    let stage = Stage::new(kind);
    let (_, secret) = stage.token(&["read:printers"]);
    let bearer = format!("Bearer {secret}");
    let mut wire = Wire::connect(stage.address()).unwrap();
    wire.send(request("GET /api/printers?events", &[("Authorization", &bearer)])).unwrap();
    let answer = wire.head().unwrap();
    assert_eq!(
        (answer.status(), answer.header("transfer-encoding")),
        (200, Some("chunked")),
        "{kind:?} {answer:?}"
    );
    let first = wire.chunk().unwrap().unwrap();
    assert_eq!(String::from_utf8(first).unwrap(), "data: first\n\n", "{kind:?}");
    // The second is not sent before the first has arrived.
    stage.application.go_on();
    let mut rest = Vec::new();
    while let Some(chunk) = wire.chunk().unwrap() {
        rest.extend(chunk);
    }
    assert_eq!(String::from_utf8(rest).unwrap(), "data: second\n\n", "{kind:?}");
}
