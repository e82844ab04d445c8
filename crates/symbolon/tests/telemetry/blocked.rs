//! An access log that cannot be written for a while: requests go on as if there were none, and what is lost is counted.

use std::fs::{File, OpenOptions};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use super::metrics::Samples;
use super::server_in;
use super::support::Place;

#[expect(clippy::disallowed_methods, reason = "what is tested is that nobody waits")]
fn timed<T>(act: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    (act(), began.elapsed())
}

/// A pipe of this name, from which nothing is read.
fn pipe(place: &Place, name: &str) -> File {
    let path = place.path().join(name);
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    // One end alone would wait for the other (fifo(7)).
    OpenOptions::new().read(true).write(true).open(path).unwrap()
}

#[test]
fn nobody_waits_for_a_log_that_takes_nothing_and_lines_without_a_place_are_counted() {
    let place = Place::empty();
    let unread = pipe(&place, "access.log");
    let server = server_in(place, "access_log = \"access.log\"");
    let dropped = || Samples::of(&server).value("symbolon_access_log_dropped_total", &json!({})).unwrap();
    assert!(dropped() < 1.0);
    let mut proxy = server.proxy("odin");
    let mut longest = Duration::ZERO;
    // More than wait, and lie in the pipe.
    for _ in 0..9_500 {
        let (answer, took) = timed(|| proxy.get("/nowhere"));
        assert_eq!(answer.status, 404);
        longest = longest.max(took);
    }
    assert!(dropped() >= 500.0, "{}", dropped());
    assert!(longest < Duration::from_secs(2), "{longest:?}");
    let (code, took) = timed(|| server.stop());
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(8), "{took:?}");
    assert!(server.log().contains("the last lines of the access log were not written in time"));
    drop(unread);
}
