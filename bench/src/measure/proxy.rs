//! An allowed request through the proxy, beside the application without it, and beside a proxy that only passes on.

use crate::Outcome;
use crate::load::Load;
use crate::rounds::Comparison;
use crate::stage::{CONNECTIONS, Side, Stage, gets, quantities};

pub(super) fn measure(stage: &Stage) -> Outcome<Vec<Comparison>> {
    let (symbolon, upstream) = (&stage.symbolon, &stage.upstream);
    let relay = stage.start(&["relay", "--upstream", &upstream.addresses[0].to_string()])?;
    let load = Load {
        address: symbolon.addresses[1],
        connections: CONNECTIONS,
        requests: gets("/api/printers", stage.world.tokens.iter().map(String::as_str)),
        statuses: &[200],
    };
    let sides = [
        Side { load: load.clone(), servers: vec![symbolon, upstream] },
        Side { load: Load { address: upstream.addresses[0], ..load.clone() }, servers: vec![upstream] },
        Side { load: Load { address: relay.addresses[0], ..load }, servers: vec![&relay, upstream] },
    ];
    let turns = stage.alternate(&sides)?;
    let subject = format!("GET /api/printers through the proxy, {} tokens", stage.plan.tokens);
    Ok(vec![
        Comparison {
            subject: format!("{subject}; CPU of proxy and application"),
            baseline: "the application asked directly",
            quantities: quantities(&turns[0], &turns[1], |turn| turn.cpu_of_all),
        },
        Comparison {
            subject: format!("{subject}; CPU of the proxy"),
            baseline: "a bare hyper proxy to the same application, nothing checked",
            quantities: quantities(&turns[0], &turns[2], |turn| turn.cpu),
        },
    ])
}
