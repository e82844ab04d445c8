//! A plain call is answered here, and what is not plain by the library. Who calls cannot tell which it was.

use serde_json::{Value, json};

use crate::shop::Shop;
use crate::support::wire::Message;

/// What clients send, and the same with a word that only the library weighs.
const PLAIN: &str = "application/json, text/event-stream";
const WEIGHED: &str = "application/json, text/event-stream;q=1";

const VERSIONS: [&str; 2] = ["2025-11-25", "2026-07-28"];

/// A call as clients of this version make it, and the headers that go with it.
fn call<'t>(
    version: &'t str,
    id: &Value,
    tool: &'t str,
    arguments: &Value,
) -> (Vec<(&'t str, &'t str)>, Value) {
    let mut headers = vec![("MCP-Protocol-Version", version)];
    let mut params = json!({ "name": tool, "_meta": { "progressToken": 7 } });
    if !arguments.is_null() {
        params["arguments"] = arguments.clone();
    }
    if version == VERSIONS[1] {
        params["_meta"]["io.modelcontextprotocol/protocolVersion"] = version.into();
        params["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
            json!({ "elicitation": {}, "sampling": {} });
        params["_meta"]["io.modelcontextprotocol/clientInfo"] = json!({ "name": "n", "version": "1" });
        headers.extend([("Mcp-Method", "tools/call"), ("Mcp-Name", tool)]);
    }
    (headers, json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }))
}

/// All that an answer says, but when, and of which request.
fn said(answer: &Message) -> (u16, Vec<(String, String)>, Value) {
    let mut headers = answer.headers.clone();
    headers.retain(|(name, _)| !["date", "content-length"].contains(&name.as_str()));
    headers.sort();
    let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
    if let Some(id) = body.pointer_mut("/error/data/request_id") {
        assert!(id.take().as_str().is_some_and(|id| id.starts_with("req_")), "{body}");
    }
    (answer.status(), headers, body)
}

/// What reached the application, whatever the order of its headers.
fn asked(reached: &[Message]) -> Vec<Value> {
    let all = reached.iter().map(|message| {
        let mut headers = message.headers.clone();
        headers.sort();
        json!([message.start, headers, message.body])
    });
    all.collect()
}

/// Makes a call both ways, asserts that neither client nor application can tell, and says what was answered to both.
async fn both(shop: &mut Shop, headers: &[(&str, &str)], message: &Value) -> (u16, Value) {
    let with = |accept: &'static str| [headers, &[("Accept", accept)]].concat();
    let (ours, first, library) = shop.send(&with(PLAIN), message).await;
    assert!(!library, "the library had {message}");
    let (theirs, second, library) = shop.send(&with(WEIGHED), message).await;
    assert!(library, "the library did not have {message}");
    let (ours, theirs) = (said(&ours), said(&theirs));
    assert_eq!(ours, theirs, "{message}");
    assert_eq!(asked(&first), asked(&second), "{message}");
    (ours.0, ours.2)
}

#[tokio::test]
async fn a_plain_call_is_answered_as_the_library_answers_it() {
    let mut shop = Shop::open().await;
    let ann = shop.world.user("ann", "operator").await;
    let token = shop.world.token(&ann, &["read:things", "write:things"]).await;
    let bearer = format!("Bearer {token}");
    let of = |id: &str| json!({ "id": id });
    for version in VERSIONS {
        for (id, tool, arguments, failed, kind) in [
            (json!(1), "list_things", json!({}), false, "text"),
            (json!(-5), "list_things", Value::Null, false, "text"),
            (json!("an \"id\" é"), "things_as_they_are", json!({}), false, "text"),
            (json!(""), "count_things", json!({}), false, "text"),
            (json!(1), "get_thing", of("object"), false, "text"),
            (json!(1), "thing_in_short", of("object"), false, "text"),
            (json!(1), "get_thing", of("empty"), false, "text"),
            (json!(1), "get_thing", of("broken"), true, "text"),
            (json!(1), "get_thing", of("number"), true, "text"),
            (json!(1), "get_thing", of("long"), true, "text"),
            (json!(1), "get_thing", of("none"), true, "text"),
            (json!(1), "get_thing", of("text"), false, "text"),
            (json!(1), "get_thing", of("picture"), false, "image"),
            (json!(1), "get_thing", of("sound"), false, "audio"),
            (json!(1), "get_thing", of("bytes"), false, "resource"),
            (json!(1), "get_thing", of("../health"), true, "text"),
            (json!(1), "get_thing", json!({}), true, "text"),
            (json!(1), "get_thing", json!({ "id": "object", "and": null }), true, "text"),
            (json!(1), "add_thing", json!({ "name": "n" }), false, "text"),
            (json!(1), "add_thing", json!({ "name": "n", "dry_run": true }), false, "text"),
            (json!(1), "add_thing", json!({ "dry_run": "yes" }), true, "text"),
            (json!(1), "overview", of("object"), false, "text"),
            (json!(1), "overview", of("picture"), false, "text"),
            (json!(1), "overview", of("none"), true, "text"),
        ] {
            let (mut headers, message) = call(version, &id, tool, &arguments);
            headers.push(("Authorization", &bearer));
            let (status, told) = both(&mut shop, &headers, &message).await;
            assert_eq!(status, 200, "{told}");
            assert_eq!(told["id"], id);
            assert_eq!(told["result"]["isError"], failed, "{message}: {told}");
            assert_eq!(told["result"]["content"][0]["type"], kind, "{message}: {told}");
            let complete = told["result"].get("resultType");
            assert_eq!(complete.is_some(), version == VERSIONS[1], "{told}");
        }
    }
    // What of an answer is structured, as it came.
    let (mut headers, message) = call(VERSIONS[0], &json!(1), "list_things", &Value::Null);
    headers.push(("Authorization", &bearer));
    let (_, told) = both(&mut shop, &headers, &message).await;
    let result = &told["result"];
    let first = json!({ "name": "B \"b\" é", "id": 1, "kind": "x", "of": [1.5, -2, u64::MAX, null] });
    assert_eq!(result["structuredContent"], json!({ "things": [first, { "id": 2 }] }));
    let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(text, result["structuredContent"]);
}

#[tokio::test]
async fn a_call_that_is_refused_is_refused_as_the_library_has_it() {
    let mut shop = Shop::open().await;
    let ann = shop.world.user("ann", "operator").await;
    let reads = format!("Bearer {}", shop.world.token(&ann, &["read:things"]).await);
    for version in VERSIONS {
        for (tool, status, code) in [("add_thing", 403, -403), ("no_such_tool", 200, -32602)] {
            let (mut headers, message) = call(version, &json!("x"), tool, &json!({}));
            headers.push(("Authorization", &reads));
            let (found, told) = both(&mut shop, &headers, &message).await;
            assert_eq!((found, &told["error"]["code"], &told["id"]), (status, &json!(code), &json!("x")));
            let (answer, ..) = shop.send(&[&headers[..], &[("Accept", PLAIN)]].concat(), &message).await;
            let challenge = answer.header("www-authenticate").unwrap_or_default();
            assert_eq!(challenge.contains("scope=\"write:things\""), status == 403, "{challenge}");
            assert_eq!(challenge.contains("resource_metadata="), status == 403, "{challenge}");
        }
    }
    // The limit of a tool is one, whoever answers.
    let (mut headers, message) = call(VERSIONS[0], &json!(1), "seldom", &json!({}));
    headers.extend([("Authorization", reads.as_str())]);
    let (first, ..) = shop.send(&[&headers[..], &[("Accept", PLAIN)]].concat(), &message).await;
    assert_eq!(said(&first).2["result"]["isError"], false);
    let (_, told) = both(&mut shop, &headers, &message).await;
    assert_eq!(told["result"]["isError"], true, "{told}");
}

#[tokio::test]
async fn a_call_with_a_key_is_made_once_whoever_answers() {
    let mut shop = Shop::open().await;
    let ann = shop.world.user("ann", "operator").await;
    let bearer = format!("Bearer {}", shop.world.token(&ann, &["write:things"]).await);
    for (version, key) in [(VERSIONS[0], "one"), (VERSIONS[1], "two")] {
        let (mut headers, message) = call(version, &json!(1), "add_thing", &json!({ "name": "n" }));
        headers.extend([("Authorization", bearer.as_str()), ("Idempotency-Key", key)]);
        let accepting = |accept: &'static str| [&headers[..], &[("Accept", accept)]].concat();
        let (_, reached, _) = shop.send(&accepting(WEIGHED), &message).await;
        assert_eq!(reached.len(), 1);
        assert_eq!(reached[0].header("authorization"), None);
        let (_, reached, _) = shop.send(&accepting(PLAIN), &message).await;
        assert_eq!(reached.len(), 0);
        both(&mut shop, &headers, &message).await;
    }
}
