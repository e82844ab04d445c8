//! TLS at the door.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::Request;
use hyper::client::conn::http2::handshake;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use symbolon_server::listen::{Limits, Listener, Tls, TlsFault, serve};
use symbolon_server::proxy::Proxy;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::CancellationToken;

use crate::support::backend::{Recorder, listen};
use crate::support::front::{request, settings};
use crate::support::wire::Wire;
use crate::support::world::World;

/// A certificate for `shop.example` that vouches for itself.
struct Pair {
    chain: String,
    key: String,
    der: CertificateDer<'static>,
}

impl Pair {
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["shop.example".to_owned()]).unwrap();
        Self { chain: made.cert.pem(), key: made.signing_key.serialize_pem(), der: made.cert.der().clone() }
    }

    fn tls(&self) -> Tls {
        Tls::new(self.chain.as_bytes(), self.key.as_bytes()).unwrap()
    }

    /// Connects as one who trusts this certificate alone.
    async fn connect(
        &self,
        address: std::net::SocketAddr,
        alpn: &[&str],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        let socket = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("shop.example").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, socket).await
    }
}

/// The shop over TLS.
async fn front(
    world: &World,
    recorder: &Recorder,
    tls: &Tls,
    limits: Limits,
) -> (std::net::SocketAddr, CancellationToken, JoinHandle<()>) {
    let (listener, address) = listen().await;
    let stop = CancellationToken::new();
    let door = Arc::new(Proxy::new(world.app.clone(), settings(recorder.backend.address))).door();
    let listener = Listener::Tls(listener, tls.clone());
    (address, stop.clone(), tokio::spawn(serve(listener, door, stop, limits)))
}

#[tokio::test]
async fn both_versions_are_served_and_the_application_is_told() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let pair = Pair::new();
    let (address, stop, served) = front(&world, &recorder, &pair.tls(), Limits::default()).await;
    for alpn in [&["http/1.1"][..], &[]] {
        let mut wire = Wire::new(pair.connect(address, alpn).await.unwrap());
        wire.send(request("GET /api/health", &[("X-Forwarded-Proto", "http")])).await;
        assert_eq!(wire.message().await.unwrap().status(), 200);
        assert_eq!(recorder.seen().await.header("x-forwarded-proto"), Some("https"));
    }
    let stream = pair.connect(address, &["h2", "http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut client, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = Request::get("https://shop.example/api/health").body(Body::empty()).unwrap();
    assert_eq!(client.send_request(request).await.unwrap().status(), 200);
    let seen = recorder.seen().await;
    assert_eq!(
        (seen.header("host"), seen.header("x-forwarded-proto")),
        (Some("shop.example"), Some("https"))
    );
    // Who speaks something else only is not served, and nothing in plain text is.
    assert!(pair.connect(address, &["spdy/1"]).await.is_err());
    let mut plain = Wire::new(TcpStream::connect(address).await.unwrap());
    plain.send("GET /api/health HTTP/1.1\r\nHost: shop.example\r\n\r\n").await;
    assert_ne!(plain.line().await.as_deref(), Some("HTTP/1.1 200 OK"));
    recorder.saw_nothing();
    stop.cancel();
    served.await.unwrap();
    connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn another_certificate_is_for_the_connections_that_come() {
    let world = World::new().await;
    let recorder = Recorder::new().await;
    let (old, new) = (Pair::new(), Pair::new());
    let tls = old.tls();
    let (address, ..) = front(&world, &recorder, &tls, Limits::default()).await;
    let mut kept = Wire::new(old.connect(address, &[]).await.unwrap());
    kept.send(request("GET /api/health", &[])).await;
    assert_eq!(kept.message().await.unwrap().status(), 200);

    // Two halves that are not one pair change nothing.
    let mixed = tls.replace(new.chain.as_bytes(), old.key.as_bytes());
    assert!(matches!(mixed, Err(TlsFault::Pair(_))));
    assert!(matches!(tls.replace(b"", new.key.as_bytes()), Err(TlsFault::Certificate)));
    assert!(matches!(tls.replace(new.chain.as_bytes(), b"hush"), Err(TlsFault::Key)));
    assert!(old.connect(address, &[]).await.is_ok());

    tls.replace(new.chain.as_bytes(), new.key.as_bytes()).unwrap();
    assert!(new.connect(address, &[]).await.is_ok());
    assert!(old.connect(address, &[]).await.is_err());
    kept.send(request("GET /api/health", &[])).await;
    assert_eq!(kept.message().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_handshake_is_not_waited_for_and_does_not_hold_up_the_end() {
    let world = World::new().await;
    let recorder = Recorder::new().await;
    let limits = Limits { headers: Duration::from_millis(50), ..Limits::default() };
    let (address, ..) = front(&world, &recorder, &Pair::new().tls(), limits).await;
    // Nothing, and the beginning of a record that does not come.
    for part in [&b""[..], &[0x16, 3, 1, 2, 0]] {
        let mut wire = Wire::new(TcpStream::connect(address).await.unwrap());
        wire.send(part).await;
        assert!(wire.ends().await, "{part:?}");
    }
    let (address, stop, served) = front(&world, &recorder, &Pair::new().tls(), Limits::default()).await;
    let mut silent = Wire::new(TcpStream::connect(address).await.unwrap());
    stop.cancel();
    assert!(silent.ends().await);
    served.await.unwrap();
}
