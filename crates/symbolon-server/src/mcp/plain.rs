//! A call of a tool as clients send it, answered here: what the library does for each message, whatever it is, takes longer
//! than most calls. There a message has a task of its own and channels to it, and is written out again to be compared with
//! its headers.
//!
//! What is read here is what the library would hand on as it is. Whatever else a message is, and whatever is wrong with it,
//! is the library's to answer, so that nothing is refused in two ways.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, AsHeaderName, CONTENT_TYPE, HOST, ORIGIN};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, StatusCode};
use rmcp::model::{
    CallToolRequestMethod, ClientCapabilities, ConstString as _, JsonRpcError, ProtocolVersion, RequestId,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::call;
use super::headers::agree;
use super::tools::Tools;

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";

/// A call of a tool, with nothing unusual about it.
pub(super) struct PlainCall<'m> {
    id: RequestId,
    /// Whether it is of the current version, and not of the one before.
    current: bool,
    name: Cow<'m, str>,
    arguments: Map<String, Value>,
}

/// The message. What has more to say than this is not plain.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message<'m> {
    jsonrpc: &'m str,
    id: RequestId,
    method: &'m str,
    #[serde(borrow)]
    params: Params<'m>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params<'m> {
    #[serde(borrow)]
    name: Cow<'m, str>,
    arguments: Option<Map<String, Value>>,
    #[serde(borrow, default, rename = "_meta")]
    meta: Option<Meta<'m>>,
}

/// What matters of it. The rest is about messages of a server's own, of which there are none.
#[derive(Deserialize, Default)]
struct Meta<'m> {
    #[serde(rename = "io.modelcontextprotocol/protocolVersion")]
    version: Option<&'m str>,
    #[serde(rename = "io.modelcontextprotocol/clientCapabilities")]
    capabilities: Option<ClientCapabilities>,
}

impl<'m> PlainCall<'m> {
    /// The call that a message is, if it is a plain one; `hosts` as the library has them.
    pub(super) fn read(parts: &Parts, body: &'m [u8], hosts: &[String]) -> Option<Self> {
        let headers = &parts.headers;
        let version = one(headers, "mcp-protocol-version")?;
        let current = version == ProtocolVersion::V_2026_07_28.as_str();
        let known = current || version == ProtocolVersion::V_2025_11_25.as_str();
        if !known || !is_for_us(headers, hosts) || !is_json(headers) || !takes_both(headers) {
            return None;
        }
        let Message { jsonrpc, id, method, params } = serde_json::from_slice(body).ok()?;
        let Params { name, arguments, meta } = params;
        let own = CallToolRequestMethod::VALUE;
        if jsonrpc != "2.0" || method != own || agree(headers, own, Some(&name)).is_err() {
            return None;
        }
        let meta = meta.unwrap_or_default();
        let as_said = if current {
            meta.version == Some(version)
                && meta.capabilities.is_some()
                && one(headers, "mcp-method") == Some(own)
                && one(headers, "mcp-name").is_some()
        } else {
            meta.version.is_none()
        };
        as_said.then(|| Self { id, current, name, arguments: arguments.unwrap_or_default() })
    }

    /// Makes the call. Who leaves gives it up, for then this is dropped.
    pub(super) async fn answer(self, tools: &Tools, parts: &Parts) -> Response {
        let body = match call::call(tools, parts, &self.name, self.arguments).await {
            Ok(outcome) => outcome.written(self.id, self.current),
            Err(error) => serde_json::to_vec(&JsonRpcError::new(Some(self.id), error)),
        };
        match body {
            Ok(body) => ([(CONTENT_TYPE, JSON)], body).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

/// The text of a header that is there once.
fn one(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.to_str().ok()).flatten()
}

/// Whether it was sent to one of these hosts, if there are any, and by no page.
fn is_for_us(headers: &HeaderMap, hosts: &[String]) -> bool {
    let named = one(headers, HOST).and_then(|host| Authority::try_from(host).ok());
    !headers.contains_key(ORIGIN)
        && named.is_some_and(|named| {
            hosts.is_empty() || hosts.iter().any(|host| host.eq_ignore_ascii_case(named.host()))
        })
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = one(headers, CONTENT_TYPE).and_then(|kind| kind.split(';').next());
    kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case(JSON))
}

/// Whether the client takes what the protocol has it take, and weighs nothing.
fn takes_both(headers: &HeaderMap) -> bool {
    let takes = |accepted: &str, kind: &str| {
        accepted.split(',').any(|accepted| accepted.trim().eq_ignore_ascii_case(kind))
    };
    one(headers, ACCEPT).is_some_and(|accepted| {
        !accepted.contains([';', '"']) && takes(accepted, JSON) && takes(accepted, EVENTS)
    })
}

#[cfg(test)]
mod tests {
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
        for other in [
            with("/id", json!("a")),
            with("/params/arguments", Value::Null),
            with("/params/_meta", json!({})),
        ] {
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
}
