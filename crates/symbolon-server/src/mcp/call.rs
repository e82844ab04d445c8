//! One call of a tool: its arguments become requests, each goes through the proxy, and what is answered becomes the result.

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Request};
use rmcp::ErrorData;
use rmcp::model::ErrorCode;
use serde_json::{Map, Value};
use symbolon_core::Code;
use symbolon_core::catalog::{DRY_RUN, Draft, Tool};

use super::DOOR;
use super::asked::Asked;
use super::asking::Own;
use super::content::{self, Told};
use super::handler::unavailable;
use super::outcome::Outcome;
use super::tools::Tools;
use crate::idempotency::IDEMPOTENCY_KEY;
use crate::incoming::API_KEY;
use crate::proxy::dry_run;
use crate::refusals::Refusal;
use crate::trusted;

/// How much of a name that is none is repeated, in characters.
const SHOWN: usize = 64;

/// What of a call's own request goes on with each request that it makes.
const CARRIED: [HeaderName; 9] = [
    AUTHORIZATION,
    API_KEY,
    USER_AGENT,
    IDEMPOTENCY_KEY,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static(dry_run::DRY_RUN),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
];

/// Calls a tool. What a model can do something about is a result that says so; that its caller may not do it is an error.
pub(super) async fn call(
    tools: &Tools,
    outer: &Parts,
    name: &str,
    mut arguments: Map<String, Value>,
) -> Result<Outcome, ErrorData> {
    let listed = tools.listed().ok_or_else(unavailable)?;
    let Some(tool) = listed.catalog.tool(name) else {
        if let Some(own) = Own::named(name) {
            return own.call(tools, outer, arguments).await;
        }
        let name: String = name.chars().take(SHOWN).collect();
        return Err(ErrorData::invalid_params(format!("there is no tool {name:?}"), None));
    };
    let dry_run = match tool.takes_dry_run().then(|| arguments.remove(DRY_RUN)).flatten() {
        None | Some(Value::Bool(false) | Value::Null) => false,
        Some(Value::Bool(true)) => true,
        // Who means to try something must not do it for having misspelt that.
        Some(_) => return Ok(Outcome::fault(format!("{}: {DRY_RUN} is to be true or false", tool.name))),
    };
    let drafts = match tool.drafts(&listed.catalog, arguments) {
        Ok(drafts) => drafts,
        Err(fault) => return Ok(Outcome::fault(format!("{}: {fault}", tool.name))),
    };
    let mut requests = Vec::with_capacity(drafts.len());
    for (part, draft) in tool.parts.iter().zip(&drafts) {
        requests.push(inner(draft, part.key.as_deref(), outer, dry_run)?);
    }
    if let Some(result) = if dry_run { None } else { beyond_limit(tools, tool, outer) } {
        return Ok(result);
    }
    if requests.len() > 1 {
        // Before the first of them is made.
        for request in &mut requests {
            let (parts, body) = std::mem::take(request).into_parts();
            let refusal = tools.proxy.would_refuse(&parts).await;
            *request = Request::from_parts(parts, body);
            if let Some(refusal) = refusal {
                return refused(&tool.name, outer, &refusal, &[]);
            }
        }
    }
    let mut all: Vec<(&String, Told)> = Vec::new();
    for (part, request) in tool.parts.iter().zip(requests) {
        let done: Vec<&str> = all.iter().map(|(key, _)| key.as_str()).collect();
        let response = match tools.proxy.call(DOOR, request).await {
            Ok(response) => response,
            Err(refusal) => return refused(&tool.name, outer, &refusal, &done),
        };
        let alone = part.key.is_none();
        let told = content::told(response, &part.shape, alone).await;
        let Some(key) = &part.key else { return Ok(told.into_outcome()) };
        if let Told::Failed(detail) = told {
            return Ok(Outcome::fault(format!("{key}: {detail}{}", before(&done))));
        }
        all.push((key, told));
    }
    Ok(content::together(all))
}

/// What is said of requests that were made before one that failed.
fn before(done: &[&str]) -> String {
    if done.is_empty() { String::new() } else { format!("; made before it: {}", done.join(", ")) }
}

/// What a caller is told who has called a tool too often.
fn beyond_limit(tools: &Tools, tool: &Tool, outer: &Parts) -> Option<Outcome> {
    tool.limit?;
    let token = outer.extensions.get::<Asked>().and_then(|asked| asked.token);
    let quota = tools.take(tool, token, tools.app.now()).err()?;
    let detail = format!("{} may be called {} by one token; wait {} s", tool.name, quota.rate, quota.more_in);
    Some(Outcome::fault(detail))
}

/// A request of a call, as the proxy takes it: of the caller's own request it has who calls, whence, and little else.
fn inner(
    draft: &Draft,
    part: Option<&str>,
    outer: &Parts,
    try_it: bool,
) -> Result<Request<Bytes>, ErrorData> {
    let body = draft.body.as_ref().map(|body| Bytes::from(body.to_string()));
    let request = Request::builder().method(draft.method.as_str()).uri(&draft.target);
    let Ok(mut request) = request.body(body.clone().unwrap_or_default()) else {
        return Err(ErrorData::invalid_params("the arguments make no request", None));
    };
    let headers = request.headers_mut();
    for name in CARRIED {
        for value in outer.headers.get_all(&name) {
            headers.append(&name, value.clone());
        }
    }
    if let (Some(part), Some(key)) = (part, headers.get(IDEMPOTENCY_KEY)) {
        // Each of several requests is done once.
        let own = HeaderValue::from_bytes(&[key.as_bytes(), b".", part.as_bytes()].concat());
        headers
            .insert(IDEMPOTENCY_KEY, own.map_err(|_| ErrorData::invalid_params("no Idempotency-Key", None))?);
    }
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, */*;q=0.5"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if body.is_some() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    if try_it {
        headers.insert(dry_run::DRY_RUN, HeaderValue::from_static("true"));
    }
    trusted::carry(&outer.extensions, request.extensions_mut());
    Ok(request)
}

/// A refusal of the proxy's, or of the management API's. Who may not is told so in HTTP, as the protocol's authorization has it, and its client may come
/// back with another token; what passes by itself or is the model's to mend is a result.
pub(super) fn refused(
    tool: &str,
    outer: &Parts,
    refusal: &Refusal,
    done: &[&str],
) -> Result<Outcome, ErrorData> {
    let (error, id) = refusal;
    let problem = error.problem(&id.to_string());
    if !matches!(error.status().as_u16(), 401 | 403) {
        let headers = error.headers();
        let wait = headers.get(RETRY_AFTER).and_then(|wait| wait.to_str().ok());
        let wait = wait.map(|seconds| format!(" (try again in {seconds} s)")).unwrap_or_default();
        return Ok(Outcome::fault(format!("{tool}: {}{wait}{}", problem.detail, before(done))));
    }
    if let Some(asked) = outer.extensions.get::<Asked>() {
        asked.refuse(refusal);
    }
    let needs: Vec<_> = problem.required_scopes.iter().map(|set| set.join(" + ")).collect();
    let advice = if error.code() == Code::InsufficientScope && !needs.is_empty() {
        format!("; a token with {} may", needs.join(", or "))
    } else {
        String::new()
    };
    let message = format!("{tool}: {}{advice}{}", problem.detail, before(done));
    // Outside the numbers that JSON-RPC and the protocol have for themselves.
    let code = ErrorCode(-i32::from(error.status().as_u16()));
    Err(ErrorData::new(code, message, serde_json::to_value(problem).ok()))
}
