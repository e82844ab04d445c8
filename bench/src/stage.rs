//! What the measurements share: the plan, the servers, and asking them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::load::{Load, Wire};
use crate::rounds::{Quantity, alternate};
use crate::server::{Program, Server};
use crate::world::{self, World};
use crate::{Outcome, Plan};

/// How many connections ask at once, unless a measurement says otherwise.
pub(crate) const CONNECTIONS: usize = 16;
/// The length of what the guarded application answers: a short list.
const ANSWER: usize = 1_024;

/// Everything that is there to be measured.
pub(crate) struct Stage {
    pub(crate) plan: Plan,
    pub(crate) world: World,
    /// Symbolon: its management API, its proxy and what gateways ask, in this order.
    pub(crate) symbolon: Server,
    /// The application behind it.
    pub(crate) upstream: Server,
    pub(crate) runtime: Runtime,
    /// The one processor that the servers run on, where they share one.
    cpu: Option<usize>,
    // Last, for what is in it belongs to the servers as long as they run.
    pub(crate) folder: TempDir,
}

/// One side of a comparison over HTTP.
pub(crate) struct Side<'a> {
    pub(crate) load: Load,
    /// The processes that a request passes, the one that is asked first.
    pub(crate) servers: Vec<&'a Server>,
}

/// What one turn of a side showed.
pub(crate) struct Turn {
    /// Requests per second.
    pub(crate) rate: f64,
    /// CPU time for one request, in microseconds: of the process that is asked, and of all that it passes.
    pub(crate) cpu: f64,
    pub(crate) cpu_of_all: f64,
}

impl Stage {
    /// Makes a record in a folder of its own inside `folder`, and starts Symbolon over it; on one processor alone, where
    /// `cpu` names it.
    pub(crate) fn set(plan: Plan, folder: &Path, cpu: Option<usize>) -> Outcome<Self> {
        let folder = TempDir::new_in(folder).map_err(|why| format!("no folder for the record: {why}"))?;
        // One thread: the servers are what is to be kept busy.
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|why| why.to_string())?;
        let record = folder.path().join("record.db");
        let world = runtime.block_on(world::make(&record, plan.tokens))?;
        let upstream = Server::start(&["bare", "--bytes", &ANSWER.to_string()], folder.path(), cpu)?;
        let (record, address) = (record.display().to_string(), upstream.addresses[0].to_string());
        let words = ["symbolon", "--record", &record, "--upstream", &address];
        let symbolon = Server::start(&words, folder.path(), cpu)?;
        Ok(Self { plan, world, symbolon, upstream, runtime, cpu, folder })
    }

    /// Another server, for as long as the value lives.
    pub(crate) fn start(&self, words: &[&str]) -> Outcome<Server> {
        Server::start(words, self.folder.path(), self.cpu)
    }

    /// Somebody else's program, for as long as the value lives, in a folder of its own.
    pub(crate) fn start_program(&self, program: &Program<'_>, folder: &Path) -> Outcome<Server> {
        Server::start_program(program, folder, self.cpu).map(|(server, _)| server)
    }

    /// The length of the body that answers a load's first request.
    pub(crate) fn length_of_answer(&self, load: &Load) -> Outcome<usize> {
        self.runtime.block_on(async {
            let mut wire = Wire::connect(load.address).await?;
            Ok(wire.exchange(&load.requests[0]).await?.body.len())
        })
    }

    /// One turn of a side.
    pub(crate) fn turn(&self, side: &Side<'_>) -> Outcome<Turn> {
        self.turn_of(side, self.plan.round)
    }

    /// One turn of a side that is asked for as long as `period`.
    pub(crate) fn turn_of(&self, side: &Side<'_>, period: Duration) -> Outcome<Turn> {
        let cpu = || side.servers.iter().map(|server| server.cpu()).collect::<Outcome<Vec<_>>>();
        let before = cpu()?;
        let done = self.runtime.block_on(side.load.run(period))?;
        let taken: Vec<Duration> =
            cpu()?.iter().zip(before).map(|(after, before)| after.saturating_sub(before)).collect();
        let requests = f64::from(done.requests);
        let of_one = |cpu: Duration| cpu.as_secs_f64() * 1e6 / requests;
        Ok(Turn {
            rate: requests / done.took.as_secs_f64(),
            cpu: of_one(taken.first().copied().unwrap_or_default()),
            cpu_of_all: of_one(taken.iter().sum()),
        })
    }

    /// Turns of all sides, round after round; the answer has those of each side.
    pub(crate) fn alternate(&self, sides: &[Side<'_>]) -> Outcome<Vec<Vec<Turn>>> {
        alternate(self.plan.rounds, sides.len(), |side| self.turn(&sides[side]))
    }
}

/// Requests per second, and CPU time of what `cpu` names.
pub(crate) fn quantities(subject: &[Turn], baseline: &[Turn], cpu: fn(&Turn) -> f64) -> Vec<Quantity> {
    let of = |turns: &[Turn], value: fn(&Turn) -> f64| turns.iter().map(value).collect::<Vec<_>>();
    let rate = |turn: &Turn| turn.rate;
    vec![
        Quantity::of("requests/s (more is better)", &of(subject, rate), &of(baseline, rate)),
        Quantity::of("CPU µs/request (less is better)", &of(subject, cpu), &of(baseline, cpu)),
    ]
}

/// Requests for `path`, one for each of `secrets`.
pub(crate) fn gets<'a>(path: &str, secrets: impl Iterator<Item = &'a str>) -> Arc<[Vec<u8>]> {
    let get =
        |secret| format!("GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {secret}\r\n\r\n");
    secrets.map(|secret| get(secret).into_bytes()).collect()
}

/// Requests that post JSON texts to `path` in the name of `secret`.
pub(crate) fn posts(path: &str, secret: &str, bodies: impl Iterator<Item = String>) -> Arc<[Vec<u8>]> {
    let post = |body: String| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {secret}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    bodies.map(|body| post(body).into_bytes()).collect()
}
