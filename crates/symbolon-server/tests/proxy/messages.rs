//! Messages that two servers could read in two ways.

use crate::support::backend::Recorder;
use crate::support::front::Front;
use crate::support::world::World;

#[tokio::test]
async fn ambiguous_messages_are_refused() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    for front in [
        Front::of(&world, recorder.backend.address).await,
        Front::passthrough(&world, recorder.backend.address).await,
    ] {
        for message in [
            "GET /api/health HTTP/1.1\r\nConnection: close\r\n\r\n",
            "GET /api/health HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
            "GET /api/health HTTP/1.1\r\nHost: a\r\nHost: a\r\nConnection: close\r\n\r\n",
            "POST /api/login HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "POST /api/login HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na",
            "POST /api/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            "POST /api/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
            "POST /api/login HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "POST /api/login HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "GET /api/health HTTP/1.1\r\nHost: a\r\nConnection: close, host\r\n\r\n",
            "POST /api/login HTTP/1.1\r\nHost: a\r\nConnection: close, content-length\r\nContent-Length: 1\r\n\r\na",
            "GET /api/health HTTP/1.1\r\nHost : a\r\n\r\n",
            "GET /api/health HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n folded\r\n\r\n",
            "GET /api/health HTTP/1.1\r\nHost: a\r\nX-A: \0\r\n\r\n",
            "GET  /api/health HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /api/health HTTP/2.0\r\nHost: a\r\n\r\n",
        ] {
            let statuses = front.statuses(message).await;
            assert!(matches!(statuses[..], [400]), "{statuses:?} {message:?}");
        }
    }
    recorder.saw_nothing();
}

#[tokio::test]
async fn a_second_length_smuggles_nothing() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    // To a server that went by the length, the rest would be a request of its own.
    let hidden = "GET /api/settings HTTP/1.1\r\nHost: a\r\n\r\n";
    for lengths in
        ["Content-Length: 6\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 6"]
    {
        let message = format!("POST /api/login HTTP/1.1\r\nHost: a\r\n{lengths}\r\n\r\n0\r\n\r\n{hidden}");
        let statuses = front.statuses(&message).await;
        // The chunks count alone, and the connection ends (RFC 9112 section 6.3); a refusal would do as well.
        assert!(matches!(statuses[..], [200 | 400]), "{statuses:?}");
        if statuses == [200] {
            let seen = recorder.seen().await;
            assert_eq!((seen.asks(), seen.body.len()), ("POST /api/login", 0));
            assert_eq!(seen.header("content-length"), None);
        }
        recorder.saw_nothing();
    }
}

#[tokio::test]
async fn pipelined_requests_are_decided_one_by_one() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    let last = "GET /api/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let message = format!(
        "POST /api/login HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /api/settings HTTP/1.1\r\nHost: a\r\n\r\n{last}"
    );
    assert_eq!(front.statuses(&message).await, [200, 401, 200]);
    assert_eq!(recorder.seen().await.body, b"abc");
    assert_eq!(recorder.seen().await.asks(), "GET /api/health");
    recorder.saw_nothing();
}

#[tokio::test]
async fn http_1_0_is_taken_with_and_without_a_host() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    let upstream = recorder.backend.address.to_string();
    for (sent, host) in [("", upstream.as_str()), ("Host: shop.example\r\n", "shop.example")] {
        let mut wire = front.connect().await;
        wire.send(format!("GET /api/health HTTP/1.0\r\n{sent}\r\n")).await;
        let answer = wire.message().await.unwrap();
        assert_eq!((answer.status(), answer.body.as_slice()), (200, &b"ok"[..]));
        assert!(wire.ends().await);
        let seen = recorder.seen().await;
        assert_eq!((seen.asks(), seen.header("host")), ("GET /api/health", Some(host)));
    }
}

#[tokio::test]
async fn a_body_of_a_get_and_its_framing_arrive() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    for (framing, body) in
        [("Content-Length: 5", "hello"), ("Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n")]
    {
        let close = "Connection: close";
        let message = format!("GET /api/health HTTP/1.1\r\nHost: a\r\n{close}\r\n{framing}\r\n\r\n{body}");
        assert_eq!(front.statuses(&message).await, [200]);
        assert_eq!(recorder.seen().await.body, b"hello", "{framing}");
    }
    let empty = "POST /api/login HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(front.statuses(empty).await, [200]);
    assert_eq!(recorder.seen().await.header("content-length"), Some("0"));
}

#[tokio::test]
async fn a_fragment_is_neither_decided_about_nor_passed_on() {
    let world = World::new().await;
    let ann = world.user("ann", "viewer").await;
    let token = world.token(&ann, &["read:things"]).await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    let passthrough = Front::passthrough(&world, recorder.backend.address).await;
    for (sent, arrives) in [
        ("GET /api/things#f", "GET /api/things"),
        ("GET /api/things?q=1#f?g", "GET /api/things?q=1"),
        ("GET /api/things#/../settings", "GET /api/things"),
    ] {
        assert_eq!(front.ask_as(&token, sent, &[]).await.status(), 200, "{sent}");
        assert_eq!(recorder.seen().await.asks(), arrives);
        assert_eq!(passthrough.ask(sent, &[]).await.status(), 200, "{sent}");
        assert_eq!(recorder.seen().await.asks(), arrives);
    }
    assert_eq!(front.ask_as(&token, "GET /api/settings#/../things", &[]).await.status(), 403);
    recorder.saw_nothing();
}
