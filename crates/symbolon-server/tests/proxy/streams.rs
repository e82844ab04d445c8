//! Bodies: a piece at a time, in both directions, and never all of one in memory.

use std::time::Duration;

use symbolon_server::OtherCredentials;
use symbolon_server::listen::Limits;
use symbolon_server::proxy::{ProxySettings, Timeouts, UpstreamHeaders};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::support::backend::{Backend, Recorder};
use crate::support::front::{Front, settings};
use crate::support::world::World;

const PIECE: usize = 64 * 1024;
/// 64 MiB: several times what the kernel keeps of two connections.
const PIECES: usize = 1024;
/// So many pieces must not be swallowed while nobody reads at the other end.
const TOO_MANY: usize = 768;
/// After this long without progress a writer counts as waiting. One that is only slow for once makes the test
/// easier to pass, and never harder.
const WAITING: Duration = Duration::from_millis(500);

/// Writes until nothing is taken any more, then calls `go`, and writes the rest. The count of pieces before.
async fn write_with_a_pause(mut to: impl AsyncWriteExt + Unpin, go: oneshot::Sender<()>) -> usize {
    let piece = vec![b'x'; PIECE];
    let (mut go, mut taken, mut at) = (Some(go), PIECES, 0);
    for number in 0..PIECES {
        while at < PIECE {
            match timeout(WAITING, to.write(&piece[at..])).await {
                Ok(written) => at += written.unwrap(),
                Err(_) => {
                    if let Some(go) = go.take() {
                        taken = number;
                        go.send(()).unwrap();
                    }
                }
            }
        }
        at = 0;
    }
    taken
}

#[tokio::test]
async fn a_large_upload_waits_for_the_application() {
    let world = World::new().await;
    let (go, wait) = oneshot::channel();
    let wait = std::sync::Mutex::new(Some(wait));
    let backend = Backend::new(move |_, mut wire| {
        let wait = wait.lock().unwrap().take();
        async move {
            let head = wire.head().await.unwrap();
            assert_eq!(head.header("content-length"), Some("67108864"));
            wait.unwrap().await.unwrap();
            let mut rest = (&mut wire.0).take((PIECE * PIECES) as u64);
            let count = tokio::io::copy(&mut rest, &mut tokio::io::sink()).await.unwrap();
            wire.send(format!("HTTP/1.1 200 OK\r\nX-Count: {count}\r\nContent-Length: 0\r\n\r\n")).await;
        }
    })
    .await;
    let front = Front::of(&world, backend.address).await;
    let mut wire = front.connect().await;
    wire.send("POST /api/login HTTP/1.1\r\nHost: a\r\nContent-Length: 67108864\r\n\r\n").await;
    let taken = write_with_a_pause(wire.0.get_mut(), go).await;
    assert!(taken < TOO_MANY, "{taken} pieces were taken while nobody read");
    assert_eq!(wire.message().await.unwrap().header("x-count"), Some("67108864"));
}

#[tokio::test]
async fn a_large_download_waits_for_the_caller() {
    let world = World::new().await;
    let (go, wait) = oneshot::channel();
    let (say, mut taken) = mpsc::unbounded_channel();
    let go = std::sync::Mutex::new(Some(go));
    let backend = Backend::new(move |_, mut wire| {
        let (go, say) = (go.lock().unwrap().take(), say.clone());
        async move {
            wire.head().await.unwrap();
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n").await;
            say.send(write_with_a_pause(wire.0.get_mut(), go.unwrap()).await).unwrap();
        }
    })
    .await;
    let front = Front::of(&world, backend.address).await;
    let mut wire = front.connect().await;
    wire.send("GET /api/health HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(wire.head().await.unwrap().header("content-length"), Some("67108864"));
    wait.await.unwrap();
    let mut rest = (&mut wire.0).take((PIECE * PIECES) as u64);
    let count = tokio::io::copy(&mut rest, &mut tokio::io::sink()).await.unwrap();
    assert_eq!(count, (PIECE * PIECES) as u64);
    let taken = taken.recv().await.unwrap();
    assert!(taken < TOO_MANY, "{taken} pieces were taken while nobody read");
}

#[tokio::test]
async fn an_event_arrives_before_the_stream_ends() {
    let world = World::new().await;
    let (next, events) = mpsc::unbounded_channel::<&'static str>();
    let events = std::sync::Mutex::new(Some(events));
    let backend = Backend::new(move |_, mut wire| {
        let events = events.lock().unwrap().take();
        async move {
            wire.head().await.unwrap();
            let kind = "Content-Type: text/event-stream";
            wire.send(format!("HTTP/1.1 200 OK\r\n{kind}\r\nTransfer-Encoding: chunked\r\n\r\n")).await;
            let mut events = events.unwrap();
            while let Some(event) = events.recv().await {
                wire.send(format!("{:x}\r\n{event}\r\n", event.len())).await;
            }
            wire.send("0\r\n\r\n").await;
        }
    })
    .await;
    let front = Front::of(&world, backend.address).await;
    let mut wire = front.connect().await;
    wire.send("GET /api/health HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(wire.head().await.unwrap().header("content-type"), Some("text/event-stream"));
    for event in ["data: 1\n\n", "data: 2\n\n"] {
        next.send(event).unwrap();
        assert_eq!(wire.chunk().await.unwrap(), event.as_bytes());
    }
    drop(next);
    assert_eq!(wire.chunk().await, None);
}

#[tokio::test]
async fn trailers_pass_both_ways_without_what_headers_may_not_say() {
    let world = World::new().await;
    let (say, mut seen) = mpsc::unbounded_channel();
    let backend = Backend::new(move |_, mut wire| {
        let say = say.clone();
        async move {
            say.send(wire.message().await.unwrap()).unwrap();
            let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n";
            wire.send(format!("{head}2\r\nok\r\n0\r\nX-Sum: 42\r\n\r\n")).await;
        }
    })
    .await;
    let front = Front::of(&world, backend.address).await;
    let mut wire = front.connect().await;
    let trailer = "Trailer: X-Sum, X-Symbolon-Owner, X_Symbolon_Role, X-API-Key";
    wire.send(format!(
        "POST /api/login HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n{trailer}\r\n\r\n\
         5\r\nhello\r\n0\r\nX-Sum: 41\r\nX-Symbolon-Owner: root\r\nX_Symbolon_Role: admin\r\nX-API-Key: k\r\n\r\n"
    ))
    .await;
    let answer = wire.message().await.unwrap();
    assert_eq!(answer.trailers, [("x-sum".to_owned(), "42".to_owned())]);
    let seen = seen.recv().await.unwrap();
    assert_eq!(seen.body, b"hello");
    assert_eq!(seen.trailers, [("x-sum".to_owned(), "41".to_owned())]);
}

#[tokio::test]
async fn no_trailer_says_what_no_header_may_say() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let upstream_headers = UpstreamHeaders::parse([("X-Tenant-Id", "7")]).unwrap();
    let barred = [
        "X-Tenant-Id",
        "x_tenant_id",
        "X-HTTP-Method-Override",
        "X_Method_Override",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X_Forwarded_Proto",
        "X-Forwarded-Ssl",
        "X-Real-IP",
        "Forwarded",
        "X_Original_URL",
        "Remote-User",
        "Proxy-Authorization",
        "Cookie",
        "Keep-Alive",
        "X-Symbolon-Owner",
        "X_Symbolon_Scopes",
        "X-API-Key",
        "Authorization",
        "Host",
    ];
    for other_credentials in [OtherCredentials::Refuse, OtherCredentials::Passthrough] {
        let upstream_headers = upstream_headers.clone();
        let address = recorder.backend.address;
        let proxied = ProxySettings { upstream_headers, other_credentials, ..settings(address) };
        let front = Front::by(&world, proxied, Limits::default()).await;
        let names = barred.join(", ");
        let lines: String = barred.iter().flat_map(|name| [name, ": evil\r\n"]).collect();
        let mut wire = front.connect().await;
        wire.send(format!(
            "POST /api/login HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n\
             Trailer: X-Sum, {names}\r\n\r\n0\r\nX-Sum: 41\r\n{lines}\r\n"
        ))
        .await;
        assert_eq!(wire.message().await.unwrap().status(), 200);
        assert_eq!(recorder.seen().await.trailers, [("x-sum".to_owned(), "41".to_owned())]);
    }
}

#[tokio::test]
async fn a_caller_who_asks_first_is_told_to_continue() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    let mut wire = front.connect().await;
    let head = "HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
    wire.send(format!("POST /api/login {head}")).await;
    assert_eq!(wire.head().await.unwrap().status(), 100);
    wire.send("hello").await;
    assert_eq!(wire.message().await.unwrap().status(), 200);
    assert_eq!(recorder.seen().await.body, b"hello");
    // Who is refused need not send it.
    wire.send(format!("POST /api/things {head}")).await;
    assert_eq!(wire.message().await.unwrap().status(), 401);
}

#[tokio::test]
async fn an_answer_need_not_wait_for_the_end_of_the_body() {
    let world = World::new().await;
    let backend = Backend::new(|_, mut wire| async move {
        wire.head().await.unwrap();
        wire.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n").await;
        tokio::io::copy(&mut wire.0, &mut tokio::io::sink()).await.unwrap();
    })
    .await;
    let front = Front::of(&world, backend.address).await;
    let mut wire = front.connect().await;
    wire.send("POST /api/login HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\npart").await;
    assert_eq!(wire.message().await.unwrap().status(), 413);
}

#[tokio::test]
async fn a_caller_who_leaves_takes_the_request_along() {
    let world = World::new().await;
    let (say, mut heard) = mpsc::unbounded_channel();
    let backend = Backend::new(move |_, mut wire| {
        let say = say.clone();
        async move {
            say.send(wire.head().await.unwrap().start).unwrap();
            assert!(wire.ends().await);
            say.send("left".to_owned()).unwrap();
        }
    })
    .await;
    let front = Front::of(&world, backend.address).await;
    let mut wire = front.connect().await;
    wire.send("GET /api/health HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(heard.recv().await.unwrap(), "GET /api/health HTTP/1.1");
    drop(wire);
    assert_eq!(heard.recv().await.unwrap(), "left");
}

#[tokio::test]
async fn bodies_that_stop_coming_are_given_up() {
    let world = World::new().await;
    let backend = Backend::new(|_, mut wire| async move {
        let head = wire.head().await.unwrap();
        if head.start.starts_with("GET") {
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart").await;
        }
        assert!(wire.ends().await || !head.start.starts_with("GET"));
    })
    .await;
    let timeouts = Timeouts { idle: Duration::from_millis(50), ..Timeouts::default() };
    let proxied = ProxySettings { timeouts, ..settings(backend.address) };
    let front = Front::by(&world, proxied, Limits::default()).await;

    let mut wire = front.connect().await;
    wire.send("GET /api/health HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(wire.head().await.unwrap().status(), 200);
    let mut body = Vec::new();
    // Cut off, not ended: the caller must not take a part for the whole.
    let _ = wire.0.read_to_end(&mut body).await;
    assert_eq!(body, b"part");

    let mut wire = front.connect().await;
    wire.send("POST /api/login HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\npart").await;
    assert_eq!(wire.message().await.unwrap().code(), "invalid_request");
}
