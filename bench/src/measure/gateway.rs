//! What a gateway asks, beside a server that answers the same nothing to anybody.

use crate::Outcome;
use crate::load::Load;
use crate::rounds::Comparison;
use crate::stage::{CONNECTIONS, Side, Stage, quantities};

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
    let bare = stage.start(&["bare", "--bytes", "0"])?;
    let sides = [
        Side { load: load.clone(), servers: vec![&stage.symbolon] },
        Side { load: Load { address: bare.addresses[0], ..load }, servers: vec![&bare] },
    ];
    let turns = stage.alternate(&sides)?;
    Ok(vec![Comparison {
        subject: format!("GET /gateway/nginx/odin, {} tokens", stage.plan.tokens),
        baseline: "a bare hyper server, the same request, a constant answer without a body",
        quantities: quantities(&turns[0], &turns[1], |turn| turn.cpu),
    }])
}
