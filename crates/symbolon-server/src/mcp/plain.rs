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
use symbolon_api::Object;

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
    params: Object<Params<'m>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params<'m> {
    #[serde(borrow)]
    name: Cow<'m, str>,
    arguments: Option<Map<String, Value>>,
    #[serde(borrow, rename = "_meta")]
    meta: Option<Object<Meta<'m>>>,
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
        let Object(message) = serde_json::from_slice(body).ok()?;
        let Message { jsonrpc, id, method, params: Object(Params { name, arguments, meta }) } = message;
        let own = CallToolRequestMethod::VALUE;
        if jsonrpc != "2.0" || method != own || agree(headers, own, Some(&name)).is_err() {
            return None;
        }
        let meta = meta.map(|Object(meta)| meta).unwrap_or_default();
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
mod tests;
