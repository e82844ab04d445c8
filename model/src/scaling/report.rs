//! What the simulation says, as the tables of `docs/scaling.md`.

use std::fmt::Write;

use super::world::{Used, World};
use super::{Scenario, costs};

/// From how much of it on something is used up.
const FULL: u64 = 90;

const ZONE: u64 = 200;
const REGION: u64 = 500;

#[rustfmt::skip]
const SCENARIOS: [Scenario; 17] = [
    Scenario { places: &[(3, REGION)], mutators: 3, rate: 10 },
    Scenario { places: &[(3, REGION)], mutators: 3, rate: 100 },
    Scenario { places: &[(10, REGION)], mutators: 10, rate: 100 },
    Scenario { places: &[(100, REGION)], mutators: 100, rate: 10 },
    Scenario { places: &[(100, REGION)], mutators: 100, rate: 100 },
    Scenario { places: &[(100, REGION)], mutators: 100, rate: 300 },
    Scenario { places: &[(100, REGION)], mutators: 100, rate: 1000 },
    Scenario { places: &[(100, REGION)], mutators: 2, rate: 300 },
    Scenario { places: &[(100, REGION)], mutators: 2, rate: 1000 },
    Scenario { places: &[(2, ZONE), (98, REGION)], mutators: 2, rate: 1000 },
    Scenario { places: &[(30, REGION), (3, 5_000)], mutators: 33, rate: 100 },
    Scenario { places: &[(5, REGION), (5, 30_000)], mutators: 10, rate: 10 },
    Scenario { places: &[(5, REGION), (5, 80_000)], mutators: 10, rate: 10 },
    Scenario { places: &[(5, REGION), (5, 80_000)], mutators: 5, rate: 10 },
    Scenario { places: &[(5, REGION), (5, 80_000)], mutators: 5, rate: 100 },
    Scenario { places: &[(40, REGION), (20, 30_000), (20, 80_000), (20, 150_000)], mutators: 2, rate: 100 },
    Scenario { places: &[(2, ZONE), (38, REGION), (20, 30_000), (20, 80_000), (20, 150_000)], mutators: 2, rate: 1000 },
];

/// The costs, as a table.
pub fn inputs() -> String {
    let mut text = "| what | costs | from |\n|---|---:|---|\n".to_owned();
    for (what, much, unit, source) in costs::INPUTS {
        let space = if unit.is_empty() { "" } else { " " };
        let _ = writeln!(text, "| {what} | {much}{space}{unit} | {source} |");
    }
    text
}

/// What comes of each scenario, as a table.
pub fn table() -> String {
    let mut text = "| nodes, round trip | mutations at | asked a second | answered a second | p50 | p99 | processors | fsyncs a second | \
                    clock's row | NOTIFY's lock | connections | used up |\n\
                    |---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|\n"
        .to_owned();
    for scenario in SCENARIOS {
        text.push_str(&row(scenario));
    }
    text
}

fn row(scenario: Scenario) -> String {
    let (counted, mut world) = World::run(scenario);
    world.took.sort_unstable();
    let took = &world.took;
    let percentile = |share: usize| {
        let at = took.get((took.len() * share).div_ceil(100).saturating_sub(1));
        at.map_or_else(|| "none".to_owned(), |nanos| millis(*nanos))
    };
    let Used { processors, flushes, clock, notify } = world.used;
    let share = |used: u64| used * 100 / counted;
    let processors = share(processors) / costs::CORES as u64;
    let log = share(flushes * costs::FLUSH);
    let full = [("the processors", processors), ("the log", log), ("the clock's row", share(clock))];
    let full = full.iter().find(|(_, share)| *share >= FULL).map_or("nothing", |(name, _)| *name);
    let a_second = |count: u64| (count * 1_000_000_000 + counted / 2) / counted;
    let places = scenario.places.iter();
    let places: Vec<_> =
        places.map(|(nodes, micros)| format!("{nodes} at {}", millis(micros * 1_000))).collect();
    format!(
        "| {} | {} | {} | {} | {} | {} | {processors} % | {} | {} % | {} % | {} | {full} |\n",
        places.join(", "),
        if scenario.mutators == scenario.nodes() {
            "all".to_owned()
        } else {
            format!("{} nearest", scenario.mutators)
        },
        scenario.rate,
        a_second(took.len() as u64),
        percentile(50),
        percentile(99),
        a_second(flushes),
        share(clock),
        share(notify),
        scenario.nodes() * costs::CONNECTIONS,
    )
}

/// With one decimal where that says something.
fn millis(nanos: u64) -> String {
    let tenths = (nanos + 50_000) / 100_000;
    if tenths >= 100 || tenths.is_multiple_of(10) {
        format!("{} ms", (tenths + 5) / 10)
    } else {
        format!("{}.{} ms", tenths / 10, tenths % 10)
    }
}
