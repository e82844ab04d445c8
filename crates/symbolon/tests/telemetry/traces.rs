//! Traces: a span for each request, in its trace; never a secret and never a path; and nobody waits for the collector.

use std::io::BufReader;
use std::net::{SocketAddr, TcpListener};

use serde_json::{Value, json};

use super::application::Application;
use super::collector::Collector;
use super::gateway::{Gateway, Kind};
use super::support::{Place, Server};
use super::token;
use super::wire::{Message, Wire};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

/// `traceparent` of a caller whose own span is kept, or is not.
fn traceparent(sampled: bool) -> String {
    format!("00-{TRACE}-{CALLER}-0{}", u8::from(sampled))
}

/// O.D.I.N.'s catalog in front of an application that remembers, with spans for a collector.
pub(crate) fn server(application: &Application, collector: &str, more: &str) -> Server {
    server_before(application.address, collector, more)
}

fn server_before(upstream: SocketAddr, collector: &str, more: &str) -> Server {
    Server::at(Place::with(&format!(
        "listen = \"127.0.0.1:0\"\n[telemetry]\notlp = \"{collector}\"\n{more}\n\
         [gateway]\nlisten = \"127.0.0.1:0\"\npeers = [\"127.0.0.1\"]\n\
         [services.odin]\nlisten = \"127.0.0.1:0\"\nupstream = \"http://{upstream}\"\n"
    )))
}

fn ask(server: &Server, line: &str, headers: &[(&str, &str)]) -> Message {
    Wire::connect(server.proxy_address("odin")).unwrap().ask(line, headers).unwrap()
}

/// What is the same in every run of a span.
fn told(span: &Value) -> Value {
    assert!(span["start"].as_u64() <= span["end"].as_u64() && span["start"].as_u64() > Some(0), "{span}");
    json!([span["kind"], span["name"], span["status"], span["attributes"]])
}

#[test]
fn a_request_through_the_proxy_is_two_spans_of_the_callers_trace() {
    let (application, collector) = (Application::start(), Collector::start("takes"));
    let server = server(&application, &collector.url, "trace_sample = 0\ntrust_traceparent = true");
    let (id, secret) = token(&server);
    let bearer = format!("Bearer {secret}");
    let parent = traceparent(true);
    let headers =
        [("Authorization", bearer.as_str()), ("Traceparent", &parent), ("Tracestate", "vendor=opaque")];
    assert_eq!(ask(&server, "GET /api/printers/7?full=1", &headers).status(), 200);
    assert_eq!(ask(&server, "GET /api/users", &headers).status(), 403);
    // Whom somebody in front has decided to leave out.
    let parent = traceparent(false);
    ask(&server, "GET /api/printers/7", &[("Authorization", &bearer), ("Traceparent", &parent)]);
    let sent = application.seen();
    assert_eq!(server.stop(), Some(0));

    let spans = collector.end().spans();
    let [onward, passed, refused] = spans.as_slice() else { panic!("{spans:#?}") };
    assert_eq!(
        told(passed),
        json!(["SPAN_KIND_SERVER", "GET /printers/{printer_id}", "STATUS_CODE_UNSET", {
            "http.request.method": "GET",
            "http.route": "/printers/{printer_id}",
            "http.response.status_code": 200,
            "symbolon.door": "proxy",
            "symbolon.service": "odin",
            "symbolon.code": "allowed",
            "symbolon.token_id": id,
        }])
    );
    assert_eq!(
        told(refused),
        json!(["SPAN_KIND_SERVER", "GET /users", "STATUS_CODE_UNSET", {
            "http.request.method": "GET",
            "http.route": "/users",
            "http.response.status_code": 403,
            "symbolon.door": "proxy",
            "symbolon.service": "odin",
            "symbolon.code": "insufficient_scope",
            "symbolon.token_id": id,
        }])
    );
    assert_eq!(
        told(onward),
        json!(["SPAN_KIND_CLIENT", "GET", "STATUS_CODE_UNSET", {
            "http.request.method": "GET",
            "http.response.status_code": 200,
            "symbolon.service": "odin",
        }])
    );
    // The caller's, which is elsewhere; and the door's, which is not.
    assert_eq!((&passed["trace"], &passed["parent"]), (&json!(TRACE), &json!(CALLER)));
    assert_eq!((&onward["trace"], &onward["parent"]), (&json!(TRACE), &passed["span"]));
    assert_eq!((&passed["flags"], &onward["flags"]), (&json!(0x301), &json!(0x101)));
    assert!(passed["start"].as_u64() <= onward["start"].as_u64());
    assert!(onward["end"].as_u64() <= passed["end"].as_u64());

    // The application goes on from there, with what others have to say to it.
    let [first, second] = sent.as_slice() else { panic!("{sent:?}") };
    let named = format!("00-{TRACE}-{}-01", onward["span"].as_str().unwrap());
    assert_eq!(first.all("traceparent"), [named.as_str()]);
    assert_eq!(first.all("tracestate"), ["vendor=opaque"]);
    let left_out = second.header("traceparent").unwrap();
    assert!(left_out.starts_with(&format!("00-{TRACE}-")) && left_out.ends_with("-00"), "{left_out}");
}

#[test]
fn who_does_not_wait_for_the_answer_leaves_two_spans_without_one() {
    let (application, collector) = (TcpListener::bind("127.0.0.1:0").unwrap(), Collector::start("takes"));
    let address = application.local_addr().unwrap();
    let server = server_before(address, &collector.url, "trace_sample = 1.0");
    let mut caller = Wire::connect(server.proxy_address("odin")).unwrap();
    caller.send("GET /api/branding HTTP/1.1\r\nHost: farm.example\r\n\r\n").unwrap();
    let (connection, _) = application.accept().unwrap();
    let mut asked = Wire(BufReader::new(connection));
    assert_eq!(asked.head().unwrap().start, "GET /api/branding HTTP/1.1");
    drop(caller);
    // Symbolon gives up too.
    asked.head().unwrap_err();
    assert_eq!(server.stop(), Some(0));

    let spans = collector.end().spans();
    let [onward, passed] = spans.as_slice() else { panic!("{spans:#?}") };
    assert_eq!(
        told(onward),
        json!(["SPAN_KIND_CLIENT", "GET", "STATUS_CODE_UNSET", {
            "http.request.method": "GET",
            "symbolon.service": "odin",
        }])
    );
    assert_eq!(
        told(passed),
        json!(["SPAN_KIND_SERVER", "GET /branding", "STATUS_CODE_UNSET", {
            "http.request.method": "GET",
            "http.route": "/branding",
            "symbolon.door": "proxy",
            "symbolon.service": "odin",
            "symbolon.code": "allowed",
        }])
    );
}

/// Otherwise anybody could have every one of their requests traced.
#[test]
fn a_caller_does_not_decide_what_is_traced() {
    for (sample, count) in [("0", 0), ("1.0", 8)] {
        let (application, collector) = (Application::start(), Collector::start("takes"));
        let server = server(&application, &collector.url, &format!("trace_sample = {sample}"));
        for sampled in [true, false] {
            let parent = traceparent(sampled);
            for headers in [
                &[("Traceparent", parent.as_str())][..],
                &[("Traceparent", "rubbish"), ("Tracestate", "a=b")],
            ] {
                for _ in 0..2 {
                    assert_eq!(ask(&server, "GET /api/branding", headers).status(), 200);
                }
            }
        }
        // The application hears of what was decided here.
        let seen = application.seen();
        assert_eq!(seen.len(), 8);
        for message in seen {
            let parent = message.header("traceparent").unwrap();
            assert!(parent.ends_with(if count == 0 { "-00" } else { "-01" }), "{parent}");
            assert!(message.header("tracestate").is_none() && !parent.contains("rubbish"), "{message:?}");
        }
        assert_eq!(server.stop(), Some(0));
        let spans = collector.end().spans();
        let doors = spans.iter().filter(|span| span["kind"] == "SPAN_KIND_SERVER");
        let joined = doors.clone().filter(|span| span["trace"] == TRACE).count();
        assert_eq!((doors.count(), joined), (count, count / 2), "{sample}: {spans:#?}");
    }
}

#[test]
fn a_gateways_question_is_a_span_of_the_trace_that_the_gateway_passes_on() {
    for kind in [Kind::Nginx, Kind::Caddy, Kind::Traefik, Kind::Haproxy, Kind::EnvoyHttp, Kind::EnvoyGrpc] {
        let (application, collector) = (Application::start(), Collector::start("takes"));
        let server = server(&application, &collector.url, "trace_sample = 0\ntrust_traceparent = true");
        let (id, secret) = token(&server);
        let gateway = Gateway::start(kind, application.address, server.gateway_address());
        let (bearer, parent) = (format!("Bearer {secret}"), traceparent(true));
        let mut wire = Wire::connect(gateway.address).unwrap();
        let headers = [("Authorization", bearer.as_str()), ("Traceparent", &parent)];
        assert_eq!(wire.ask("GET /api/printers/7?full=1", &headers).unwrap().status(), 200, "{kind:?}");
        drop((wire, gateway));
        assert_eq!(server.stop(), Some(0));
        let spans = collector.end().spans();
        let [span] = spans.as_slice() else { panic!("{kind:?}: {spans:#?}") };
        assert_eq!((&span["trace"], &span["parent"]), (&json!(TRACE), &json!(CALLER)), "{kind:?}");
        assert_eq!(
            told(span),
            json!(["SPAN_KIND_SERVER", "GET /printers/{printer_id}", "STATUS_CODE_UNSET", {
                "http.request.method": "GET",
                "http.route": "/printers/{printer_id}",
                "http.response.status_code": 200,
                "symbolon.door": "gateway",
                "symbolon.service": "odin",
                "symbolon.code": "allowed",
                "symbolon.token_id": id,
            }]),
            "{kind:?}"
        );
    }
}

#[test]
fn a_call_of_the_api_is_a_span_and_a_question_says_what_was_decided() {
    let (application, collector) = (Application::start(), Collector::start("takes"));
    let server = server(&application, &collector.url, "trace_sample = 1");
    let (id, secret) = token(&server);
    let question = json!({ "token": secret, "method": "GET", "path": "/api/users" });
    let answer = server.api().send("POST", "/v1/services/odin/verify", &question);
    assert_eq!((answer.status, &answer.json()["code"]), (200, &json!("insufficient_scope")));
    assert_eq!(server.api().get(&format!("/v1/{secret}")).status, 404);
    assert_eq!(server.stop(), Some(0));
    let spans = collector.end().spans();
    let told: Vec<_> = spans.iter().map(told).collect();
    let span = |name: &str, status: u16, code: &str| {
        json!({
            "http.request.method": name.split(' ').next(),
            "http.response.status_code": status,
            "symbolon.door": "management",
            "symbolon.code": code,
        })
    };
    let verify = "POST /v1/services/{service}/verify";
    let mut verified = span(verify, 200, "insufficient_scope");
    verified["http.route"] = json!("/v1/services/{service}/verify");
    verified["symbolon.service"] = json!("odin");
    verified["symbolon.token_id"] = json!(id);
    assert_eq!(told[1], json!(["SPAN_KIND_SERVER", verify, "STATUS_CODE_UNSET", verified]));
    let nowhere = span("GET", 404, "not_found");
    assert_eq!(told[2], json!(["SPAN_KIND_SERVER", "GET", "STATUS_CODE_UNSET", nowhere]));
}

#[test]
fn no_secret_and_nothing_that_was_sent_is_in_any_byte() {
    let (application, collector) = (Application::start(), Collector::start("takes"));
    let server = server(&application, &collector.url, "trace_sample = 1");
    let (_, secret) = token(&server);
    let system = server.system_key().to_owned();
    let bearer = format!("Bearer {secret}");
    let parent = traceparent(true);
    let said = [
        ("Authorization", bearer.as_str()),
        ("Traceparent", &parent),
        ("Tracestate", "vendor=said-in-state"),
        ("User-Agent", "said-by-agent"),
        ("Cookie", "a=said-in-cookie"),
        ("X-Original-Uri", "/api/printers/said-in-header"),
        ("X-Original-Method", "SAIDBYMETHOD"),
        ("Baggage", "a=said-in-baggage"),
    ];
    for line in [
        "GET /api/printers/said-in-path?said-in-query=1",
        &format!("GET /api/printers/{secret}"),
        &format!("GET /{system}/said-in-path"),
        "SAIDBYMETHOD /api/printers/said-in-path",
        "GET /api/../said-in-path",
    ] {
        ask(&server, line, &said);
        let (method, target) = line.split_once(' ').unwrap();
        let mut gateway = Wire::connect(server.gateway_address()).unwrap();
        let said = [&said[..5], &[("X-Original-Uri", target), ("X-Original-Method", method)]].concat();
        gateway.ask("GET /gateway/nginx/odin", &said).unwrap();
        gateway.ask("GET /gateway/nginx/said-in-service", &said).unwrap();
        let mut api = Wire::connect(server.management()).unwrap();
        api.ask(line, &said).unwrap();
    }
    let question = json!({ "token": secret, "method": "GET", "path": "/api/said-in-path" });
    server.api().send("POST", "/v1/services/odin/verify", &question);
    server.api().send(
        "POST",
        "/v1/sessions",
        &json!({ "name": "said-by-name", "password": "said-password" }),
    );
    assert_eq!(server.stop(), Some(0));
    let collected = collector.end();
    let (bytes, count) = (collected.bytes(), collected.spans().len());
    // Three of five lines are asked about at the gateways' door and of the API; and the API is called three times more.
    assert!(count >= 18, "{count}");
    let has = |text: &str| bytes.windows(text.len()).any(|part| part.eq_ignore_ascii_case(text.as_bytes()));
    for hidden in ["said-", "saidby", &secret[..12], &secret[13..40], &system[..15], &system[15..40]] {
        assert!(!has(hidden), "{hidden} is in {:#?}", collected.spans());
    }
    // And the test can find what is there.
    assert!(has("_OTHER") && has("symbolon.code") && has("/printers/{printer_id}"));
}
