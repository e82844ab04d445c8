//! What reaches the application of a request of HTTP/2.

use axum::body::Body;
use http::StatusCode;
use http_body_util::BodyExt;

use super::{GOOD, Pieces, ask, client, front};
use crate::support::backend::Recorder;
use crate::support::frames::{DATA, END_HEADERS, END_STREAM, Frames, HEADERS, block};
use crate::support::world::World;

#[tokio::test]
async fn the_application_sees_what_it_would_see_of_http_1_1() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["read:things", "write:things"]).await;
    let mut recorder = Recorder::new().await;
    let front = front(&world, &recorder.backend).await;
    let mut client = client(&front).await;
    let key = ("x-api-key", token.as_str());

    let answer = ask(&mut client, "GET /api/things?q=1", &[key], Body::empty()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "ok");
    let seen = recorder.seen().await;
    assert_eq!(seen.asks(), "GET /api/things?q=1");
    assert_eq!((seen.header("host"), seen.header("x-api-key")), (Some("shop.example"), None));
    assert_eq!(seen.header("x-forwarded-host"), Some("shop.example"));
    assert_eq!((seen.header("content-length"), seen.header("transfer-encoding")), (None, None));

    // With a length, and without: the second is said by no header there and by chunks here, whatever the method.
    let answer = ask(&mut client, "POST /api/things", &[key], Body::from("hello")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let seen = recorder.seen().await;
    assert_eq!((seen.header("content-length"), seen.body.as_slice()), (Some("5"), &b"hello"[..]));
    for line in ["POST /api/things", "GET /api/things"] {
        let pieces = Body::new(Pieces(vec!["lo", "hel"]));
        assert_eq!(ask(&mut client, line, &[key], pieces).await.status(), StatusCode::OK);
        let seen = recorder.seen().await;
        assert_eq!((seen.asks(), seen.body.as_slice()), (line, &b"hello"[..]));
        assert_eq!(
            (seen.header("content-length"), seen.header("transfer-encoding")),
            (None, Some("chunked"))
        );
    }

    // Refused on the same connection, which goes on.
    let answer = ask(&mut client, "GET /api/settings", &[key], Body::empty()).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert_eq!(ask(&mut client, "GET /api/health", &[], Body::empty()).await.status(), StatusCode::OK);
    assert_eq!(recorder.seen().await.asks(), "GET /api/health");
    recorder.saw_nothing();
}

#[tokio::test]
async fn what_is_no_http_2_does_not_arrive() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let front = front(&world, &recorder.backend).await;
    let [method, scheme, authority, path] = GOOD;
    let with = |more: &[(&'static str, &'static str)]| [&GOOD[..], more].concat();
    for fields in [
        // What belongs to a connection, and would mean something on the next (RFC 9113 section 8.2.2).
        with(&[("connection", "close")]),
        with(&[("transfer-encoding", "chunked")]),
        with(&[("keep-alive", "1")]),
        with(&[("proxy-connection", "close")]),
        with(&[("upgrade", "websocket")]),
        with(&[("te", "gzip")]),
        // Names and values that would be several lines, or other ones, in HTTP/1.1.
        with(&[("x-a", "b\r\ntransfer-encoding: chunked")]),
        with(&[("x-a", "b\nx-c: d")]),
        with(&[("x-a", "b\0")]),
        with(&[("x-a: b\r\nx-c", "d")]),
        with(&[("x a", "b")]),
        with(&[("X-A", "b")]),
        with(&[("", "b")]),
        // Pseudo-headers: twice, unknown, an answer's, late, missing.
        with(&[(":path", "/api/login")]),
        with(&[("x-a", "b"), (":path", "/api/login")]),
        with(&[(":status", "200")]),
        with(&[(":protocol", "websocket")]),
        vec![method, scheme, authority],
        vec![scheme, authority, path],
        vec![method, authority, path],
        vec![method, scheme, authority, (":path", "")],
        vec![method, scheme, authority, (":path", "api/health")],
        vec![method, scheme, authority, (":path", "*")],
        vec![method, scheme, authority, (":path", "/api/health HTTP/1.1\r\nx-a: b")],
        vec![method, scheme, authority, (":path", "/api/health x")],
        vec![(":method", "GET /api/login HTTP/1.1\r\n"), scheme, authority, path],
        // Whose it is: nobody's, two hosts', or no host's.
        vec![method, scheme, path],
        with(&[("host", "other.example")]),
        with(&[("host", "shop.example"), ("host", "other.example")]),
        vec![method, scheme, (":authority", "user@shop.example"), path],
        vec![method, scheme, (":authority", "shop.example, other.example"), path],
        vec![method, scheme, (":authority", "shop.example\r\nx-a: b"), path],
        vec![method, scheme, path, ("host", "a, b")],
        // No tunnels.
        vec![(":method", "CONNECT"), authority],
        vec![(":method", "CONNECT"), (":protocol", "websocket"), scheme, authority, path],
        // No lengths that are none.
        with(&[("content-length", "1")]),
        with(&[("content-length", "+0")]),
        with(&[("content-length", "0, 0")]),
        with(&[("content-length", "1"), ("content-length", "2")]),
    ] {
        let mut frames = Frames::begin(front.connect().await).await;
        frames.ask(1, END_STREAM, &fields).await;
        assert!(!frames.is_served(1).await, "{fields:?}");
    }
    recorder.saw_nothing();
    let mut frames = Frames::begin(front.connect().await).await;
    frames.ask(1, END_STREAM, &with(&[("te", "trailers"), ("host", "SHOP.example")])).await;
    assert!(frames.is_served(1).await);
    assert_eq!(recorder.seen().await.asks(), "GET /api/health");
}

#[tokio::test]
async fn a_body_that_is_not_as_long_as_it_says_smuggles_nothing() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let front = front(&world, &recorder.backend).await;
    let hidden = b"GET /api/settings HTTP/1.1\r\nHost: a\r\n\r\n";
    for length in ["0", "1", "1000"] {
        let mut frames = Frames::begin(front.connect().await).await;
        let fields = [
            (":method", "POST"),
            (":scheme", "http"),
            (":authority", "shop.example"),
            (":path", "/api/login"),
            ("content-length", length),
        ];
        frames.ask(1, 0, &fields).await;
        frames.send(DATA, END_STREAM, 1, hidden).await;
        assert!(!frames.is_served(1).await, "{length}");
    }
    // The next request over a connection of the pool is nobody else's.
    assert_eq!(front.ask("GET /api/health", &[]).await.status(), 200);
    assert_eq!(recorder.seen().await.asks(), "GET /api/health");
    recorder.saw_nothing();
}

#[tokio::test]
async fn no_trailer_says_what_no_header_may_say() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let front = front(&world, &recorder.backend).await;
    let barred = [
        "x-symbolon-owner",
        "x_symbolon_scopes",
        "authorization",
        "x-api-key",
        "cookie",
        "host",
        "content-length",
        "x-forwarded-for",
    ];
    let names = format!("x-sum, {}", barred.join(", "));
    let trailers = || barred.iter().map(|name| (*name, "1")).chain([("x-sum", "41")]).collect::<Vec<_>>();
    let [_, scheme, authority, _] = GOOD;
    let head = [(":method", "POST"), scheme, authority, (":path", "/api/login"), ("te", "trailers")];
    let mut frames = Frames::begin(front.connect().await).await;
    frames.ask(1, 0, &[&head[..], &[("trailer", names.as_str())]].concat()).await;
    frames.send(DATA, 0, 1, b"hello").await;
    frames.send(HEADERS, END_STREAM | END_HEADERS, 1, &block(&trailers())).await;
    assert!(frames.is_served(1).await);
    let seen = recorder.seen().await;
    assert_eq!((seen.body.as_slice(), seen.header("content-length")), (&b"hello"[..], None));
    assert_eq!(seen.trailers, [("x-sum".to_owned(), "41".to_owned())]);

    // What frames a message of HTTP/1.1 is no field of HTTP/2 (RFC 9113 section 8.2.2): the body is not whole.
    for name in ["transfer-encoding", "connection"] {
        let mut frames = Frames::begin(front.connect().await).await;
        frames.ask(1, 0, &[&head[..], &[("trailer", name)]].concat()).await;
        frames.send(HEADERS, END_STREAM | END_HEADERS, 1, &block(&[(name, "chunked")])).await;
        assert!(!frames.is_served(1).await, "{name}");
    }
}
