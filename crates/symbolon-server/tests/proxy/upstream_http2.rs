//! HTTP/2 to the application: what it sees, and what becomes of the others when one request goes wrong.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use http::{HeaderMap, Method, Request, Response, Uri, Version};
use http_body_util::BodyExt;
use hyper::body::{Body as HttpBody, Frame, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use symbolon_server::listen::Limits;
use symbolon_server::proxy::{ProxyLimits, ProxySettings, Timeouts, Upstream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Notify, mpsc};

use crate::support::backend::Backend;
use crate::support::front::{Front, request, settings};
use crate::support::wire::Wire;
use crate::support::world::World;

/// One request as the application saw it.
struct Seen {
    method: Method,
    uri: Uri,
    version: Version,
    headers: HeaderMap,
    trailers: Option<HeaderMap>,
    body: Bytes,
}

/// An application in HTTP/2. `/api/die` ends its connection, `/api/things/stream` streams without an end,
/// `/api/things/flood` as much as is taken, `?early` is answered before its body is read, `?never` without, and `/api/things/wait` answers when `go` is said; whatever else is answered
/// `ok`.
struct Application {
    backend: Backend,
    seen: mpsc::UnboundedReceiver<Seen>,
    /// The number of each connection, from 0, and of each request that comes by it.
    connections: mpsc::UnboundedReceiver<usize>,
    go: Arc<Notify>,
    /// How many pieces of floods were taken.
    taken: Arc<AtomicUsize>,
}

impl Application {
    async fn start() -> Self {
        let (say, seen) = mpsc::unbounded_channel();
        let (number, connections) = mpsc::unbounded_channel();
        let go = Arc::new(Notify::new());
        let taken = Arc::new(AtomicUsize::new(0));
        let (going, taking) = (go.clone(), taken.clone());
        let backend = Backend::new(move |connection, wire| {
            let (say, number, go, taken) = (say.clone(), number.clone(), going.clone(), taking.clone());
            async move {
                let died = Arc::new(Notify::new());
                let service = service_fn(|request: Request<Incoming>| {
                    number.send(connection).unwrap();
                    answer(request, say.clone(), (go.clone(), died.clone()), taken.clone())
                });
                let served = http2::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(wire.0.into_inner()), service);
                tokio::select! {
                    _ = served => {}
                    () = died.notified() => {}
                }
            }
        })
        .await;
        Self { backend, seen, connections, go, taken }
    }

    fn settings(&self) -> ProxySettings {
        let upstream = Upstream::parse(&format!("http://{}", self.backend.address)).unwrap().in_http2();
        let timeouts = Timeouts { recheck: Duration::from_millis(5), ..Timeouts::default() };
        ProxySettings { upstream, timeouts, ..settings(self.backend.address) }
    }

    async fn front(&self, world: &World) -> Front {
        Front::by(world, self.settings(), Limits { http2: true, ..Limits::default() }).await
    }
}

async fn answer(
    request: Request<Incoming>,
    say: mpsc::UnboundedSender<Seen>,
    (go, died): (Arc<Notify>, Arc<Notify>),
    taken: Arc<AtomicUsize>,
) -> Result<Response<Body>, Infallible> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    match parts.uri.query() {
        Some("early") => {
            tokio::spawn(body.collect());
            return Ok(Response::new(Body::from("ok")));
        }
        Some("never") => {
            tokio::spawn(async move {
                let _unread = body;
                std::future::pending::<()>().await;
            });
            return Ok(Response::new(Body::from("ok")));
        }
        _ => {}
    }
    let body = body.collect().await.unwrap();
    let trailers = body.trailers().cloned();
    let (method, uri, version, headers) = (parts.method, parts.uri, parts.version, parts.headers);
    say.send(Seen { method, uri, version, headers, trailers, body: body.to_bytes() }).unwrap();
    let body = match path.as_str() {
        "/api/things/die" => {
            died.notify_one();
            std::future::pending().await
        }
        "/api/things/stream" => Body::new(Endless(Some("one"))),
        "/api/things/flood" => Body::new(Flood(taken)),
        "/api/things/wait" => {
            go.notified().await;
            Body::from("ok")
        }
        _ => Body::from("ok"),
    };
    Ok(Response::new(body))
}

/// As many pieces as are taken, which are counted.
struct Flood(Arc<AtomicUsize>);

impl HttpBody for Flood {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; 16 * 1024])))))
    }
}

/// A piece, and never another.
struct Endless(Option<&'static str>);

impl HttpBody for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.take().map_or(Poll::Pending, |piece| Poll::Ready(Some(Ok(Frame::data(piece.into())))))
    }
}

#[tokio::test]
async fn the_application_sees_in_http_2_what_was_decided_about() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["read:things", "write:things"]).await;
    let mut application = Application::start().await;
    let front = application.front(&world).await;
    let bearer = format!("Bearer {token}");
    let sent = [
        ("Authorization", bearer.as_str()),
        ("X-Symbolon-Role", "admin"),
        ("Connection", "X-Mine, Keep-Alive"),
        ("X-Mine", "1"),
        ("Keep-Alive", "timeout=5"),
        ("TE", "trailers"),
        ("Accept", "text/plain"),
    ];
    assert_eq!(front.ask("GET /api/%74hings?q=1", &sent).await.body, b"ok");
    let seen = application.seen.recv().await.unwrap();
    assert_eq!((seen.version, seen.method.as_str()), (Version::HTTP_2, "GET"));
    assert_eq!(seen.uri.to_string(), "http://shop.example/api/things?q=1");
    let header = |name: &str| seen.headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(
        (header("x-symbolon-principal"), header("x-symbolon-role")),
        (Some("token"), Some("operator"))
    );
    assert_eq!((header("accept"), header("te")), (Some("text/plain"), Some("trailers")));
    for name in
        ["authorization", "x-mine", "connection", "keep-alive", "transfer-encoding", "host", "upgrade"]
    {
        assert_eq!(header(name), None, "{name}");
    }

    // Bodies of a known length and of none, with a trailer and a forged one.
    let mut wire = front.connect().await;
    wire.send(request("POST /api/things", &[sent[0], ("Content-Length", "5")]) + "hello").await;
    assert_eq!(wire.message().await.unwrap().status(), 200);
    let seen = application.seen.recv().await.unwrap();
    assert_eq!((seen.body.as_ref(), seen.headers["content-length"].as_bytes()), (&b"hello"[..], &b"5"[..]));
    wire.send(request("POST /api/things", &[sent[0], ("Transfer-Encoding", "chunked")])).await;
    wire.send("5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Symbolon-Role: admin\r\n\r\n").await;
    assert_eq!(wire.message().await.unwrap().status(), 200);
    let seen = application.seen.recv().await.unwrap();
    assert_eq!((seen.body.as_ref(), seen.headers.get("content-length")), (&b"hello"[..], None));
    let trailers = seen.trailers.unwrap();
    assert_eq!((trailers.len(), trailers["x-sum"].as_bytes()), (1, &b"1"[..]));

    assert_eq!(front.ask_as(&token, "GET /api/settings", &[]).await.status(), 403);
    assert!(application.seen.try_recv().is_err(), "what is refused does not arrive");
}

#[tokio::test]
async fn requests_beside_each_other_share_a_connection() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["read:things"]).await;
    let mut application = Application::start().await;
    let front = application.front(&world).await;
    let mut wires = Vec::new();
    for _ in 0..20 {
        let mut wire = front.connect().await;
        wire.send(request("GET /api/things/wait", &[("X-API-Key", &token)])).await;
        wires.push(wire);
    }
    for _ in 0..20 {
        assert_eq!(application.connections.recv().await, Some(0));
        application.seen.recv().await.unwrap();
    }
    application.go.notify_waiters();
    for mut wire in wires {
        // Who was not waiting yet is told again.
        let answer = loop {
            application.go.notify_one();
            tokio::select! {
                answer = wire.message() => break answer,
                () = tokio::task::yield_now() => {}
            }
        };
        assert_eq!(answer.unwrap().body, b"ok");
    }
}

#[tokio::test]
async fn callers_who_do_not_read_stop_nobody_elses_answer() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["read:things"]).await;
    let mut application = Application::start().await;
    // Nobody is left for not reading.
    let limits = Limits { stall: Duration::from_hours(1), ..Limits::default() };
    let front = Front::by(&world, application.settings(), limits).await;
    let mut wires = Vec::new();
    for _ in 0..4 {
        let mut wire = front.connect().await;
        wire.send(request("GET /api/things/flood", &[("X-API-Key", &token)])).await;
        assert_eq!(wire.head().await.unwrap().status(), 200);
        wires.push(wire);
    }
    // Until everything on the way is full: nothing is taken for a while.
    let count = || application.taken.load(Ordering::Relaxed);
    let (mut before, mut still) = (0, 0);
    while still < 5 {
        still = if count() > before { 0 } else { still + 1 };
        before = count();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let answer = tokio::time::timeout(Duration::from_secs(10), front.ask("GET /api/health", &[])).await;
    assert_eq!(answer.expect("an answer beside those that nobody reads").body, b"ok");
    let connections: Vec<_> = std::iter::from_fn(|| application.connections.try_recv().ok()).collect();
    assert_eq!(connections, [0; 5], "all by one connection");
}

#[tokio::test]
async fn an_upload_that_goes_on_after_its_answer_keeps_its_place() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["write:things"]).await;
    let application = Application::start().await;
    let timeouts = Timeouts { connect: Duration::from_millis(500), ..Timeouts::default() };
    let limits = ProxyLimits { requests: 1, ..ProxyLimits::default() };
    let front =
        Front::by(&world, ProxySettings { timeouts, limits, ..application.settings() }, Limits::default())
            .await;
    let mut wire = front.connect().await;
    wire.send(request("POST /api/things?early", &[("X-API-Key", &token), ("Content-Length", "2")])).await;
    wire.send("x").await;
    assert_eq!(wire.message().await.unwrap().body, b"ok");
    assert_eq!(front.ask("GET /api/health", &[]).await.code(), "overloaded");
    wire.send("x").await;
    assert_eq!(front.ask("GET /api/health", &[]).await.status(), 200);
}

/// As with HTTP/1.1; and nobody else is sent where something is stuck.
#[tokio::test]
async fn an_upload_that_nobody_reads_keeps_its_place_no_longer_than_nothing_moves() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["write:things"]).await;
    let mut application = Application::start().await;
    let timeouts = Timeouts {
        connect: Duration::from_mins(10),
        idle: Duration::from_millis(200),
        ..Timeouts::default()
    };
    let limits = ProxyLimits { requests: 1, ..ProxyLimits::default() };
    let proxied = ProxySettings { timeouts, limits, ..application.settings() };
    let front = Front::by(&world, proxied, Limits::default()).await;
    let mut wire = front.connect().await;
    let upload = [("X-API-Key", token.as_str()), ("Content-Length", "1099511627776")];
    wire.send(request("POST /api/things?never", &upload)).await;
    let (mut reading, mut writing) = tokio::io::split(wire.0.into_inner());
    tokio::spawn(async move { while writing.write_all(&[0; 4096]).await.is_ok() {} });
    let mut answer = [0; 12];
    reading.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    assert_eq!(application.connections.recv().await, Some(0));
    assert_eq!(front.ask("GET /api/health", &[]).await.body, b"ok");
    assert_eq!(application.connections.recv().await, Some(1), "by a connection on which nothing is stuck");
}

#[tokio::test]
async fn answers_that_go_on_keep_no_others_from_beginning() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["read:things"]).await;
    let mut application = Application::start().await;
    let front = application.front(&world).await;
    let mut wires = Vec::new();
    for connection in [[0; 100], [1; 100]].concat() {
        let mut wire = front.connect().await;
        wire.send(request("GET /api/things/stream", &[("X-API-Key", &token)])).await;
        assert_eq!(wire.head().await.unwrap().status(), 200);
        assert_eq!(application.connections.recv().await, Some(connection));
        wires.push(wire);
    }
    drop(wires);
    // Places are given back.
    loop {
        assert_eq!(front.ask("GET /api/health", &[]).await.body, b"ok");
        if application.connections.recv().await == Some(0) {
            break;
        }
    }
}

#[tokio::test]
async fn a_connection_that_dies_takes_its_requests_with_it_and_no_others() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["read:things"]).await;
    let mut application = Application::start().await;
    let front = application.front(&world).await;
    for round in 0..3 {
        assert_eq!(front.ask("GET /api/health", &[]).await.status(), 200);
        assert_eq!(application.connections.recv().await, Some(round));
        let answer = front.ask_as(&token, "GET /api/things/die", &[]).await;
        assert_eq!((answer.status(), answer.code().as_str()), (502, "bad_gateway"));
        // It was sent once.
        assert_eq!(application.connections.recv().await, Some(round));
        assert!(application.connections.try_recv().is_err());
    }
}

#[tokio::test]
async fn a_revoked_token_loses_its_stream_and_nobody_elses() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let (secret, token) = world.token_of("shop", &ann, &["read:things"]).await;
    let other = world.token(&ann, &["read:things"]).await;
    let application = Application::start().await;
    let front = application.front(&world).await;
    let stream = async |secret: &str| -> Wire {
        let mut wire = front.connect().await;
        wire.send(request("GET /api/things/stream", &[("X-API-Key", secret)])).await;
        assert_eq!(wire.head().await.unwrap().status(), 200);
        assert_eq!(wire.chunk().await.unwrap(), b"one");
        wire
    };
    let (mut cut, mut left) = (stream(&secret).await, stream(&other).await);
    world.revoke(token).await;
    assert!(cut.ends().await);
    assert_eq!(front.ask("GET /api/health", &[]).await.status(), 200);
    let still = tokio::time::timeout(Duration::from_millis(50), left.0.read_u8()).await;
    assert!(still.is_err(), "the other stream has ended: {still:?}");
}

#[tokio::test]
async fn an_application_that_speaks_no_http_2_is_a_bad_gateway() {
    let world = World::new().await;
    let backend = Backend::new(|_, mut wire| async move {
        wire.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
    })
    .await;
    let upstream = Upstream::parse(&format!("http://{}", backend.address)).unwrap().in_http2();
    let front =
        Front::by(&world, ProxySettings { upstream, ..settings(backend.address) }, Limits::default()).await;
    for _ in 0..2 {
        assert_eq!(front.ask("GET /api/health", &[]).await.code(), "bad_gateway");
    }
}

#[tokio::test]
async fn a_tunnel_has_a_connection_of_http_1_1_of_its_own() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["read:things"]).await;
    let backend = Backend::new(|_, mut wire| async move {
        let asked = wire.message().await.unwrap();
        assert_eq!((asked.asks(), asked.header("upgrade")), ("GET /api/socket", Some("websocket")));
        wire.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
            .await;
        let mut heard = [0; 5];
        wire.0.read_exact(&mut heard).await.unwrap();
        wire.send(heard).await;
    })
    .await;
    let upstream = Upstream::parse(&format!("http://{}", backend.address)).unwrap().in_http2();
    let front =
        Front::by(&world, ProxySettings { upstream, ..settings(backend.address) }, Limits::default()).await;
    front.tunnel(&[("X-API-Key", &token)]).await.hears_itself().await;
}
