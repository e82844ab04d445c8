//! `symbolon mcp`: the tools of a service for a program that starts its servers itself and speaks to them over their standard
//! input and output. A line that comes in is one request to the server's own `/mcp/{service}`, and its answer is one line;
//! so there is one way to the gate, and nothing is decided here.

use std::io::{BufRead, Write};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use clap::Args;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request, StatusCode};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use symbolon_api::client::Transport;
use symbolon_server::is_plain_json;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::Context;
use crate::failure::Failure;

/// Offer the tools of a service over standard input and output, for clients of the Model Context Protocol
///
/// Presents the token in `SYMBOLON_TOKEN` to the server that `SYMBOLON_URL` names, or to the one that has the data directory.
#[derive(Debug, Args)]
pub(crate) struct Mcp {
    /// The service
    #[arg(long, value_name = "SERVICE")]
    service: String,
}

/// JSON-RPC's codes.
const PARSE_ERROR: i64 = -32_700;
const INVALID_REQUEST: i64 = -32_600;
const INTERNAL_ERROR: i64 = -32_603;

/// Where the protocol's current version says which version it is.
const VERSION: &str = "io.modelcontextprotocol/protocolVersion";

/// How many lines wait for their turn, when the program writes faster than is answered.
const WAITING: usize = 64;

impl Mcp {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let bridge = Arc::new(self.bridge(context)?);
        let mut under_way = JoinSet::new();
        let mut lines = lines();
        while let Some(line) = lines.recv().await {
            if line.trim().is_empty() {
                continue;
            }
            while under_way.len() >= WAITING {
                under_way.join_next().await;
            }
            let bridge = bridge.clone();
            under_way.spawn(async move {
                if let Some(answer) = bridge.answer(&line).await {
                    Bridge::say(&answer);
                }
            });
        }
        under_way.join_all().await;
        Ok(())
    }

    fn bridge(&self, context: &Context) -> Result<Bridge, Failure> {
        let token = context.token().ok_or_else(|| {
            Failure::new(
                "no token is there to present; put one into SYMBOLON_TOKEN, in the client's configuration",
            )
        })?;
        let transport = context.server()?;
        let value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()));
        let mut token = value.map_err(|_| Failure::new("what is in SYMBOLON_TOKEN is no token"))?;
        token.set_sensitive(true);
        Ok(Bridge {
            transport,
            target: format!("/mcp/{}", self.service),
            token,
            negotiated: Mutex::default(),
        })
    }
}

/// The lines of the standard input, as they come; none any more at its end.
fn lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(1);
    // A thread of its own: a read of a terminal or a pipe cannot be given up.
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().split(b'\n') {
            let Ok(line) = line else { return };
            // What is no text is no JSON either, and is answered as such.
            if sender.blocking_send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    });
    receiver
}

/// From lines to requests, and back.
struct Bridge {
    transport: Transport,
    target: String,
    token: HeaderValue,
    /// The version that `initialize` agreed upon; a current request says its own.
    negotiated: Mutex<Option<String>>,
}

impl Bridge {
    /// The answer to a message; `None` to one that wants none.
    async fn answer(&self, line: &str) -> Option<Value> {
        let message = is_plain_json(line.as_bytes()).then(|| serde_json::from_str::<Value>(line));
        let Some(Ok(message)) = message else {
            return Some(fault(&Value::Null, PARSE_ERROR, "the line is no JSON"));
        };
        if !message.is_object() {
            return Some(fault(&Value::Null, INVALID_REQUEST, "a message is one JSON object"));
        }
        // Without one it is an answer, to what nobody asked.
        message.get("method")?;
        let id = message.get("id").cloned();
        let outcome = match self.request(&message, line) {
            Ok(request) => self.transport.exchange(request).await.map_err(|error| error.to_string()),
            Err(error) => Err(error),
        };
        let response = match outcome {
            Ok(response) => response,
            Err(error) => {
                return id
                    .map(|id| fault(&id, INTERNAL_ERROR, &format!("the server is not reached: {error}")));
            }
        };
        let (parts, body) = response.into_parts();
        if parts.status == StatusCode::ACCEPTED {
            return None;
        }
        let said = is_plain_json(&body).then(|| serde_json::from_slice::<Value>(&body).ok()).flatten();
        let said = said.unwrap_or_default();
        if said.get("jsonrpc").is_some() {
            self.note(&message, &said);
            return id.map(|_| said);
        }
        // What was refused before the protocol was asked is no message of it.
        let detail = said.get("detail").and_then(Value::as_str).unwrap_or("the server did not say why");
        let code = -i64::from(parts.status.as_u16());
        id.map(|id| fault(&id, code, &format!("{}: {detail}", parts.status)))
    }

    /// A message as the server takes it, with the headers that say what it says.
    fn request(&self, message: &Value, line: &str) -> Result<Request<Bytes>, String> {
        let mut request = Request::post(&self.target)
            .header(ACCEPT, "application/json, text/event-stream")
            .header(CONTENT_TYPE, "application/json")
            .header(AUTHORIZATION, self.token.clone());
        let own = message.pointer("/params/_meta").and_then(|meta| meta.get(VERSION)).and_then(Value::as_str);
        let negotiated = self.negotiated.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(version) = own.map(str::to_owned).or(negotiated) {
            request = request.header("mcp-protocol-version", version);
        }
        if own.is_some() {
            let text = |pointer: &str| message.pointer(pointer).and_then(Value::as_str);
            for (name, value) in [("mcp-method", text("/method")), ("mcp-name", text("/params/name"))] {
                if let Some(value) = value {
                    request = request.header(name, as_header(value));
                }
            }
        }
        request.body(Bytes::from(line.to_owned())).map_err(|error| error.to_string())
    }

    fn note(&self, message: &Value, said: &Value) {
        let version = said.pointer("/result/protocolVersion").and_then(Value::as_str);
        if message.get("method").and_then(Value::as_str) == Some("initialize")
            && let Some(version) = version
        {
            *self.negotiated.lock().unwrap_or_else(PoisonError::into_inner) = Some(version.to_owned());
        }
    }

    /// Writes one line. Nothing else is ever written there.
    fn say(answer: &Value) {
        let mut out = std::io::stdout().lock();
        // Whoever does not listen any more has closed the input too.
        let _ = writeln!(out, "{answer}").and_then(|()| out.flush());
    }
}

fn fault(id: &Value, code: i64, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
}

/// A text as a header says it: what none can say is coded, and so is what looks like that.
fn as_header(text: &str) -> String {
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
        && text.trim() == text
        && !text.starts_with("=?base64?");
    if plain { text.to_owned() } else { format!("=?base64?{}?=", STANDARD.encode(text)) }
}
