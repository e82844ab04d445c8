//! Collectors that are silent, gone or unwilling: requests go on as if there were none, and what is lost is counted.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::json;

use super::application::Application;
use super::collector::Collector;
use super::metrics::Samples;
use super::traces::server;
use super::wire::Wire;

#[expect(clippy::disallowed_methods, reason = "what is tested is that nobody waits")]
fn timed<T>(act: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    (act(), began.elapsed())
}

#[test]
fn nobody_waits_for_a_collector_that_is_silent_and_what_has_no_place_is_counted() {
    // It takes connections, and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let application = Application::start();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let server = server(&application, &url, "trace_sample = 1");
    let dropped = || Samples::of(&server).value("symbolon_spans_dropped_total", &json!({})).unwrap();
    let mut gateway = Wire::connect(server.gateway_address()).unwrap();
    let shown = [("X-Original-Uri", "/api/health"), ("X-Original-Method", "GET")];
    let mut longest = Duration::ZERO;
    // More than wait and are on their way.
    for _ in 0..3_000 {
        let (answer, took) = timed(|| gateway.ask("GET /gateway/nginx/odin", &shown).unwrap());
        assert_eq!(answer.status(), 200);
        longest = longest.max(took);
    }
    assert!(dropped() >= 300.0, "{}", dropped());
    // The collector has five seconds for each message.
    assert!(longest < Duration::from_secs(2), "{longest:?}");
    let (code, took) = timed(|| server.stop());
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(8), "{took:?}");
    assert!(
        server.log().contains("the last spans were not taken by the collector in time"),
        "{}",
        server.log()
    );
}

#[test]
fn what_a_collector_does_not_take_is_counted_and_fails_nobody() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (how, of_three) in
        [("takes", [3.0, 0.0]), ("refuses", [0.0, 3.0]), ("rejects one", [2.0, 1.0]), ("gone", [0.0, 3.0])]
    {
        let collector = (how != "gone").then(|| Collector::start(how));
        let url = collector.as_ref().map_or(format!("http://{gone}"), |collector| collector.url.clone());
        let application = Application::start();
        let server = server(&application, &url, "trace_sample = 1");
        let mut gateway = Wire::connect(server.gateway_address()).unwrap();
        let shown = [("X-Original-Uri", "/api/health"), ("X-Original-Method", "GET")];
        for _ in 0..3 {
            assert_eq!(gateway.ask("GET /gateway/nginx/odin", &shown).unwrap().status(), 200, "{how}");
        }
        // Asking for the metrics is a span of its own, and for the health: the first message is looked at.
        let counted = || {
            let samples = Samples::of(&server);
            ["sent", "dropped"]
                .map(|name| samples.value(&format!("symbolon_spans_{name}_total"), &json!({})).unwrap())
        };
        server.until(how, || counted() != [0.0, 0.0]);
        let [sent, dropped] = counted();
        let [most_sent, most_dropped] = of_three.map(|count| count > 0.0);
        assert_eq!((sent > 0.0, dropped > 0.0), (most_sent, most_dropped), "{how}: {sent} {dropped}");
        let told = server.log().contains("the collector does not take");
        assert_eq!(told, most_dropped, "{how}: {}", server.log());
        if how == "rejects one" {
            assert!(sent >= 2.0, "{sent}");
        }
    }
}
