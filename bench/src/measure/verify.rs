//! A decision over HTTP, beside a server that takes and gives as many bytes and decides nothing.

use serde_json::json;

use super::beside_bare;
use crate::Outcome;
use crate::load::Load;
use crate::rounds::Comparison;
use crate::stage::{CONNECTIONS, Stage, posts};

pub(super) fn measure(stage: &Stage) -> Outcome<Vec<Comparison>> {
    let question =
        |token: &String| json!({ "token": token, "method": "GET", "path": "/api/printers" }).to_string();
    let load = Load {
        address: stage.symbolon.addresses[0],
        connections: CONNECTIONS,
        requests: posts(
            "/v1/services/odin/verify",
            &stage.world.verifier_key,
            stage.world.tokens.iter().map(question),
        ),
        statuses: &[200],
    };
    let length = stage.length_of_answer(&load)?;
    let subject = format!("POST /v1/services/odin/verify, {} tokens", stage.plan.tokens);
    beside_bare(
        stage,
        subject,
        load,
        "a bare hyper server, the same request, an answer of the same length",
        length,
    )
}
