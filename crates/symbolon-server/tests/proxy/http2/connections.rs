//! Connections of HTTP/2: what is too much ends one, and what is under way is finished.

use std::time::Duration;

use symbolon_server::listen::Limits;
use symbolon_server::proxy::{ProxySettings, Timeouts};
use tokio::sync::mpsc;

use super::{GOOD, H2C, front};
use crate::support::backend::{Backend, Held, Recorder, silent};
use crate::support::frames::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, Frame, Frames, GOAWAY, HEADERS, PING, RST_STREAM,
    SETTINGS, block,
};
use crate::support::front::{Front, settings};
use crate::support::world::World;

/// The reason of a GOAWAY for who asks too much (RFC 9113 section 7).
const ENHANCE_YOUR_CALM: u32 = 11;

/// Why a connection ends: after the last stream's number comes the reason (RFC 9113 section 6.8).
fn reason(goaway: &Frame) -> u32 {
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
async fn a_caller_who_answers_every_ping_and_asks_nothing_is_ended_gracefully() {
    let world = World::new().await;
    let recorder = Recorder::new().await;
    let limits = Limits { headers: Duration::from_millis(200), ..H2C() };
    let front = Front::by(&world, settings(recorder.backend.address), limits).await;
    let mut frames = Frames::begin(front.connect().await).await;
    frames.ask(1, END_STREAM, &GOOD).await;
    assert!(frames.is_served(1).await);
    let mut told = Vec::new();
    while let Some(frame) = frames.frame().await {
        match frame.kind {
            PING if frame.flags & ACK == 0 => drop(frames.send(PING, ACK, 0, &frame.payload).await),
            GOAWAY => told.push((frame.payload[..4].to_vec(), reason(&frame))),
            _ => {}
        }
    }
    // First that no stream may be begun any more, and after a round trip which was the last (RFC 9113 section 6.8).
    assert_eq!(told, [(vec![0x7f, 0xff, 0xff, 0xff], 0), (vec![0, 0, 0, 1], 0)]);
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

/// Whoever grants one byte has the library take a whole piece.
#[tokio::test]
async fn a_caller_who_takes_a_byte_of_each_answer_is_left_all_the_same() {
    let world = World::new().await;
    let answer = "x".repeat(4000);
    let backend = Backend::new(move |_, mut wire| {
        let answer = answer.clone();
        async move {
            wire.message().await.unwrap();
            let length = answer.len();
            wire.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{answer}")).await;
            assert!(wire.ends().await);
        }
    })
    .await;
    let limits = Limits { stall: Duration::from_millis(100), ..H2C() };
    let front = Front::by(&world, settings(backend.address), limits).await;
    let mut frames = Frames::begin(front.connect().await).await;
    // SETTINGS_INITIAL_WINDOW_SIZE (RFC 9113 section 6.5.2).
    frames.send(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 1]).await;
    let streams = [1, 3, 5];
    for stream in streams {
        frames.ask(stream, END_STREAM, &GOOD).await;
    }
    let mut reset = Vec::new();
    while reset.len() < streams.len() {
        reset.push(frames.next(RST_STREAM).await.expect("the connection goes on").stream);
    }
    reset.sort_unstable();
    assert_eq!(reset, streams);
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
    world.revoke(token).await;
    assert!(frames.next(RST_STREAM).await.is_some_and(|frame| frame.stream == 1));
    ended.recv().await.unwrap();
    frames.ask(3, END_STREAM, &GOOD).await;
    assert!(frames.is_served(3).await);
}
