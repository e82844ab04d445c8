//! An application over TLS: it proves itself, or is told nothing.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use symbolon_server::listen::Limits;
use symbolon_server::proxy::{ProxySettings, Upstream, UpstreamFault};
use tokio::io::AsyncReadExt;
use tokio::sync::{mpsc, oneshot};
use tokio_rustls::TlsAcceptor;

use crate::support::backend::Backend;
use crate::support::front::{Front, request, settings};
use crate::support::wire::Wire;
use crate::support::world::World;

/// A certificate that vouches for itself, and its key.
struct Pair {
    pem: String,
    config: Arc<ServerConfig>,
}

impl Pair {
    fn of(host: &str, expired: bool) -> Self {
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        if expired {
            params.not_after = date_time_ymd(2020, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let made = params.self_signed(&key).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        Self { pem: made.pem(), config: Arc::new(config) }
    }
}

/// An application over TLS that says which requests it read. It answers `ok`; a WebSocket, by saying back what it hears;
/// and `/api/things`, by a piece and, when `go` is said, another.
async fn application(pair: &Pair, go: oneshot::Receiver<()>) -> (Backend, mpsc::UnboundedReceiver<String>) {
    let (say, seen) = mpsc::unbounded_channel();
    let (config, go) = (pair.config.clone(), Arc::new(Mutex::new(Some(go))));
    let backend = Backend::new(move |_, wire| {
        let (say, config, go) = (say.clone(), config.clone(), go.clone());
        async move {
            let socket = wire.0.into_inner();
            let Ok(stream) = TlsAcceptor::from(config).accept(socket).await else { return };
            let mut wire = Wire::new(stream);
            while let Some(asked) = wire.message().await {
                say.send(asked.asks().to_owned()).unwrap();
                if asked.header("upgrade").is_some() {
                    wire.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n").await;
                    wire.send("Upgrade: websocket\r\n\r\n").await;
                    let mut heard = [0; 5];
                    wire.0.read_exact(&mut heard).await.unwrap();
                    return wire.send(heard).await;
                }
                if asked.asks() == "GET /api/things" {
                    wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n").await;
                    let go = go.lock().unwrap().take().unwrap();
                    go.await.unwrap();
                    wire.send("3\r\ntwo\r\n0\r\n\r\n").await;
                } else {
                    wire.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
                }
            }
        }
    })
    .await;
    (backend, seen)
}

fn named(host: &str, backend: &Backend) -> Upstream {
    Upstream::parse(&format!("https://{host}:{}", backend.address.port())).unwrap()
}

fn trusting(upstream: Upstream, pair: &Pair) -> Upstream {
    upstream.trusting(pair.pem.as_bytes()).unwrap()
}

async fn front(world: &World, backend: &Backend, upstream: Upstream) -> Front {
    Front::by(world, ProxySettings { upstream, ..settings(backend.address) }, Limits::default()).await
}

#[tokio::test]
async fn an_application_proves_itself_or_is_told_nothing() {
    let world = World::new().await;
    let (pair, other, expired) =
        (Pair::of("localhost", false), Pair::of("localhost", false), Pair::of("localhost", true));
    let (_go, wait) = oneshot::channel();
    let (backend, mut seen) = application(&pair, wait).await;
    let (_go, wait) = oneshot::channel();
    let (late, mut seen_late) = application(&expired, wait).await;
    for (backend, upstream) in [
        // Nobody whom everybody trusts has signed it; another one has; it is another host's; its time is over.
        (&backend, named("localhost", &backend)),
        (&backend, trusting(named("localhost", &backend), &other)),
        (&backend, trusting(named("127.0.0.1", &backend), &pair)),
        (&late, trusting(named("localhost", &late), &expired)),
    ] {
        let told = format!("{upstream:?}");
        let front = front(&world, backend, upstream).await;
        // And the second time no sooner than the first.
        for _ in 0..2 {
            assert_eq!(front.ask("GET /api/health", &[]).await.code(), "bad_gateway", "{told}");
        }
    }
    assert!(seen.try_recv().is_err() && seen_late.try_recv().is_err());
    let front = front(&world, &backend, trusting(named("localhost", &backend), &pair)).await;
    assert_eq!(front.ask("GET /api/health", &[]).await.body, b"ok");
    assert_eq!(seen.recv().await.as_deref(), Some("GET /api/health"));
}

#[tokio::test]
async fn an_application_without_tls_is_not_spoken_to_in_the_clear() {
    let world = World::new().await;
    let (say, mut heard) = mpsc::unbounded_channel();
    let backend = Backend::new(move |_, mut wire| {
        let say = say.clone();
        async move {
            let first = wire.0.read_u8().await.unwrap();
            say.send(first).unwrap();
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        }
    })
    .await;
    let front = front(&world, &backend, named("localhost", &backend)).await;
    assert_eq!(front.ask("GET /api/health", &[]).await.code(), "bad_gateway");
    // The beginning of a handshake (RFC 8446 section 5.1), and there is no second try.
    assert_eq!(heard.recv().await, Some(22));
    assert!(heard.try_recv().is_err());
}

#[tokio::test]
async fn an_application_offers_http_2_or_is_not_spoken_to_in_it() {
    let world = World::new().await;
    let pair = Pair::of("localhost", false);
    let (_go, wait) = oneshot::channel();
    let (backend, mut seen) = application(&pair, wait).await;
    let plain = front(&world, &backend, trusting(named("localhost", &backend), &pair).in_http2()).await;
    assert_eq!(plain.ask("GET /api/health", &[]).await.code(), "bad_gateway");
    assert!(seen.try_recv().is_err());

    // That it would understand is not enough.
    for (offered, answer) in [(&[][..], None), (&[b"http/1.1".to_vec(), b"h2".to_vec()], Some(200))] {
        let backend = speaking_http2(&pair, offered).await;
        let front = front(&world, &backend, trusting(named("localhost", &backend), &pair).in_http2()).await;
        let told = front.ask("GET /api/health", &[]).await;
        assert_eq!(told.status(), answer.unwrap_or(502), "{offered:?}");
        if answer.is_some() {
            assert_eq!(told.body, b"https://shop.example/api/health");
        }
    }
}

/// An application in HTTP/2 over TLS that offers these protocols, and answers with the target that it sees.
async fn speaking_http2(pair: &Pair, offered: &[Vec<u8>]) -> Backend {
    let mut config = ServerConfig::clone(&pair.config);
    config.alpn_protocols = offered.to_vec();
    let config = Arc::new(config);
    Backend::new(move |_, wire| {
        let config = config.clone();
        async move {
            let stream = TlsAcceptor::from(config).accept(wire.0.into_inner()).await.unwrap();
            let service = service_fn(|request: Request<Incoming>| async move {
                Ok::<_, Infallible>(Response::new(Body::from(request.uri().to_string())))
            });
            let served =
                http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service);
            // It ends when the test does.
            let _ = served.await;
        }
    })
    .await
}

#[tokio::test]
async fn streams_and_websockets_pass_through_tls() {
    let world = World::new().await;
    let ann = world.user("ann", "viewer").await;
    let token = format!("Bearer {}", world.token(&ann, &["read:things"]).await);
    let pair = Pair::of("localhost", false);
    let (go, wait) = oneshot::channel();
    let (backend, _seen) = application(&pair, wait).await;
    let front = front(&world, &backend, trusting(named("localhost", &backend), &pair)).await;

    let mut wire = front.connect().await;
    wire.send(request("GET /api/things", &[("Authorization", &token)])).await;
    assert_eq!(wire.head().await.unwrap().status(), 200);
    assert_eq!(wire.chunk().await.as_deref(), Some(&b"one"[..]));
    go.send(()).unwrap();
    assert_eq!(wire.chunk().await.as_deref(), Some(&b"two"[..]));

    front.tunnel(&[("Authorization", &token)]).await.hears_itself().await;
}

#[test]
fn roots_that_are_none_or_for_nothing_are_refused() {
    let pair = Pair::of("localhost", false);
    let https = || Upstream::parse("https://localhost").unwrap();
    for text in [&b""[..], b"hush", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert_eq!(https().trusting(text).unwrap_err(), UpstreamFault::Roots);
    }
    let http = Upstream::parse("http://localhost").unwrap();
    assert_eq!(http.trusting(pair.pem.as_bytes()).unwrap_err(), UpstreamFault::Roots);
}
