//! What became of a request whose answer did not come, or not whole, or could not be noted.

use std::time::Duration;

use symbolon_server::listen::Limits;
use symbolon_server::proxy::{ProxyLimits, ProxySettings, Timeouts};

use super::{CREATED, LONG, Scripted, caller, creation, held_up, is_replay, send};
use crate::support::backend::{Recorder, listen, silent};
use crate::support::front::{Front, settings};
use crate::support::world::World;

#[tokio::test]
async fn what_nobody_knows_the_end_of_is_not_sent_again() {
    for cut in [
        // It hangs up without a word, in the headers, in a body, and in one of an unsaid length.
        "",
        "HTTP/1.1 201 Cre",
        "HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nse",
        "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nseven\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    ] {
        let world = World::new().await;
        let (secret, _) = caller(&world).await;
        let mut application = Scripted::new([cut]).await;
        let front = Front::of(&world, application.backend.address).await;
        let request = creation(&secret, "k");
        let first = send(&front, &request).await;
        assert_eq!((first.status(), first.code().as_str()), (502, "bad_gateway"), "{cut}");
        assert_eq!(application.asked(), 1);
        for _ in 0..2 {
            let again = send(&front, &request).await;
            assert_eq!((again.status(), again.code().as_str()), (409, "answer_unknown"), "{cut}");
        }
        assert_eq!(application.asked(), 0, "{cut}");
    }
}

#[tokio::test]
async fn what_is_not_answered_in_time_is_not_sent_again() {
    let world = World::new().await;
    let (secret, _) = caller(&world).await;
    let (backend, mut heard) = silent().await;
    let timeouts = Timeouts { answer: Duration::from_millis(50), ..Timeouts::default() };
    let front =
        Front::by(&world, ProxySettings { timeouts, ..settings(backend.address) }, Limits::default()).await;
    let request = creation(&secret, "k");
    assert_eq!(send(&front, &request).await.status(), 504);
    assert_eq!((heard.recv().await, heard.recv().await), (Some("asked"), Some("left")));
    assert_eq!(send(&front, &request).await.code(), "answer_unknown");
    assert!(heard.try_recv().is_err());
}

#[tokio::test]
async fn what_was_turned_away_is_sent_again() {
    let world = World::new().await;
    let (secret, _) = caller(&world).await;
    let mut application = Scripted::new([
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 9\r\nContent-Length: 4\r\n\r\nbusy",
        "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n",
        CREATED,
    ])
    .await;
    let front = Front::of(&world, application.backend.address).await;
    let request = creation(&secret, "k");
    let busy = send(&front, &request).await;
    assert_eq!(
        (busy.status(), busy.header("retry-after"), busy.body.as_slice()),
        (503, Some("9"), &b"busy"[..])
    );
    assert_eq!(send(&front, &request).await.status(), 429);
    assert_eq!(send(&front, &request).await.status(), 201);
    assert_eq!(application.asked(), 3);
    assert!(is_replay(&send(&front, &request).await));
}

#[tokio::test]
async fn an_application_that_said_no_has_said_it() {
    let world = World::new().await;
    let (secret, _) = caller(&world).await;
    for (key, status) in [("a", 400), ("b", 409), ("c", 500), ("d", 502)] {
        let mut application =
            Scripted::new([format!("HTTP/1.1 {status} No\r\nContent-Length: 2\r\n\r\nno")]).await;
        let front = Front::of(&world, application.backend.address).await;
        let request = creation(&secret, key);
        for again in [false, true] {
            let answer = send(&front, &request).await;
            assert_eq!((answer.status(), is_replay(&answer)), (status, again));
        }
        assert_eq!(application.asked(), 1);
    }
    // Nothing but a status.
    let application = Scripted::new(["HTTP/1.1 204 No Content\r\n\r\n"]).await;
    let front = Front::of(&world, application.backend.address).await;
    for again in [false, true] {
        let answer = send(&front, &creation(&secret, "e")).await;
        assert_eq!(
            (answer.status(), is_replay(&answer), answer.header("content-length")),
            (204, again, None)
        );
    }
}

#[tokio::test]
async fn what_never_reached_the_application_is_sent_again() {
    let world = World::new().await;
    let (secret, _) = caller(&world).await;
    let mut recorder = Recorder::new().await;
    let (listener, nobody) = listen().await;
    drop(listener);
    let timeouts = Timeouts { connect: Duration::from_millis(50), ..Timeouts::default() };
    let none = ProxyLimits { requests: 0, ..ProxyLimits::default() };
    let unreachable = ProxySettings { timeouts, ..settings(nobody) };
    let full = ProxySettings { timeouts, limits: none, ..settings(recorder.backend.address) };
    let request = creation(&secret, "k");
    for (settings, status) in [(unreachable, 502), (full, 503), (settings(recorder.backend.address), 200)] {
        let front = Front::by(&world, settings, Limits::default()).await;
        assert_eq!(send(&front, &request).await.status(), status);
    }
    assert_eq!(recorder.seen().await.asks(), "POST /api/things");
    recorder.saw_nothing();
}

/// One that is kept may be closed by the application just then, and nobody would know what became of the request.
#[tokio::test]
async fn it_is_sent_over_a_connection_of_its_own() {
    let world = World::new().await;
    let (secret, _) = caller(&world).await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    assert_eq!(front.ask_as(&secret, "GET /api/things", &[]).await.status(), 200);
    assert_eq!(recorder.numbered().await.0, 0);
    assert_eq!(send(&front, &creation(&secret, "k")).await.status(), 200);
    assert_eq!(recorder.numbered().await.0, 1);
}

#[tokio::test]
async fn without_the_record_nothing_is_sent() {
    let world = World::new().await;
    let (secret, _) = caller(&world).await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    world.store.close().await;
    let answer = send(&front, &creation(&secret, "k")).await;
    assert_eq!((answer.status(), answer.code().as_str()), (503, "unavailable"));
    recorder.saw_nothing();
}

#[tokio::test]
async fn what_could_not_be_noted_reaches_its_caller_and_nobody_knows_of_it() {
    let world = World::new().await;
    let (secret, _) = caller(&world).await;
    let request = creation(&secret, "k");
    let (held, _front, mut wire) = held_up(&world, &request).await;
    world.store.close().await;
    let _listening = held.finish();
    let answer = wire.message().await.unwrap();
    assert_eq!((answer.status(), answer.body.as_slice()), (200, &b"done"[..]));

    let world = world.restarted().await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    assert_eq!(send(&front, &request).await.code(), "answer_pending");
    world.clock.advance(LONG);
    assert_eq!(send(&front, &request).await.code(), "answer_unknown");
    recorder.saw_nothing();
}

/// Somebody else holds the database for longer than is waited for, and lets go of it when the caller has the answer.
#[tokio::test]
async fn the_end_is_noted_before_it_is_told() {
    let world = World::new().await;
    let (secret, _) = caller(&world).await;
    let request = creation(&secret, "k");
    let (held, front, mut wire) = held_up(&world, &request).await;
    let other = rusqlite::Connection::open(world.record()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let _listening = held.finish();
    let answer = wire.message().await.unwrap();
    assert_eq!((answer.status(), answer.body.as_slice()), (200, &b"done"[..]));
    other.execute_batch("ROLLBACK").unwrap();
    // It was tried, in vain. What is noted later than it is told would be there by now.
    assert_eq!(send(&front, &request).await.code(), "answer_pending");
}

#[tokio::test]
async fn another_process_knows_what_was_answered_and_what_was_under_way() {
    let world = World::new().await;
    let (secret, _) = caller(&world).await;
    let mut application = Scripted::new([CREATED]).await;
    let front = Front::of(&world, application.backend.address).await;
    let answered = creation(&secret, "answered");
    assert_eq!(send(&front, &answered).await.status(), 201);
    assert_eq!(application.asked(), 1);
    let (backend, mut heard) = silent().await;
    let front = Front::of(&world, backend.address).await;
    let under_way = creation(&secret, "under way");
    let mut wire = front.connect().await;
    wire.send(&under_way).await;
    assert_eq!(heard.recv().await, Some("asked"));

    let world = world.restarted().await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    let again = send(&front, &answered).await;
    assert_eq!((again.status(), is_replay(&again), again.body.as_slice()), (201, true, &b"seven"[..]));
    assert_eq!(send(&front, &under_way).await.code(), "answer_pending");
    world.clock.advance(LONG);
    assert_eq!(send(&front, &under_way).await.code(), "answer_unknown");
    recorder.saw_nothing();
}
