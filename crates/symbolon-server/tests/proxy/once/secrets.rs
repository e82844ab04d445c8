//! What an application answers and is not kept.

use std::sync::Mutex;
use std::time::Duration;

use symbolon_server::listen::Limits;
use symbolon_server::proxy::{ProxySettings, Timeouts};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{PATIENCE, Scripted, caller, creation, is_replay, send};
use crate::support::backend::Backend;
use crate::support::front::{Front, settings};
use crate::support::world::World;

/// An answer with these headers and this body.
fn answer(headers: &str, body: &str) -> String {
    format!("HTTP/1.1 201 Created\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn what_has_a_credential_in_it_is_told_once_and_is_in_no_file() {
    let world = World::new().await;
    let (secret, token) = caller(&world).await;
    let owner = world.store.user(token.owner).await.unwrap().unwrap();
    let (leaked, _) = world.token_of("shop", &owner, &["read:things"]).await;
    let key = world.system_key().await;
    let trailers = "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n6\r\nhidden\r\n0\r\nX: y\r\n\r\n";
    for (number, answer) in [
        answer("", &format!("{{\"token\":\"{leaked}\",\"hidden\":1}}")),
        answer(&format!("Location: /hidden?key={key}\r\n"), ""),
        answer(&format!("X-Token: {leaked}\r\n"), "hidden"),
        answer("Set-Cookie: session=hidden; HttpOnly\r\n", "hidden"),
        answer("Cache-Control: private, No-Store\r\n", "hidden"),
        answer("Content-Encoding: gzip\r\n", "hidden"),
        answer("", &"hidden".repeat(50_000)),
        // No text can be made of it.
        answer("Location: /\u{e9}\r\n", "hidden"),
        trailers.to_owned(),
    ]
    .into_iter()
    .enumerate()
    {
        let mut application = Scripted::new([answer.as_str()]).await;
        let front = Front::of(&world, application.backend.address).await;
        let request = creation(&secret, &number.to_string());
        let first = send(&front, &request).await;
        assert_eq!((first.status(), is_replay(&first)), (201, false), "{number}");
        let body = String::from_utf8(first.body).unwrap();
        assert!(answer.contains(&body) && (number == 1 || body.contains("hidden")), "{number}: {body}");
        assert_eq!(application.asked(), 1);
        let again = send(&front, &request).await;
        assert_eq!((again.status(), again.code().as_str()), (409, "answer_not_kept"), "{number}");
        assert_eq!(application.asked(), 0);
    }
    for text in [leaked.as_str(), &key, "hidden"] {
        assert!(!world.lies_in_the_record(text), "{text}");
    }

    // What can be looked for is found where it was kept.
    let application =
        Scripted::new([answer("Cache-Control: no-cache\r\nContent-Encoding: identity\r\n", "shown")]).await;
    let front = Front::of(&world, application.backend.address).await;
    let request = creation(&secret, "shown");
    assert_eq!(send(&front, &request).await.status(), 201);
    assert!(is_replay(&send(&front, &request).await));
    assert!(world.lies_in_the_record("shown"));
}

/// What goes on for long is told as it comes.
#[tokio::test]
async fn a_stream_is_not_held_back() {
    let events = "text/event-stream; charset=utf-8";
    let soon = Timeouts { answer: Duration::from_millis(50), ..Timeouts::default() };
    for (kind, timeouts) in [(events, Timeouts::default()), ("text/plain", soon)] {
        let world = World::new().await;
        let (secret, _) = caller(&world).await;
        let (go, gone) = oneshot::channel::<()>();
        let gone = Mutex::new(Some(gone));
        let backend = Backend::new(move |_, mut wire| {
            let gone = gone.lock().unwrap().take();
            async move {
                wire.message().await.unwrap();
                let head =
                    format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n");
                wire.send(head + "5\r\nfirst\r\n").await;
                gone.expect("it is asked once").await.unwrap();
                wire.send("4\r\nlast\r\n0\r\n\r\n").await;
            }
        })
        .await;
        let proxied = ProxySettings { timeouts, ..settings(backend.address) };
        let front = Front::by(&world, proxied, Limits::default()).await;
        let request = creation(&secret, "k");
        let mut wire = front.connect().await;
        wire.send(&request).await;
        let begun = timeout(PATIENCE, async {
            assert_eq!(wire.head().await.unwrap().status(), 200);
            wire.chunk().await.unwrap()
        });
        assert_eq!(begun.await.unwrap(), b"first");
        assert_eq!(send(&front, &request).await.code(), "answer_not_kept", "{kind}");
        go.send(()).unwrap();
        assert_eq!(wire.chunk().await.unwrap(), b"last");
        assert_eq!(wire.chunk().await, None);
    }
}
