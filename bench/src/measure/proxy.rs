//! An allowed request through the proxy, beside the application without it, and beside proxies that only pass on.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use crate::Outcome;
use crate::load::Load;
use crate::rounds::Comparison;
use crate::server::{Program, Server};
use crate::stage::{CONNECTIONS, Side, Stage, gets, quantities};

pub(super) fn measure(stage: &Stage) -> Outcome<Vec<Comparison>> {
    let (symbolon, upstream) = (&stage.symbolon, &stage.upstream);
    let relay = stage.start(&["relay", "--upstream", &upstream.addresses[0].to_string()])?;
    let nginx = stage.plan.nginx.then(|| nginx(stage)).transpose()?;
    let load = Load {
        address: symbolon.addresses[1],
        connections: CONNECTIONS,
        requests: gets("/api/printers", stage.world.tokens.iter().map(String::as_str)),
        statuses: &[200],
    };
    let to = |server: &Server| Load { address: server.addresses[0], ..load.clone() };
    let mut sides = vec![
        Side { load: load.clone(), servers: vec![symbolon, upstream] },
        Side { load: to(upstream), servers: vec![upstream] },
        Side { load: to(&relay), servers: vec![&relay, upstream] },
    ];
    sides.extend(nginx.iter().map(|nginx| Side { load: to(nginx), servers: vec![nginx, upstream] }));
    let turns = stage.alternate(&sides)?;
    let subject = format!("GET /api/printers through the proxy, {} tokens", stage.plan.tokens);
    let mut found = vec![
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
    ];
    found.extend(turns.get(3).map(|passed_on| Comparison {
        subject: format!("{subject}, check included; CPU of the proxy"),
        baseline: "nginx proxy_pass to the same application, without a check",
        quantities: quantities(&turns[0], passed_on, |turn| turn.cpu),
    }));
    Ok(found)
}

/// With as many workers as Symbolon has threads.
fn nginx(stage: &Stage) -> Outcome<Server> {
    let folder = stage.folder.path().join("nginx");
    fs::create_dir(&folder).map_err(|why| why.to_string())?;
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let program = Program {
        name: "nginx",
        interpreter: PathBuf::from("sh"),
        script: Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/nginx/serve.sh"),
        words: vec![stage.upstream.addresses[0].to_string(), workers.to_string()],
        variables: Vec::new(),
    };
    stage
        .start_program(&program, &folder)
        .map_err(|why| format!("nginx: {why}; `--without nginx=WHY` leaves it out"))
}
