//! A tool that an agent calls, beside the request that it stands for.

use serde_json::json;

use crate::Outcome;
use crate::load::Load;
use crate::rounds::Comparison;
use crate::stage::{CONNECTIONS, Side, Stage, gets, quantities};

const VERSIONS: [&str; 2] = ["2026-07-28", "2025-11-25"];

pub(super) fn measure(stage: &Stage) -> Outcome<Vec<Comparison>> {
    let symbolon = &stage.symbolon;
    let tokens = || stage.world.tokens.iter().map(String::as_str);
    let side = |address, requests| Side {
        load: Load { address, connections: CONNECTIONS, requests, statuses: &[200] },
        servers: vec![symbolon],
    };
    let mut sides = vec![side(symbolon.addresses[1], gets("/api/printers", tokens()))];
    for version in VERSIONS {
        let requests = tokens().map(|token| call(version, token)).collect();
        sides.push(side(symbolon.addresses[0], requests));
    }
    let turns = stage.alternate(&sides)?;
    let compared = VERSIONS.iter().zip(&turns[1..]).map(|(version, called)| Comparison {
        subject: format!(
            "list_printers called in version {version}, {} tokens; CPU of Symbolon",
            stage.plan.tokens
        ),
        baseline: "GET /api/printers through the proxy",
        quantities: quantities(called, &turns[0], |turn| turn.cpu),
    });
    Ok(compared.collect())
}

/// A call as the clients of this version make it.
fn call(version: &str, token: &str) -> Vec<u8> {
    let mut params = json!({ "name": "list_printers", "arguments": {} });
    let mut own = String::new();
    if version == VERSIONS[0] {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        own.push_str("Mcp-Method: tools/call\r\nMcp-Name: list_printers\r\n");
    }
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string();
    format!(
        "POST /mcp/odin HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\
         Accept: application/json, text/event-stream\r\nContent-Type: application/json\r\n\
         MCP-Protocol-Version: {version}\r\n{own}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
