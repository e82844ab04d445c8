//! What is taken back while it is in use.

use std::time::Duration;

use jiff::SignedDuration;
use symbolon_core::decision::ServiceRules;
use symbolon_core::derived::Loan;
use symbolon_core::record::{Token, User};
use symbolon_core::store::Change;
use symbolon_server::Clock as _;
use symbolon_server::listen::Limits;
use symbolon_server::proxy::{ProxySettings, Timeouts};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

use crate::support::backend::{Backend, Recorder};
use crate::support::front::{Front, request, settings};
use crate::support::wire::Wire;
use crate::support::world::World;

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const UPGRADED: &str =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";

/// An application that answers with `head`, says back what it hears, and says when its
/// connection has ended.
async fn echo(head: &'static str, ended: mpsc::UnboundedSender<()>) -> Backend {
    Backend::new(move |_, mut wire| {
        let ended = ended.clone();
        async move {
            wire.head().await.unwrap();
            wire.send(head).await;
            if head == CHUNKED {
                wire.send("5\r\nevent\r\n").await;
            }
            let mut buffer = [0; 64];
            while let Ok(count @ 1..) = wire.0.read(&mut buffer).await {
                wire.send(&buffer[..count]).await;
            }
            ended.send(()).unwrap();
        }
    })
    .await
}

async fn front(world: &World, backend: &Backend) -> Front {
    let timeouts = Timeouts { recheck: Duration::from_millis(5), ..Timeouts::default() };
    let proxied = ProxySettings { timeouts, ..settings(backend.address) };
    Front::by(world, proxied, Limits::default()).await
}

/// A tunnel, by this credential.
async fn tunnel(front: &Front, name: &str, value: &str) -> Wire {
    front.tunnel(&[(name, value), ("Sec-Fetch-Site", "same-origin")]).await
}

#[tokio::test]
async fn a_revoked_token_is_refused_on_the_next_request_of_the_same_connection() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let (secret, token) = world.token_of("shop", &ann, &["read:things"]).await;
    let recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    let mut wire = front.connect().await;
    let bytes = request("GET /api/things", &[("X-API-Key", &secret)]);
    wire.send(&bytes).await;
    assert_eq!(wire.message().await.unwrap().status(), 200);
    world.revoke(token).await;
    wire.send(&bytes).await;
    assert_eq!(wire.message().await.unwrap().code(), "invalid_token");
}

#[tokio::test]
async fn the_stream_of_a_revoked_token_is_cut() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let (secret, token) = world.token_of("shop", &ann, &["read:things"]).await;
    let (say, mut ended) = mpsc::unbounded_channel();
    let backend = echo(CHUNKED, say).await;
    let front = front(&world, &backend).await;
    let mut wire = front.connect().await;
    wire.send(request("GET /api/things", &[("X-API-Key", &secret)])).await;
    assert_eq!(wire.head().await.unwrap().status(), 200);
    assert_eq!(wire.chunk().await.unwrap(), b"event");
    world.revoke(token).await;
    // Cut, not ended: no last chunk.
    assert!(wire.ends().await);
    ended.recv().await.unwrap();
}

/// Nobody takes it back: what is lent ends by itself, and what goes on by it.
#[tokio::test]
async fn a_stream_by_what_is_lent_is_cut_when_that_ends() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let (secret, token) = world.token_of("shop", &ann, &["write:things"]).await;
    let (say, mut ended) = mpsc::unbounded_channel();
    let backend = echo(CHUNKED, say).await;
    let front = front(&world, &backend).await;
    let asked = request("GET /api/things", &[("X-API-Key", &secret)]);
    let mut wire = front.connect().await;
    wire.send(&asked).await;
    assert_eq!(wire.message().await.unwrap().code(), "insufficient_scope");
    let until = world.clock.now() + SignedDuration::from_mins(10);
    let scopes = vec!["read:things".parse().unwrap()];
    let loan = Loan { scopes, until, by: "usr_a".to_owned(), ask: "ask_a".to_owned() };
    world.commit(vec![Change::TokenChanged(Token { loans: vec![loan], revision: 2, ..token })]).await;
    wire.send(&asked).await;
    assert_eq!(wire.head().await.unwrap().status(), 200);
    assert_eq!(wire.chunk().await.unwrap(), b"event");
    world.clock.advance(600_000);
    // Cut, not ended: no last chunk.
    assert!(wire.ends().await);
    ended.recv().await.unwrap();
}

/// What was taken back at another node is not known here, once the lease is over: nothing may go on by what was.
#[tokio::test]
async fn a_stream_is_cut_when_the_lease_is_over() {
    let world = World::in_a_fleet().await;
    let ann = world.user("ann", "operator").await;
    let (say, mut ended) = mpsc::unbounded_channel();
    let backend = echo(UPGRADED, say).await;
    let front = front(&world, &backend).await;
    let token = world.token(&ann, &["read:things"]).await;
    let mut first = tunnel(&front, "X-API-Key", &token).await;
    first.hears_itself().await;
    world.gate.lease().give_up();
    assert!(first.ends().await);
    ended.recv().await.unwrap();
    world.renew();
    tunnel(&front, "X-API-Key", &token).await.hears_itself().await;
}

/// What an application tells of a request's body.
#[derive(Debug, PartialEq)]
enum Upload {
    Begun,
    Whole,
    Cut,
}

/// An application that answers `head` at once, and says that a request came and how its body ended.
async fn reader(head: &'static str, say: mpsc::UnboundedSender<Upload>) -> Backend {
    Backend::new(move |_, mut wire| {
        let say = say.clone();
        async move {
            wire.head().await.unwrap();
            say.send(Upload::Begun).unwrap();
            wire.send(head).await;
            let (mut buffer, mut last) = ([0; 4096], Vec::<u8>::new());
            while let Ok(count @ 1..) = wire.0.read(&mut buffer).await {
                last.extend(&buffer[..count]);
                last.drain(..last.len().saturating_sub(5));
                if last == b"0\r\n\r\n" {
                    break;
                }
            }
            say.send(if last == b"0\r\n\r\n" { Upload::Whole } else { Upload::Cut }).unwrap();
        }
    })
    .await
}

const UPLOAD: [(&str, &str); 1] = [("Transfer-Encoding", "chunked")];

#[tokio::test]
async fn the_upload_of_a_revoked_token_is_cut() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    for (pauses, answer) in
        [(true, ""), (false, ""), (true, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")]
    {
        let (secret, token) = world.token_of("shop", &ann, &["write:things"]).await;
        let (say, mut told) = mpsc::unbounded_channel();
        let backend = reader(answer, say).await;
        let front = front(&world, &backend).await;
        let mut wire = front.connect().await;
        wire.send(request("POST /api/things", &[&UPLOAD[..], &[("X-API-Key", &secret)]].concat())).await;
        wire.send("5\r\nhello\r\n").await;
        // Let in, or there is nothing to cut.
        assert_eq!(told.recv().await, Some(Upload::Begun));
        if !answer.is_empty() {
            assert_eq!(wire.message().await.unwrap().status(), 200);
        }
        world.revoke(token).await;
        if !pauses {
            // As fast as it is taken, until it is not taken any more.
            while wire.0.get_mut().write_all(b"5\r\nhello\r\n").await.is_ok() && told.is_empty() {}
        }
        assert_eq!(told.recv().await, Some(Upload::Cut), "pauses: {pauses}, answer: {answer}");
        if pauses && answer.is_empty() {
            assert_eq!(wire.message().await.unwrap().code(), "invalid_token");
        }
    }
}

#[tokio::test]
async fn a_tunnel_lasts_as_long_as_its_caller_would_be_let_in() {
    let world = World::with(ServiceRules { session_cookie: true, ..ServiceRules::default() }).await;
    let ann = world.user("ann", "operator").await;
    let bob = world.user("bob", "operator").await;
    let (say, mut ended) = mpsc::unbounded_channel();
    let backend = echo(UPGRADED, say).await;
    let front = front(&world, &backend).await;
    let anns = world.token(&ann, &["read:things"]).await;
    let cookie = format!("symbolon_session={}", world.session(&ann).await);
    let mut by_token = tunnel(&front, "X-API-Key", &anns).await;
    let mut by_cookie = tunnel(&front, "Cookie", &cookie).await;
    let mut of_bob = tunnel(&front, "X-API-Key", &world.token(&bob, &["read:things"]).await).await;

    world.commit(vec![Change::UserChanged(User { active: false, revision: 2, ..ann })]).await;
    assert!(by_token.ends().await);
    assert!(by_cookie.ends().await);
    for _ in 0..2 {
        ended.recv().await.unwrap();
    }
    // It was asked about as often as the others, and answers still.
    of_bob.hears_itself().await;
}

#[tokio::test]
async fn a_tunnel_to_a_service_that_is_gone_is_cut() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let (say, mut ended) = mpsc::unbounded_channel();
    let backend = echo(UPGRADED, say).await;
    let front = front(&world, &backend).await;
    let token = world.token(&ann, &["read:things"]).await;
    let mut wire = tunnel(&front, "X-API-Key", &token).await;
    world.gate.set_services(vec![world.gate.service("bank").unwrap()]).unwrap();
    assert!(wire.ends().await);
    ended.recv().await.unwrap();
}

/// A service may let no token lie unused for long: one whose stream goes on does not. But that is not one more request.
#[tokio::test]
async fn what_goes_on_is_a_use_of_its_token_and_no_other_request() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let (say, _ended) = mpsc::unbounded_channel();
    let backend = echo(UPGRADED, say).await;
    let front = front(&world, &backend).await;
    let (secret, token) = world.token_of("shop", &ann, &["read:things"]).await;
    let mut kept = tunnel(&front, "X-API-Key", &secret).await;
    world.clock.advance(60_000);
    // Three others, one after the other, are cut by a look that the first one had as often.
    for _ in 0..3 {
        let (secret, other) = world.token_of("shop", &ann, &["read:things"]).await;
        let mut wire = tunnel(&front, "X-API-Key", &secret).await;
        world.revoke(other).await;
        assert!(wire.ends().await);
    }
    kept.hears_itself().await;
    assert_eq!(world.gate.last_used(token.id), Some(world.clock.now()));
    world.gate.gather_usage();
    let counted = world.gate.take_usage(100);
    let count: u64 = counted.iter().filter(|one| one.token == token.id).map(|one| one.count).sum();
    assert_eq!(count, 1);
}
