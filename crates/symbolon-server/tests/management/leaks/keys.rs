//! GitHub's keys, fetched: from whom it was said, not too often, and believed for so long.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use rustls::pki_types::PrivateKeyDer;
use symbolon_server::{GitHubAlerts, OnLeak, PublicKeys};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::signer::{Signer, document};
use crate::world::{Setup, World};

const BODY: &str = "[]";

/// A server of keys over TLS; how often it was asked, and what it answers.
struct Server {
    url: String,
    certificate: String,
    asked: Arc<AtomicUsize>,
    answer: Arc<Mutex<(u16, String)>>,
}

impl Server {
    async fn start() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}/keys", listener.local_addr().unwrap().port());
        let (asked, answer) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new((500, String::new()))));
        let (count, answers) = (asked.clone(), answer.clone());
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let Ok(mut stream) = acceptor.accept(socket).await else { continue };
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    request.push(stream.read_u8().await.unwrap());
                }
                let request = String::from_utf8(request).unwrap().to_lowercase();
                assert!(
                    request.starts_with("get /keys http/1.1\r\n")
                        && request.contains("user-agent: symbolon/")
                );
                count.fetch_add(1, Ordering::SeqCst);
                let (status, body) = answers.lock().unwrap().clone();
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 {status} X\r\nlocation: /keys\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
                let _ = stream.shutdown().await;
            }
        });
        Self { url, certificate: made.cert.pem(), asked, answer }
    }

    fn answers(&self, status: u16, body: String) {
        *self.answer.lock().unwrap() = (status, body);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    async fn world(&self) -> World {
        let keys = PublicKeys::at(&self.url, Some(self.certificate.as_bytes())).unwrap();
        let github_alerts = Some(GitHubAlerts::new(OnLeak::Revoke, keys));
        World::of(Setup { github_alerts, ..Setup::default() }).await
    }
}

#[tokio::test]
async fn a_flood_of_unknown_names_is_no_flood_of_questions() {
    let (server, github, unknown) = (Server::start().await, Signer::new("current"), Signer::new("unknown"));
    server.answers(200, document(&[github.entry(true)]));
    let world = server.world().await;
    assert_eq!(server.asked(), 0, "asked before there was an alert");
    github.alert(&world, BODY).await.expect(200);
    for _ in 0..50 {
        unknown.alert(&world, BODY).await.refused(403, "invalid_signature");
        github.alert(&world, BODY).await.expect(200);
    }
    assert_eq!(server.asked(), 1);
    // A new key is found a minute later, and an alert by the one before goes on meanwhile.
    server.answers(200, document(&[github.entry(true), unknown.entry(true)]));
    world.clock.advance(60);
    github.alert(&world, BODY).await.expect(200);
    assert_eq!(server.asked(), 1);
    unknown.alert(&world, BODY).await.expect(200);
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn a_key_is_believed_for_an_hour_and_then_asked_about() {
    let (server, old, new) = (Server::start().await, Signer::new("old"), Signer::new("new"));
    server.answers(200, document(&[old.entry(true)]));
    let world = server.world().await;
    old.alert(&world, BODY).await.expect(200);
    server.answers(200, document(&[old.entry(false), new.entry(true)]));
    world.clock.advance(3_599);
    old.alert(&world, BODY).await.expect(200);
    world.clock.advance(1);
    old.alert(&world, BODY).await.refused(403, "invalid_signature");
    new.alert(&world, BODY).await.expect(200);
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn where_the_keys_cannot_be_had_nothing_is_denied_and_nothing_passes() {
    let (server, github) = (Server::start().await, Signer::new("current"));
    let world = server.world().await;
    let good = document(&[github.entry(true)]);
    for (status, body) in
        [(500, good.clone()), (302, good.clone()), (200, "{}".to_owned()), (200, "x".repeat(300_000))]
    {
        server.answers(status, body);
        let before = server.asked();
        for _ in 0..5 {
            github.alert(&world, BODY).await.refused(503, "unavailable");
        }
        assert_eq!(server.asked(), before + 1, "asked again at once");
        world.clock.advance(60);
    }
    server.answers(200, good);
    github.alert(&world, BODY).await.expect(200);
    // What was known is not forgotten for that; but of a name that was not, nothing can be said.
    server.answers(500, String::new());
    world.clock.advance(61);
    Signer::new("unknown").alert(&world, BODY).await.refused(503, "unavailable");
    github.alert(&world, BODY).await.expect(200);
}

#[tokio::test]
async fn keys_of_somebody_else_are_not_taken() {
    let (server, other, github) = (Server::start().await, Server::start().await, Signer::new("current"));
    server.answers(200, document(&[github.entry(true)]));
    for authority in [Some(other.certificate.as_bytes()), None] {
        let keys = PublicKeys::at(&server.url, authority).unwrap();
        let github_alerts = Some(GitHubAlerts::new(OnLeak::Revoke, keys));
        let world = World::of(Setup { github_alerts, ..Setup::default() }).await;
        github.alert(&world, BODY).await.refused(503, "unavailable");
    }
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn who_hangs_up_does_not_end_the_question() {
    let (server, github) = (Server::start().await, Signer::new("current"));
    server.answers(200, document(&[github.entry(true)]));
    let world = server.world().await;
    // Hangs up as soon as there is something to wait for.
    let mut alert = Box::pin(github.alert(&world, BODY));
    let waits = std::future::poll_fn(|context| Poll::Ready(alert.as_mut().poll(context).is_pending()));
    assert!(waits.await);
    drop(alert);
    github.alert(&world, BODY).await.expect(200);
    assert_eq!(server.asked(), 1);
}
