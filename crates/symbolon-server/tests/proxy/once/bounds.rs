//! Which requests are made once, and which keys are none.

use tokio::time::timeout;

use super::{CREATED, PATIENCE, Scripted, caller, creation, is_replay, send, written};
use crate::http2::{H2C, ask, client};
use crate::support::backend::Recorder;
use crate::support::front::{Front, settings};
use crate::support::world::World;

#[tokio::test]
async fn a_key_that_is_none_is_refused_and_says_what_would_be_one() {
    let world = World::new().await;
    let (secret, _) = caller(&world).await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    for key in ["", &"k".repeat(256), "k\u{e9}", "a\r\nIdempotency-Key: a"] {
        let answer = send(&front, &creation(&secret, key)).await;
        assert_eq!((answer.status(), answer.code().as_str()), (400, "invalid_request"), "{key}");
        let body = String::from_utf8(answer.body).unwrap();
        assert!(body.contains("one text of 1 to 255 ASCII characters"), "{body}");
    }
    recorder.saw_nothing();
    for key in ["k".repeat(255), "\"quoted, with a comma\"".to_owned()] {
        assert_eq!(send(&front, &creation(&secret, &key)).await.status(), 200);
        assert_eq!(recorder.seen().await.header("idempotency-key"), Some(key.as_str()));
    }
}

#[tokio::test]
async fn for_all_others_the_header_goes_on_and_means_nothing_here() {
    let world = World::new().await;
    let (secret, _) = caller(&world).await;
    let ann = world.store.user_named(&"ann".parse().unwrap()).await.unwrap().unwrap();
    let session = world.session(&ann).await;
    let key = world.system_key().await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    let request = |secret: &str, line: &str| {
        let bearer = format!("Bearer {secret}");
        // Even one that is no key.
        written(line, &[("Authorization", &bearer), ("Idempotency-Key", ""), ("Idempotency-Key", "k")], "")
    };
    for (secret, line) in
        [(&secret, "GET /api/things"), (&session, "POST /api/things"), (&key, "POST /api/things")]
    {
        for _ in 0..2 {
            let answer = send(&front, &request(secret, line)).await;
            assert_eq!((answer.status(), is_replay(&answer)), (200, false), "{line}");
            assert_eq!(recorder.seen().await.all("idempotency-key"), ["", "k"]);
        }
    }
    for _ in 0..2 {
        let nobodys = written("POST /api/login", &[("Idempotency-Key", "k")], "");
        assert_eq!(send(&front, &nobodys).await.status(), 200);
        assert_eq!(recorder.seen().await.header("idempotency-key"), Some("k"));
    }
}

#[tokio::test]
async fn an_application_that_sees_to_it_itself_is_asked_each_time() {
    let world = World::new().await;
    world.say("idempotency = \"application\"");
    let (secret, _) = caller(&world).await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    for _ in 0..2 {
        let answer = send(&front, &creation(&secret, "k")).await;
        assert_eq!((answer.status(), is_replay(&answer)), (200, false));
        assert_eq!(recorder.seen().await.header("idempotency-key"), Some("k"));
    }
}

#[tokio::test]
async fn what_is_only_tried_claims_nothing() {
    let world = World::new().await;
    let (secret, _) = caller(&world).await;
    let mut application = Scripted::new([CREATED, CREATED]).await;
    let front = Front::of(&world, application.backend.address).await;
    let request = creation(&secret, "k");
    let tried = request.replacen("\r\n", "\r\nX-Dry-Run: true\r\n", 1);
    assert_eq!(send(&front, &tried).await.status(), 200);
    assert_eq!(application.asked(), 0);
    world.say("dry_run = \"application\"");
    assert_eq!(send(&front, &tried).await.status(), 201);
    assert_eq!(application.asked(), 1);
    let answer = send(&front, &request).await;
    assert_eq!((answer.status(), is_replay(&answer), application.asked()), (201, false, 1));
}

#[tokio::test]
async fn a_body_that_is_too_long_for_a_key_is_refused() {
    let world = World::new().await;
    let (secret, _) = caller(&world).await;
    let mut recorder = Recorder::new().await;
    let front = Front::by(&world, settings(recorder.backend.address), H2C()).await;
    let bearer = format!("Bearer {secret}");
    let headers = [("Authorization", bearer.as_str()), ("Idempotency-Key", "k")];
    let longest = "a".repeat(1 << 20);
    let whole = written("POST /api/things", &headers, &longest);
    let (head, _) = whole.split_once("Content-Length").unwrap();
    let said = format!("{head}Content-Length: 1048577\r\n\r\n");
    let found = format!("{head}Transfer-Encoding: chunked\r\n\r\n100001\r\n{longest}a");
    for longer in [said, found] {
        let answer = timeout(PATIENCE, send(&front, &longer)).await.unwrap();
        assert_eq!((answer.status(), answer.code().as_str()), (413, "payload_too_large"));
        let body = String::from_utf8(answer.body).unwrap();
        assert!(body.contains("1048576 bytes"), "{body}");
    }
    recorder.saw_nothing();
    assert_eq!(send(&front, &whole).await.status(), 200);
    assert_eq!(recorder.seen().await.body.len(), longest.len());
    // The same, sent in another way.
    let coded = format!("{head}Transfer-Encoding: chunked\r\n\r\n100000\r\n{longest}\r\n0\r\n\r\n");
    assert!(is_replay(&send(&front, &coded).await));
    recorder.saw_nothing();
}

#[tokio::test]
async fn a_body_that_breaks_off_claims_nothing() {
    let world = World::new().await;
    let (secret, _) = caller(&world).await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    let request = creation(&secret, "k");
    let mut wire = front.connect().await;
    wire.send(&request[..request.len() - 1]).await;
    drop(wire);
    assert_eq!(send(&front, &request).await.status(), 200);
    assert_eq!(recorder.seen().await.body, br#"{"name":"seven"}"#);
    recorder.saw_nothing();
}

#[tokio::test]
async fn over_http2_it_is_the_same() {
    let world = World::new().await;
    let (secret, _) = caller(&world).await;
    let mut application = Scripted::new([CREATED]).await;
    let front = Front::by(&world, settings(application.backend.address), H2C()).await;
    let mut client = client(&front).await;
    let bearer = format!("Bearer {secret}");
    for again in [None, Some("true")] {
        let headers = [("authorization", bearer.as_str()), ("idempotency-key", "k")];
        let answer = ask(&mut client, "POST /api/things", &headers, axum::body::Body::from("seven")).await;
        assert_eq!(answer.status(), 201);
        let replayed = answer.headers().get("idempotent-replayed").map(|value| value.to_str().unwrap());
        assert_eq!(replayed, again);
    }
    assert_eq!(application.asked(), 1);
}
