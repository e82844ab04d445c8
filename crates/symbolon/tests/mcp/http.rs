//! What is said in HTTP: who may not, and what headers say beside the body.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::stage::Stage;
use crate::support::{Backend, Place, Server};

/// An answer: status, head and body.
struct Answered(u16, String, Value);

impl Answered {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.1.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// One request with these lines in its head.
fn ask(stage: &Stage, line: &str, head: &[&str], body: &Value) -> Answered {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    ask_with(stage, line, head, &body)
}

/// The same with a body as it is.
fn ask_with(stage: &Stage, line: &str, head: &[&str], body: &str) -> Answered {
    let mut stream = TcpStream::connect(stage.server.management()).unwrap();
    let host = if head.iter().any(|line| line.starts_with("Host:")) { "" } else { "Host: localhost\r\n" };
    let head: String = head.iter().flat_map(|line| [*line, "\r\n"]).collect();
    let fixed = "Connection: close\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n";
    write!(stream, "{line} HTTP/1.1\r\n{host}{fixed}Content-Length: {}\r\n{head}\r\n{body}", body.len())
        .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answered(status, head.to_owned(), serde_json::from_str(body).unwrap_or_default())
}

fn call(tool: &str, arguments: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": tool, "arguments": arguments } })
}

const BEFORE: &str = "MCP-Protocol-Version: 2025-11-25";
const CURRENT: &str = "MCP-Protocol-Version: 2026-07-28";
const METHOD: &str = "Mcp-Method: tools/call";
const NAME: &str = "Mcp-Name: list_printers";

#[test]
fn who_is_nobody_learns_where_the_tools_describe_themselves() {
    let stage = Stage::new();
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let url = "http://localhost/.well-known/oauth-protected-resource/mcp/odin";
    for (credential, error) in
        [(None, None), (Some("Authorization: Bearer odin_nonsense"), Some("invalid_token"))]
    {
        let head: Vec<_> = [BEFORE].into_iter().chain(credential).collect();
        let answer = ask(&stage, "POST /mcp/odin", &head, &list);
        let challenge = answer.header("www-authenticate").unwrap();
        assert_eq!(answer.0, 401);
        assert!(challenge.contains(&format!("resource_metadata=\"{url}\"")), "{challenge}");
        assert_eq!(challenge.contains("error="), error.is_some(), "{challenge}");
    }
    let told = ask(&stage, "GET /.well-known/oauth-protected-resource/mcp/odin", &[], &Value::Null);
    assert_eq!((told.0, &told.2["resource"]), (200, &json!("http://localhost/mcp/odin")));
    assert!(told.2["scopes_supported"].as_array().unwrap().contains(&json!("agent:read")));
    let none = ask(&stage, "GET /.well-known/oauth-protected-resource/mcp/none", &[], &Value::Null);
    assert_eq!(none.0, 404);
    let none = ask(&stage, "POST /mcp/none", &[BEFORE], &list);
    assert_eq!(none.0, 404);
    assert!(!none.2.to_string().contains("odysseus"), "{}", none.2);
}

/// And what reads it says so with the status, the scopes and the metadata.
#[test]
fn who_may_not_call_a_tool_learns_which_scope_would_do() {
    let stage = Stage::new();
    let credential = format!("Authorization: Bearer {}", stage.token("odin", "agent:read"));
    let answer = ask(
        &stage,
        "POST /mcp/odin",
        &[BEFORE, &credential],
        &call("pause_printer", &json!({ "printer_id": 1 })),
    );
    assert_eq!(answer.0, 403);
    let challenge = answer.header("www-authenticate").unwrap();
    assert_eq!(challenge.matches("resource_metadata=").count(), 1, "{challenge}");
    for part in
        ["error=\"insufficient_scope\"", "scope=\"", "/.well-known/oauth-protected-resource/mcp/odin\""]
    {
        assert!(challenge.contains(part), "{challenge}");
    }
    let error = &answer.2["error"];
    assert_eq!(error["data"]["required_scopes"], json!([["write:printers"], ["agent:write"]]));
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("write:printers, or agent:write"), "{message}");
    // A tool of several requests makes none of them where one is not allowed.
    let credential = format!("Authorization: Bearer {}", stage.token("odin", "read:printers"));
    let answer = ask(&stage, "POST /mcp/odin", &[BEFORE, &credential], &call("farm_summary", &json!({})));
    assert_eq!(answer.0, 403, "{}", answer.2);
}

/// What a call of one of our own tools has come to: whether it failed, and what is told.
fn own(stage: &Stage, token: &str, tool: &str, arguments: &Value) -> (bool, Value) {
    let credential = format!("Authorization: Bearer {token}");
    let answer = ask(stage, "POST /mcp/odin", &[BEFORE, &credential], &call(tool, arguments));
    let result = &answer.2["result"];
    assert_eq!(answer.0, 200, "{}", answer.2);
    let text = &result["content"][0]["text"];
    let told = result.get("structuredContent").unwrap_or(text);
    (result["isError"] == true, told.clone())
}

#[test]
fn a_token_asks_by_a_tool_and_by_no_other_way_than_at_the_api() {
    let stage = Stage::new();
    let token = stage.made("odin", &json!({ "name": "agent", "scopes": ["read:printers"], "derive": 1 }));
    let refused = ask(
        &stage,
        "POST /mcp/odin",
        &[BEFORE, &format!("Authorization: Bearer {token}")],
        &call("pause_printer", &json!({ "printer_id": 1 })),
    );
    let link = &refused.2["error"]["data"]["ask"]["url"];
    assert_eq!(link, &json!(format!("http://{}/v1/asks", stage.server.management())), "{}", refused.2);
    for (tool, arguments, said) in [
        ("symbolon_ask", json!({}), "missing field"),
        ("symbolon_ask", json!({ "scopes": [], "duration": "1h", "reason": "r" }), "at least one scope"),
        (
            "symbolon_ask",
            json!({ "scopes": ["read:printers"], "duration": "1h", "reason": "r" }),
            "has read:printers",
        ),
        ("symbolon_ask", json!({ "scopes": ["read:jobs"], "duration": "2d", "reason": "r" }), "at most 1d"),
        (
            "symbolon_ask",
            json!({ "scopes": ["read:jobs"], "duration": "1h", "reason": "r", "x": 1 }),
            "unknown field",
        ),
        ("symbolon_wait", json!({}), "ask is the id"),
        ("symbolon_wait", json!({ "ask": "../v1/self" }), "ask is the id"),
        ("symbolon_wait", json!({ "ask": "ask_1", "seconds": 51 }), "seconds is 1 to 50"),
        ("symbolon_wait", json!({ "ask": "ask_1", "for": 1 }), "no argument for"),
        ("symbolon_wait", json!({ "ask": "ask_1" }), "there is no such ask"),
    ] {
        let (failed, told) = own(&stage, &token, tool, &arguments);
        assert!(failed && told.as_str().unwrap().contains(said), "{tool} {arguments}: {told}");
    }
    let asking = json!({ "scopes": ["write:printers"], "duration": "10m", "reason": "It smokes." });
    let (failed, asked) = own(&stage, &token, "symbolon_ask", &asking);
    assert!(!failed && asked["state"] == "open", "{asked}");
    let waiting = json!({ "ask": asked["id"], "seconds": 1 });
    assert_eq!(own(&stage, &token, "symbolon_wait", &waiting), (false, asked), "nobody has answered");
    let tried = [BEFORE, &format!("Authorization: Bearer {token}"), "X-Dry-Run: true"];
    let tried = ask(&stage, "POST /mcp/odin", &tried, &call("symbolon_ask", &asking)).2.to_string();
    assert!(tried.contains("it is not tried"), "{tried}");
    // Another token's ask is nobody's else.
    let other = stage.token("odin", "read:jobs");
    assert!(own(&stage, &other, "symbolon_wait", &waiting).0);
    // Neither shown to one that may not ask, nor of use to it.
    let body = json!({ "name": "child", "scopes": ["read:printers"] });
    let child = stage.server.anonymous().bearer(&token).send("POST", "/v1/self/derive", &body).json();
    let child = child["token"].as_str().unwrap();
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let listed = ask(&stage, "POST /mcp/odin", &[BEFORE, &format!("Authorization: Bearer {child}")], &list);
    assert!(!listed.2.to_string().contains("symbolon_"), "{}", listed.2);
    let head = [BEFORE, &format!("Authorization: Bearer {child}")];
    let refused = ask(&stage, "POST /mcp/odin", &head, &call("symbolon_ask", &asking));
    assert_eq!(
        (refused.0, &refused.2["error"]["data"]["code"]),
        (403, &json!("may_not_ask")),
        "{}",
        refused.2
    );
}

/// The library that reads JSON takes such a name for JSON within a text, and that within that, to any depth.
#[test]
fn json_within_json_within_json_is_refused_and_the_server_lives_on() {
    let stage = Stage::new();
    let token = stage.token("odin", "read:jobs");
    let credential = format!("Authorization: Bearer {token}");
    let mut text = "1".to_owned();
    for _ in 0..100 {
        let escaped = text.replace('\\', "\\u005c").replace('"', "\\u0022");
        let (open, close) = ("[".repeat(120), "]".repeat(120));
        text = format!("{open}{{\"$serde_json::private::RawValue\":\"{escaped}\"}}{close}");
    }
    let message = call("none", &json!({ "x": "PLACE" })).to_string().replace("\"PLACE\"", &text);
    assert!(message.len() < 1024 * 1024, "{}", message.len());
    for version in [BEFORE, "MCP-Protocol-Version: 2024-01-01"] {
        let answer = ask_with(&stage, "POST /mcp/odin", &[version, &credential], &message);
        assert_eq!((answer.0, &answer.2["code"]), (400, &json!("invalid_request")), "{}", answer.2);
    }
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    assert_eq!(ask(&stage, "POST /mcp/odin", &[BEFORE, &credential], &list).0, 200);
}

#[test]
fn what_headers_say_of_a_message_is_what_it_says() {
    let stage = Stage::new();
    let credential = format!("Authorization: Bearer {}", stage.token("odin", "agent:write"));
    let list = call("list_printers", &json!({}));
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let mut current = list.clone();
    current["params"]["_meta"] = meta;
    for (head, body, status) in [
        (&[BEFORE][..], &list, 200),
        (&[BEFORE, METHOD, NAME], &list, 200),
        (&[BEFORE, METHOD, "Mcp-Name: cancel_job"], &list, 400),
        (&[BEFORE, "Mcp-Method: tools/list"], &list, 400),
        (&[CURRENT, METHOD, NAME], &current, 200),
        (&[CURRENT, METHOD], &current, 400),
        (&[CURRENT, NAME], &current, 400),
        (&[CURRENT, METHOD, "Mcp-Name: cancel_job"], &current, 400),
        (&["MCP-Protocol-Version: 2024-01-01", METHOD, NAME], &list, 400),
    ] {
        let head: Vec<_> = head.iter().copied().chain([credential.as_str()]).collect();
        let answer = ask(&stage, "POST /mcp/odin", &head, body);
        assert_eq!(answer.0, status, "{head:?}: {}", answer.2);
        if status == 400
            && head.iter().any(|line| line.starts_with("Mcp-Name: c") || *line == "Mcp-Method: tools/list")
        {
            assert_eq!(answer.2["error"]["code"], -32020, "{head:?}: {}", answer.2);
        }
    }
}

#[test]
fn a_page_of_another_host_and_a_browsers_cookie_count_for_nothing() {
    let stage = Stage::new();
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let credential = format!("Authorization: Bearer {}", stage.token("odin", "agent:read"));
    for (line, status) in [
        ("Origin: http://localhost:3000", 200),
        ("Origin: https://elsewhere.example", 403),
        ("Origin: null", 403),
        ("Host: elsewhere.example", 403),
    ] {
        let answer = ask(&stage, "POST /mcp/odin", &[BEFORE, &credential, line], &list);
        assert_eq!(answer.0, status, "{line}");
    }
    let admin = json!({ "username": "admin", "password": stage.server.secrets["admin"]["password"] });
    let session = stage.server.anonymous().send("POST", "/v1/sessions", &admin).json();
    let cookie = format!("Cookie: symbolon_session={}", session["token"].as_str().unwrap());
    assert_eq!(ask(&stage, "POST /mcp/odin", &[BEFORE, &cookie], &list).0, 401);
    for method in ["GET", "DELETE"] {
        let answer = ask(&stage, &format!("{method} /mcp/odin"), &[BEFORE, &credential], &Value::Null);
        assert_eq!((answer.0, answer.header("allow")), (405, Some("POST")));
    }
}

#[test]
fn wrong_arguments_are_for_the_model_to_mend_and_reach_nobody() {
    let stage = Stage::new();
    let credential = format!("Authorization: Bearer {}", stage.token("odin", "agent:write"));
    let said = |tool: &str, arguments: Value| {
        let answer = ask(&stage, "POST /mcp/odin", &[BEFORE, &credential], &call(tool, &arguments));
        assert_eq!(answer.0, 200, "{}", answer.2);
        let result = answer.2["result"].clone();
        (result["isError"] == true, result["content"][0]["text"].as_str().unwrap_or_default().to_owned())
    };
    for (tool, arguments, why) in [
        ("get_job", json!({}), "job_id is missing"),
        ("get_job", json!({ "job_id": "../printers" }), "job_id"),
        ("get_job", json!({ "job_id": 1, "and": 2 }), "and is not an argument"),
        ("list_jobs", json!({ "status": "paused" }), "status"),
        ("cancel_job", json!({ "job_id": 116, "dry_run": "yes" }), "dry_run is to be true or false"),
        ("get_job", json!({ "job_id": 4711 }), "the application answered 404"),
    ] {
        let (failed, text) = said(tool, arguments.clone());
        assert!(failed && text.contains(why), "{tool} {arguments}: {text}");
    }
    let (failed, text) = said("cancel_job", json!({ "job_id": 116, "dry_run": true }));
    let told: Value = serde_json::from_str(&text).unwrap();
    assert!(!failed && told["allowed"] == true && told["dry_run"] == true, "{text}");
    assert_eq!(told["would_execute"]["target"], "/api/jobs/116/cancel");
    assert!(said("get_job", json!({ "job_id": 116 })).1.contains("\"pending\""));
    let none = ask(&stage, "POST /mcp/odin", &[BEFORE, &credential], &call("no_such", &json!({})));
    assert_eq!(none.2["error"]["code"], -32602);
}

/// A token that is restricted sees what some request of it could do, and is refused what this one would.
#[test]
fn a_restricted_token_sees_the_tools_that_it_could_use() {
    let stage = Stage::new();
    let token = stage.made(
        "odin",
        &json!({ "name": "one", "scopes": ["agent:write"], "restrictions": { "parameters": { "printer_id": ["1"] } } }),
    );
    let credential = format!("Authorization: Bearer {token}");
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let answer = ask(&stage, "POST /mcp/odin", &[BEFORE, &credential], &list);
    let names: Vec<_> =
        answer.2["result"]["tools"].as_array().unwrap().iter().map(|tool| tool["name"].clone()).collect();
    assert_eq!(names, ["get_printer", "pause_printer", "resume_printer", "symbolon_ask", "symbolon_wait"]);
    for (printer, status) in [(1, 200), (2, 403)] {
        let answer = ask(
            &stage,
            "POST /mcp/odin",
            &[BEFORE, &credential],
            &call("get_printer", &json!({ "printer_id": printer })),
        );
        assert_eq!(answer.0, status, "{}", answer.2);
    }
    // Taken back, it sees nothing any more.
    let id = stage.server.api().get("/v1/services/odin/tokens").json()["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        stage.server.api().send("DELETE", &format!("/v1/services/odin/tokens/{id}"), &Value::Null).status,
        204
    );
    assert_eq!(ask(&stage, "POST /mcp/odin", &[BEFORE, &credential], &list).0, 401);
}

/// Of a tool of two requests the first changes something, and the second is to another printer.
#[test]
fn a_tool_of_several_requests_begins_none_where_one_would_be_refused() {
    let place = Place::empty();
    let odin = Backend::odin(place.path());
    let catalog = std::fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalogs/odin.toml"),
    );
    let tool = r#"
[[tools]]
name = "move_on"
description = "Pause one printer and resume another."
calls.a = { call = "POST /printers/{printer_id}/pause" }
calls.b = { call = "PATCH /alerts/{alert_id}/read" }
[tools.arguments]
required = ["printer_id", "alert_id"]
properties.printer_id = { type = "integer" }
properties.alert_id = { type = "integer" }
"#;
    place.write("odin.toml", &format!("{}{tool}", catalog.unwrap()));
    place.write(
        "symbolon.toml",
        &format!(
            "listen = \"127.0.0.1:0\"\ncatalogs = [\"odin.toml\"]\n\
             [services.odin]\nlisten = \"127.0.0.1:0\"\nupstream = \"http://{}\"\n",
            odin.address
        ),
    );
    let stage = Stage { server: Server::start(place, vec![odin]) };
    let paths = |alert: u8| json!({ "paths": ["/printers/1", format!("/alerts/{alert}")] });
    let pauses = |alert: u8| {
        let only = json!({ "name": "two", "scopes": ["agent:write"], "restrictions": paths(alert) });
        let credential = format!("Authorization: Bearer {}", stage.made("odin", &only));
        let asked = call("move_on", &json!({ "printer_id": 1, "alert_id": 1 }));
        ask(&stage, "POST /mcp/odin", &[BEFORE, &credential], &asked)
    };
    let status = || {
        let key = stage.server.system_key();
        stage.server.proxy("odin").bearer(key).get("/api/printers/1").json()["status"].clone()
    };
    assert_eq!(pauses(2).0, 403);
    assert_eq!(status(), "printing");
    let done = pauses(1);
    assert_eq!((done.0, &done.2["result"]["isError"]), (200, &json!(false)), "{}", done.2);
    assert_eq!(status(), "paused");
}
