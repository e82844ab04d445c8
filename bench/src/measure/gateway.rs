//! What a gateway asks, beside a server that answers the same nothing to anybody.

use super::beside_bare;
use crate::Outcome;
use crate::load::Load;
use crate::rounds::Comparison;
use crate::stage::{CONNECTIONS, Stage};

pub(super) fn measure(stage: &Stage) -> Outcome<Vec<Comparison>> {
    let ask = |token: &String| {
        format!(
            "GET /gateway/nginx/odin HTTP/1.1\r\nHost: bench\r\nX-Original-Method: GET\r\n\
             X-Original-URI: /api/printers\r\nX-Original-Address: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
        )
        .into_bytes()
    };
    let load = Load {
        address: stage.symbolon.addresses[2],
        connections: CONNECTIONS,
        requests: stage.world.tokens.iter().map(ask).collect(),
        statuses: &[200],
    };
    let subject = format!("GET /gateway/nginx/odin, {} tokens", stage.plan.tokens);
    beside_bare(
        stage,
        subject,
        load,
        "a bare hyper server, the same request, a constant answer without a body",
        0,
    )
}
