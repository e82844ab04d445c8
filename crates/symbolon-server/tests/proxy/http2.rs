//! HTTP/2 from the caller: the same verdicts, its own limits, and nothing that the next connection reads otherwise.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::{Body as HttpBody, Frame, Incoming};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use symbolon_core::record::Token;
use symbolon_core::store::Change;
use symbolon_server::listen::Limits;
use symbolon_server::proxy::{ProxySettings, Timeouts};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::support::backend::{Backend, Held, Recorder, silent};
use crate::support::frames::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, Frame as Raw, Frames, GOAWAY, HEADERS, RST_STREAM, block,
};
use crate::support::front::{Front, settings};
use crate::support::world::World;

const H2C: fn() -> Limits = || Limits { http2: true, ..Limits::default() };

async fn front(world: &World, backend: &Backend) -> Front {
    Front::by(world, settings(backend.address), H2C()).await
}

/// A well-behaved client.
async fn client(front: &Front) -> SendRequest<Body> {
    let socket = TcpStream::connect(front.address).await.unwrap();
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(socket)).await.unwrap();
    tokio::spawn(connection);
    sender
}

async fn ask(
    client: &mut SendRequest<Body>,
    line: &str,
    headers: &[(&str, &str)],
    body: Body,
) -> Response<Incoming> {
    let (method, path) = line.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(format!("http://shop.example{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send_request(request.body(body).unwrap()).await.unwrap()
}

/// The fields of a good request.
const GOOD: [(&str, &str); 4] =
    [(":method", "GET"), (":scheme", "http"), (":authority", "shop.example"), (":path", "/api/health")];

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

/// A body of these pieces, the last first, of a length that is not told.
struct Pieces(Vec<&'static str>);

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop().map(|piece| Ok(Frame::data(piece.into()))))
    }
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

/// The reason of a GOAWAY for who asks too much (RFC 9113 section 7).
const ENHANCE_YOUR_CALM: u32 = 11;

/// Why a connection ends: after the last stream's number comes the reason (RFC 9113 section 6.8).
fn reason(goaway: &Raw) -> u32 {
    u32::from_be_bytes(goaway.payload[4..8].try_into().unwrap())
}

#[tokio::test]
async fn floods_end_the_connection() {
    let world = World::new().await;
    let recorder = Recorder::new().await;
    let front = front(&world, &recorder.backend).await;

    // Rapid reset.
    let mut frames = Frames::begin(front.connect().await).await;
    for stream in (1..2001).step_by(2) {
        frames.ask(stream, END_STREAM, &GOOD).await;
        frames.send(RST_STREAM, 0, stream, &[0, 0, 0, 8]).await;
    }
    assert_eq!(reason(&frames.next(GOAWAY).await.unwrap()), ENHANCE_YOUR_CALM);

    // Resets that we are made to send: a frame on a stream that has said its last.
    let mut frames = Frames::begin(front.connect().await).await;
    for stream in (1..2001).step_by(2) {
        frames.ask(stream, END_STREAM, &[&GOOD[..], &[("connection", "close")]].concat()).await;
    }
    assert_eq!(reason(&frames.next(GOAWAY).await.unwrap()), ENHANCE_YOUR_CALM);

    // Headers that never end.
    let mut frames = Frames::begin(front.connect().await).await;
    frames.send(HEADERS, END_STREAM, 1, &block(&GOOD)).await;
    let piece = block(&[("x-long", "x".repeat(16_000).as_str())]);
    let mut sent = 0;
    while sent < 1000 && frames.send(CONTINUATION, 0, 1, &piece).await {
        sent += 1;
    }
    assert!(sent < 1000 || !frames.is_served(1).await);
}

#[tokio::test]
async fn headers_are_bounded() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let front = front(&world, &recorder.backend).await;
    let long = "x".repeat(14_000);
    let long: Vec<_> = std::iter::repeat_n(("x-long", long.as_str()), 5).collect();
    let many: Vec<_> = std::iter::repeat_n(("x-many", "1"), 101).collect();
    for more in [long, many] {
        let mut frames = Frames::begin(front.connect().await).await;
        let block = block(&[&GOOD[..], &more].concat());
        let mut pieces = block.chunks(16_000).peekable();
        frames.send(HEADERS, END_STREAM, 1, pieces.next().unwrap()).await;
        while let Some(piece) = pieces.next() {
            let last = if pieces.peek().is_none() { END_HEADERS } else { 0 };
            frames.send(CONTINUATION, last, 1, piece).await;
        }
        if block.len() < 16_000 {
            frames.send(CONTINUATION, END_HEADERS, 1, b"").await;
        }
        assert!(!frames.is_served(1).await);
    }
    recorder.saw_nothing();
}

#[tokio::test]
async fn an_idle_connection_is_ended() {
    let world = World::new().await;
    let recorder = Recorder::new().await;
    let limits = Limits { headers: Duration::from_millis(50), ..H2C() };
    let front = Front::by(&world, settings(recorder.backend.address), limits).await;
    // Nothing asked; asked and answered; asked half.
    let mut frames = Frames::begin(front.connect().await).await;
    assert!(frames.next(GOAWAY).await.is_some());
    let mut frames = Frames::begin(front.connect().await).await;
    frames.ask(1, END_STREAM, &GOOD).await;
    assert!(frames.is_served(1).await);
    assert!(frames.next(GOAWAY).await.is_some());
    let mut frames = Frames::begin(front.connect().await).await;
    frames.send(HEADERS, 0, 1, &block(&GOOD)).await;
    while frames.frame().await.is_some() {}
    // Half a preface.
    let mut wire = front.connect().await;
    wire.send("PRI * HTTP").await;
    assert!(wire.ends().await);
}

#[tokio::test]
async fn a_caller_who_takes_nothing_of_one_answer_keeps_the_others() {
    let world = World::new().await;
    let (say, mut heard) = mpsc::unbounded_channel();
    let backend = Backend::new(move |_, mut wire| {
        let say = say.clone();
        async move {
            let asked = wire.message().await.unwrap();
            if asked.asks() == "GET /api/health" {
                return wire.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
            }
            let piece = vec![b'x'; 1 << 20];
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n").await;
            while tokio::io::AsyncWriteExt::write_all(wire.0.get_mut(), &piece).await.is_ok() {}
            say.send(()).unwrap();
        }
    })
    .await;
    let limits = Limits { stall: Duration::from_millis(100), ..H2C() };
    let front = Front::by(&world, settings(backend.address), limits).await;
    let mut frames = Frames::begin(front.connect().await).await;
    // Stream 1 has the window of 65,535 bytes that there is by default, and more is never granted.
    let [_, scheme, authority, _] = GOOD;
    frames.ask(1, END_STREAM, &[(":method", "POST"), scheme, authority, (":path", "/api/login")]).await;
    heard.recv().await.unwrap();
    assert!(frames.next(RST_STREAM).await.is_some_and(|frame| frame.stream == 1));
    frames.ask(3, END_STREAM, &GOOD).await;
    assert!(frames.is_served(3).await);
}

#[tokio::test]
async fn a_request_under_way_is_finished_and_no_other_begun() {
    let world = World::new().await;
    let mut held = Held::new().await;
    let front = front(&world, &held.backend).await;
    let mut silent = front.connect().await;
    let mut frames = Frames::begin(front.connect().await).await;
    frames.ask(1, END_STREAM, &GOOD).await;
    held.asked().await;
    front.stop.cancel();
    assert!(silent.ends().await);
    assert!(frames.next(GOAWAY).await.is_some());
    assert!(!front.served.is_finished());
    let _backend = held.finish();
    assert!(frames.is_served(1).await);
    let data = frames.next(DATA).await.unwrap();
    assert_eq!((data.payload.as_slice(), data.flags & END_STREAM), (&b"done"[..], END_STREAM));
    while frames.frame().await.is_some() {}
    front.served.await.unwrap();
}

#[tokio::test]
async fn the_grace_is_bounded() {
    let world = World::new().await;
    let (backend, mut heard) = silent().await;
    let limits = Limits { grace: Duration::from_millis(50), ..H2C() };
    let front = Front::by(&world, settings(backend.address), limits).await;
    let mut frames = Frames::begin(front.connect().await).await;
    frames.ask(1, END_STREAM, &GOOD).await;
    assert_eq!(heard.recv().await, Some("asked"));
    front.stop.cancel();
    front.served.await.unwrap();
    assert_eq!(heard.recv().await, Some("left"));
}

#[tokio::test]
async fn the_stream_of_a_revoked_token_is_reset_and_the_connection_goes_on() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let (secret, token) = world.token_of("shop", &ann, &["read:things"]).await;
    let (say, mut ended) = mpsc::unbounded_channel();
    let backend = Backend::new(move |_, mut wire| {
        let say = say.clone();
        async move {
            while let Some(asked) = wire.message().await {
                if asked.asks() == "GET /api/health" {
                    wire.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
                } else {
                    wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nevent\r\n").await;
                }
            }
            say.send(()).unwrap();
        }
    })
    .await;
    let timeouts = Timeouts { recheck: Duration::from_millis(5), ..Timeouts::default() };
    let front = Front::by(&world, ProxySettings { timeouts, ..settings(backend.address) }, H2C()).await;
    let mut frames = Frames::begin(front.connect().await).await;
    let [method, scheme, authority, _] = GOOD;
    let fields = [method, scheme, authority, (":path", "/api/things"), ("x-api-key", secret.as_str())];
    frames.ask(1, END_STREAM, &fields).await;
    assert!(frames.is_served(1).await);
    assert_eq!(frames.next(DATA).await.unwrap().payload, b"event");
    let revoked_at = Some(token.created_at);
    let gone = Token { revoked_at, digest: None, revision: token.revision + 1, ..token };
    world.commit(vec![Change::TokenChanged(gone)]).await;
    assert!(frames.next(RST_STREAM).await.is_some_and(|frame| frame.stream == 1));
    ended.recv().await.unwrap();
    frames.ask(3, END_STREAM, &GOOD).await;
    assert!(frames.is_served(3).await);
}
