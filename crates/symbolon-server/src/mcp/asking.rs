//! Two tools of our own: a token asks a person for scopes that it lacks, and waits for the answer. They are calls of the
//! management API by the caller's own token, and add no rule to it.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Method, Request};
use http_body_util::BodyExt;
use rmcp::ErrorData;
use rmcp::model::{Tool as ListedTool, ToolAnnotations};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use symbolon_core::id::TokenId;
use tower::ServiceExt;

use super::call::refused;
use super::outcome::Outcome;
use super::tools::Tools;
use crate::incoming::API_KEY;
use crate::listen::Tunnels;
use crate::proxy::dry_run;
use crate::refusals::Refusal;
use crate::trusted;

/// A tool of our own. No catalog has one of its name, for no tool of a catalog begins as these do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    Ask,
    Wait,
}

/// For how long a call waits that does not say, and the longest, in seconds: clients give calls up after a minute.
const WAIT: (u64, u64) = (25, 50);

impl Own {
    const ALL: [Self; 2] = [Self::Ask, Self::Wait];

    fn name(self) -> &'static str {
        match self {
            Self::Ask => "symbolon_ask",
            Self::Wait => "symbolon_wait",
        }
    }

    /// The one of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.name() == name)
    }

    fn shown(self) -> ListedTool {
        let hints = ToolAnnotations::new().destructive(false).idempotent(true).open_world(false);
        let (description, arguments, hints) = match self {
            Self::Ask => (
                "Ask a person to lend your token scopes that it lacks, for a while. Use it when a call was refused for want of \
                 a scope, with the scopes that the refusal named and the shortest time that will do. The answer has an id and a \
                 state; while that is open, call symbolon_wait. What is denied is not asked for again.",
                json!({
                    "scopes": { "type": "array", "items": { "type": "string" }, "minItems": 1,
                        "description": "The scopes that are missing, as the refusal named them" },
                    "duration": { "type": "string", "description": "For how long, such as 10m; at most 1d" },
                    "reason": { "type": "string", "minLength": 1, "maxLength": 500,
                        "description": "What you will do with them: a person reads it" },
                }),
                hints.read_only(false),
            ),
            Self::Wait => (
                "Wait for the answer to what symbolon_ask has asked. Call it again while the state is open; once it is \
                 approved, make the refused call again, until lent_until.",
                json!({
                    "ask": { "type": "string", "description": "The id that symbolon_ask has answered" },
                    "seconds": { "type": "integer", "minimum": 1, "maximum": WAIT.1, "default": WAIT.0,
                        "description": "How long to wait, if nobody answers before" },
                }),
                hints.read_only(true),
            ),
        };
        let required =
            if self == Self::Ask { json!(["scopes", "duration", "reason"]) } else { json!(["ask"]) };
        let schema = json!({
            "type": "object", "properties": arguments, "required": required, "additionalProperties": false,
        });
        let schema = if let Value::Object(schema) = schema { schema } else { Map::new() };
        ListedTool::new(self.name(), description, Arc::new(schema)).annotate(hints)
    }

    /// The request of a call, or what is wrong with its arguments.
    fn request(self, mut arguments: Map<String, Value>) -> Result<(Method, String, Option<Bytes>), String> {
        match self {
            // What is in it the API reads as strictly as anybody's.
            Self::Ask => {
                Ok((Method::POST, "/v1/asks".to_owned(), Some(Value::Object(arguments).to_string().into())))
            }
            Self::Wait => {
                let ask = arguments.remove("ask");
                let id = ask.as_ref().and_then(Value::as_str);
                let known =
                    |id: &&str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
                let id = id.filter(known).ok_or("ask is the id that symbolon_ask has answered")?;
                let seconds = arguments.remove("seconds").unwrap_or(json!(WAIT.0));
                let seconds = seconds.as_u64().filter(|seconds| (1..=WAIT.1).contains(seconds));
                let seconds = seconds.ok_or_else(|| format!("seconds is 1 to {}", WAIT.1))?;
                if let Some(name) = arguments.keys().next() {
                    return Err(format!("there is no argument {name:.64}; there are ask and seconds"));
                }
                Ok((Method::GET, format!("/v1/asks/{id}?wait={seconds}"), None))
            }
        }
    }

    /// Makes the call, as its caller.
    pub(super) async fn call(
        self,
        tools: &Tools,
        outer: &Parts,
        arguments: Map<String, Value>,
    ) -> Result<Outcome, ErrorData> {
        let name = self.name();
        if outer.headers.contains_key(dry_run::DRY_RUN) {
            let detail =
                "it is not tried, for it changes nothing but what a person is asked; leave X-Dry-Run out";
            return Ok(Outcome::fault(format!("{name}: {detail}")));
        }
        let (method, target, body) = match self.request(arguments) {
            Ok(request) => request,
            Err(fault) => return Ok(Outcome::fault(format!("{name}: {fault}"))),
        };
        let mut request = Request::new(Body::from(body.unwrap_or_default()));
        *request.method_mut() = method;
        // Put together above of what needs no escape.
        *request.uri_mut() = target.parse().unwrap_or_default();
        for name in [AUTHORIZATION, API_KEY] {
            for value in outer.headers.get_all(&name) {
                request.headers_mut().append(&name, value.clone());
            }
        }
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        trusted::carry(&outer.extensions, request.extensions_mut());
        if let Some(tunnels) = outer.extensions.get::<Tunnels>() {
            request.extensions_mut().insert(tunnels.clone());
        }
        let (head, body) = made(tools.api.clone(), request).await;
        if let Some(refusal) = head.extensions.get::<Refusal>() {
            return refused(name, outer, refusal, &[]);
        }
        let text = String::from_utf8(body.to_vec()).unwrap_or_default();
        Ok(match RawValue::from_string(text.clone()) {
            Ok(value) => Outcome::of_json(text, value),
            Err(_) => Outcome::fault(format!("{name}: there was no answer")),
        })
    }
}

async fn made(api: Router, request: Request<Body>) -> (http::response::Parts, Bytes) {
    let answer = api.oneshot(request).await.unwrap_or_else(|never| match never {});
    let (head, body) = answer.into_parts();
    // A body of this process's own memory does not break off.
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    (head, body)
}

impl Tools {
    /// Those of our own that this caller may use: a token may ask that was not derived, where the catalog lets one.
    pub(super) fn own(&self, caller: Option<TokenId>) -> Vec<ListedTool> {
        let token = caller.and_then(|id| self.app.gate().token(id)).filter(|token| token.parent.is_none());
        let service = self.app.gate().service(self.service().as_str());
        let may = service.is_some_and(|service| service.catalog.policy.max_loan.is_some());
        if token.is_some() && may { Own::ALL.map(Own::shown).to_vec() } else { Vec::new() }
    }
}
