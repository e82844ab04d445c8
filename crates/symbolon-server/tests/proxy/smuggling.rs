//! Messages that one server ends where another goes on reading. Each is refused, or reaches the application as the one
//! request that was decided about; what could be taken for a second one never does.

use std::time::Duration;

use symbolon_server::OtherCredentials;
use symbolon_server::listen::Limits;
use symbolon_server::proxy::{ProxySettings, Timeouts};

use crate::support::backend::Recorder;
use crate::support::front::{Front, settings};
use crate::support::world::World;

/// What an application must never see: the route is for people alone, and nobody has signed in.
const HIDDEN: &str = "GET /api/settings HTTP/1.1\r\nHost: a\r\n\r\n";

/// The shop, by itself and with its own login beside. Neither waits long for what does not come.
async fn fronts(world: &World, recorder: &Recorder) -> Vec<Front> {
    let soon = Duration::from_millis(100);
    let limits = Limits { headers: soon, ..Limits::default() };
    let mut fronts = Vec::new();
    for other_credentials in [OtherCredentials::Refuse, OtherCredentials::Passthrough] {
        let timeouts = Timeouts { idle: soon, ..Timeouts::default() };
        let proxied = ProxySettings { other_credentials, timeouts, ..settings(recorder.backend.address) };
        fronts.push(Front::by(world, proxied, limits).await);
    }
    fronts
}

/// A message to a public route, of which these are the headers but for `Host`, and the body.
fn post(headers: &str, body: &str) -> String {
    format!("POST /api/login HTTP/1.1\r\nHost: a\r\n{headers}\r\n{body}")
}

#[tokio::test]
async fn a_message_of_two_ends_reaches_the_application_once_or_not_at_all() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let chunked = |body: &str| post("Transfer-Encoding: chunked\r\n", body);
    for front in fronts(&world, &recorder).await {
        let messages = [
            // Lengths that are read in two ways.
            post("Content-Length: 0\r\nContent-Length: 40\r\n", HIDDEN),
            post("Content-Length: 0, 40\r\n", HIDDEN),
            post("Content-Length: 0x28\r\n", HIDDEN),
            post("Content-Length: 4_0\r\n", HIDDEN),
            post("Content-Length: -1\r\n", HIDDEN),
            post("Content-Length: 18446744073709551657\r\n", HIDDEN),
            post("Content-Length:\r\n", HIDDEN),
            post("Content-Length : 40\r\n", HIDDEN),
            post("Content_Length: 40\r\nContent-Length: 0\r\nConnection: close\r\n", HIDDEN),
            // Codings that one server knows and another does not.
            post("Transfer-Encoding : chunked\r\n", HIDDEN),
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", HIDDEN),
            post("Transfer-Encoding: identity, chunked\r\n", HIDDEN),
            post("Transfer-Encoding: \x0bchunked\r\n", HIDDEN),
            post("Transfer-Encoding: chunked;q=1\r\n", HIDDEN),
            post("Transfer-Encoding:\r\n chunked\r\n", HIDDEN),
            post("X-A: b\r\n\tTransfer-Encoding: chunked\r\n", HIDDEN),
            post("Transfer-Encoding: \"chunked\"\r\n", HIDDEN),
            // Chunks that are none.
            chunked(&format!("0x0\r\n\r\n{HIDDEN}")),
            chunked(&format!("-0\r\n\r\n{HIDDEN}")),
            chunked(&format!("+0\r\n\r\n{HIDDEN}")),
            chunked(&format!("g\r\n\r\n{HIDDEN}")),
            chunked(&format!("\r\n\r\n{HIDDEN}")),
            chunked(&format!("1\r\nab\r\n0\r\n\r\n{HIDDEN}")),
            chunked(&format!("1\r\na0\r\n\r\n{HIDDEN}")),
            chunked(&format!("10000000000000000\r\n{HIDDEN}")),
            chunked(&format!("ffffffffffffffff\r\n{HIDDEN}")),
            chunked(&format!("1;a=\"\n\r\na\r\n0\r\n\r\n{HIDDEN}")),
            // Lines that end in half.
            "POST /api/login HTTP/1.1\r\nHost: a\r\nX-A: b\rContent-Length: 40\r\n\r\n".to_owned() + HIDDEN,
            // Another version, and none.
            format!("POST /api/login HTTP/0.9\r\nHost: a\r\n\r\n{HIDDEN}"),
            format!("POST /api/login\r\n\r\n{HIDDEN}"),
            format!("POST /api/login HTTP/1.1 \r\nHost: a\r\n\r\n{HIDDEN}"),
            format!(
                "POST /api/login HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}"
            ),
        ];
        for message in messages {
            let statuses = front.statuses(&message).await;
            let served = statuses.iter().filter(|status| **status == 200).count();
            // A request of its own, if it is taken for one, is refused as one: without a credential, or by the
            // application's own login, which the backend of this test does not have.
            let seen: Vec<_> = std::iter::from_fn(|| recorder.try_seen()).collect();
            assert!(served <= 1, "{statuses:?} {message:?}");
            assert!(seen.len() <= 1, "{seen:?} {message:?}");
            for seen in seen {
                assert_eq!(seen.asks(), "POST /api/login", "{message:?}");
                assert!(seen.body.len() <= 1, "{seen:?} {message:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_chunk_whose_lines_end_in_half_is_refused() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    for front in fronts(&world, &recorder).await {
        // What takes a lone LF for the end of a chunk's line, and what does not, end the body in different places.
        for body in ["1\na\r\n0\r\n\r\n", "1;b\na\r\n0\r\n\r\n", "1\r\na\n0\r\n\r\n", "0\n\r\n"] {
            let message = post("Transfer-Encoding: chunked\r\n", &format!("{body}{HIDDEN}"));
            let statuses = front.statuses(&message).await;
            assert!(!statuses.contains(&200), "{statuses:?} {message:?}");
            assert!(recorder.try_seen().is_none(), "{message:?}");
        }
    }
}

#[tokio::test]
async fn a_lone_lf_ends_a_header_here_and_no_lf_goes_on() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let front = fronts(&world, &recorder).await.swap_remove(0);
    // RFC 9112 section 2.2 lets a server take it so. What comes after is a request of its own, and decided about.
    for message in [
        format!("POST /api/login HTTP/1.1\nHost: a\n\n{HIDDEN}"),
        post("X-A: b\nContent-Length: 0\r\n", HIDDEN),
    ] {
        assert!(!front.statuses(&message).await.iter().skip(1).any(|status| *status == 200), "{message:?}");
        if let Some(seen) = recorder.try_seen() {
            assert_eq!((seen.asks(), seen.body.len()), ("POST /api/login", 0), "{message:?}");
        }
        assert!(recorder.try_seen().is_none(), "{message:?}");
    }
}

#[tokio::test]
async fn chunks_that_are_good_arrive_as_what_they_hold() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    // Extensions are not passed on, and leading zeros and either case mean the same.
    for body in ["5;a=b\r\nhello\r\n0;c\r\n\r\n", "0005\r\nhello\r\n000\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n"]
    {
        let message = post("Transfer-Encoding: chunked\r\nConnection: close\r\n", body);
        let statuses = front.statuses(&message).await;
        let seen = recorder.try_seen();
        assert!(matches!((&statuses[..], &seen), ([200], Some(seen)) if seen.body == b"hello"), "{body:?}");
    }
}

#[tokio::test]
async fn a_target_that_is_no_path_reaches_nothing() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    for front in fronts(&world, &recorder).await {
        for target in [
            "http://a/api/health",
            "http://other/api/health",
            "HTTP://a/api/health",
            "https://a:443/api/health",
            "//a/api/health",
            "a",
            "a:80",
            "*",
            "api/health",
            "",
            "?/api/health",
        ] {
            for method in ["GET", "OPTIONS", "CONNECT"] {
                let close = "Connection: close";
                let message = format!("{method} {target} HTTP/1.1\r\nHost: a\r\n{close}\r\n\r\n");
                let statuses = front.statuses(&message).await;
                let doubled = target.starts_with("//") && method != "CONNECT";
                // An application behind passthrough judges its own paths.
                if doubled && recorder.try_seen().is_some_and(|seen| seen.asks().ends_with(target)) {
                    continue;
                }
                assert!(statuses.iter().all(|status| *status >= 400), "{statuses:?} {message:?}");
                assert!(recorder.try_seen().is_none(), "{message:?}");
            }
        }
    }
}
