use http::{HeaderName, HeaderValue, Request};
use serde_json::json;

use super::*;

const BEFORE: &str = "mcp-protocol-version: 2025-11-25";
const CURRENT: &str = "mcp-protocol-version: 2026-07-28";
const METHOD: &str = "mcp-method: tools/call";
const NAME: &str = "mcp-name: list_jobs";

/// A request with these headers, and what nearly each has.
fn parts(lines: &[&str]) -> Parts {
    let mut request = Request::new(());
    let usual = [
        "host: localhost:1",
        "accept: text/event-stream, application/json",
        "content-type: application/json",
    ];
    let own = |line: &str| lines.iter().any(|own| own.split(':').next() == line.split(':').next());
    for line in usual.iter().filter(|line| !own(line)).chain(lines) {
        let (name, value) = line.split_once(':').unwrap();
        let name: HeaderName = name.parse().unwrap();
        if !value.is_empty() {
            request.headers_mut().append(name, HeaderValue::from_str(value.trim()).unwrap());
        }
    }
    request.into_parts().0
}

fn message(meta: &Value) -> Value {
    json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "list_jobs", "arguments": { "limit": 1 }, "_meta": meta },
    })
}

fn is_plain(lines: &[&str], body: &str) -> bool {
    PlainCall::read(&parts(lines), body.as_bytes(), &["localhost".to_owned()]).is_some()
}

#[test]
fn a_call_is_plain_where_its_headers_say_what_it_says_and_nothing_more() {
    let before = message(&Value::Null).to_string();
    let current = message(&json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }))
    .to_string();
    for (lines, plain) in [
        (&[BEFORE][..], true),
        (&[BEFORE, METHOD, NAME], true),
        (&[BEFORE, "accept: Application/JSON,text/event-stream , */*"], true),
        (&[BEFORE, "content-type: application/json; charset=utf-8"], true),
        (&[BEFORE, "host: LOCALHOST"], true),
        (&[], false),
        (&["mcp-protocol-version: 2025-06-18"], false),
        (&[BEFORE, BEFORE], false),
        (&[BEFORE, "mcp-method: tools/list"], false),
        (&[BEFORE, "mcp-name: cancel_job"], false),
        (&[BEFORE, "accept: application/json"], false),
        (&[BEFORE, "accept: application/json, text/event-stream;q=0"], false),
        (&[BEFORE, "accept: \"application/json, text/event-stream\""], false),
        (&[BEFORE, "accept:"], false),
        (&[BEFORE, "content-type: text/plain"], false),
        (&[BEFORE, "content-type:"], false),
        (&[BEFORE, "origin: http://localhost"], false),
        (&[BEFORE, "host: elsewhere.example"], false),
        (&[BEFORE, "host: a b"], false),
        (&[BEFORE, "host:"], false),
        // Its body is of the version before.
        (&[CURRENT, METHOD, NAME], false),
    ] {
        assert_eq!(is_plain(lines, &before), plain, "{lines:?}");
    }
    for (lines, plain) in [
        (&[CURRENT, METHOD, NAME][..], true),
        (&[CURRENT, METHOD, "mcp-name: =?base64?bGlzdF9qb2Jz?="], true),
        (&[CURRENT, METHOD], false),
        (&[CURRENT, NAME], false),
        (&[CURRENT, METHOD, METHOD, NAME], false),
        (&[CURRENT, METHOD, NAME, NAME], false),
        (&[CURRENT, METHOD, "mcp-name: cancel_job"], false),
        // The library has the method as it is.
        (&[CURRENT, "mcp-method: =?base64?dG9vbHMvY2FsbA==?=", NAME], false),
        (&[BEFORE, METHOD, NAME], false),
    ] {
        assert_eq!(is_plain(lines, &current), plain, "{lines:?}");
    }
}

#[test]
fn a_message_is_plain_where_it_has_what_a_call_has_and_nothing_more() {
    let plain = message(&json!({ "progressToken": 1, "traceparent": "t" }));
    assert!(is_plain(&[BEFORE], &plain.to_string()));
    let with = |at: &str, value: Value| {
        let mut other = plain.clone();
        *other.pointer_mut(at).unwrap() = value;
        other.to_string()
    };
    let adding = |at: &str, name: &str| {
        let mut other = plain.clone();
        other.pointer_mut(at).unwrap()[name] = json!({});
        other.to_string()
    };
    for other in
        [with("/id", json!("a")), with("/params/arguments", Value::Null), with("/params/_meta", json!({}))]
    {
        assert!(is_plain(&[BEFORE], &other), "{other}");
    }
    let whole = plain.to_string();
    for other in [
        with("/jsonrpc", json!("1.0")),
        with("/id", Value::Null),
        with("/id", json!(1.5)),
        with("/id", json!(u64::MAX)),
        with("/method", json!("tools/list")),
        with("/params/name", json!(1)),
        with("/params/arguments", json!([])),
        with("/params/_meta", json!([])),
        with("/params/_meta", json!({ "io.modelcontextprotocol/protocolVersion": "2025-11-25" })),
        with("/params", json!([])),
        adding("", "result"),
        adding("", "error"),
        adding("/params", "inputResponses"),
        adding("/params", "task"),
        with("/params", json!(["list_jobs", {}, null])),
        with("/params/_meta", json!([null, null])),
        json!(["2.0", 1, "tools/call", plain["params"]]).to_string(),
        format!("[{whole}]"),
        format!("{whole} {{}}"),
        whole.replacen("\"name\":", "\"name\":\"cancel_job\",\"name\":", 1),
        whole.replacen("\"id\":", "\"id\":2,\"id\":", 1),
        String::new(),
    ] {
        assert!(!is_plain(&[BEFORE], &other), "{other}");
    }
    for meta in [
        json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28" }),
        json!({ "io.modelcontextprotocol/protocolVersion": "2025-11-25", "io.modelcontextprotocol/clientCapabilities": {} }),
        json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": 1 }),
    ] {
        assert!(!is_plain(&[CURRENT, METHOD, NAME], &message(&meta).to_string()), "{meta}");
    }
}
