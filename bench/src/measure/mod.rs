//! The measurements, one a file. Each compares on the stage and says what it found; to add one is to add a line here.

mod build;
mod check;
mod create;
mod fleet;
mod foreign;
mod gateway;
mod large;
mod mcp;
pub(crate) mod memory;
mod proxy;
mod refusal;
mod start;
mod usage;
mod verify;

pub(crate) use check::TWO_BASELINES;

use crate::Outcome;
use crate::load::Load;
use crate::rounds::Comparison;
use crate::stage::{Side, Stage, quantities};

/// A measurement: one subject or several, each beside its baseline.
type Measure = fn(&Stage) -> Outcome<Vec<Comparison>>;

/// All of them, by the name in the results. The last one adds to the record that the others read.
pub(crate) const ALL: [(&str, Measure); 11] = [
    ("gateway", gateway::measure),
    ("verify", verify::measure),
    ("proxy", proxy::measure),
    ("mcp", mcp::measure),
    ("refusal", refusal::measure),
    ("check", check::measure),
    ("fleet", fleet::measure),
    ("foreign", foreign::measure),
    ("usage", usage::measure),
    ("start", start::measure),
    ("create", create::measure),
];

/// Those that take too long to be made unless they are asked for.
pub(crate) const ASKED: [(&str, Measure); 2] = [("large", large::measure), ("build", build::measure)];

/// What each measurement is called.
pub(crate) fn names() -> Vec<&'static str> {
    ALL.iter().chain(&ASKED).map(|(name, _)| *name).collect()
}

/// The requests a second of `good`, while `others` ask as long.
fn rate_among(stage: &Stage, good: &Load, others: &Load) -> Outcome<f64> {
    stage.runtime.block_on(async {
        let (done, others) = tokio::join!(good.run(stage.plan.round), others.run(stage.plan.round));
        others?;
        done.map(|done| f64::from(done.requests) / done.took.as_secs_f64())
    })
}

/// Symbolon asked by `load`, beside a bare hyper server that is asked the same and answers with so many bytes.
fn beside_bare(
    stage: &Stage,
    subject: String,
    load: Load,
    baseline: &'static str,
    bytes: usize,
) -> Outcome<Vec<Comparison>> {
    let bare = stage.start(&["bare", "--bytes", &bytes.to_string()])?;
    let sides = [
        Side { load: load.clone(), servers: vec![&stage.symbolon] },
        Side { load: Load { address: bare.addresses[0], ..load }, servers: vec![&bare] },
    ];
    let turns = stage.alternate(&sides)?;
    Ok(vec![Comparison { subject, baseline, quantities: quantities(&turns[0], &turns[1], |turn| turn.cpu) }])
}
