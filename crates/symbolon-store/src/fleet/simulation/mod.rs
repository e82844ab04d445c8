//! The fleet's own code, driven by a seed: nodes, clocks that disagree, a line to the database that is slow, loses answers and
//! is cut, pauses, deaths and failovers. One seed is one history, and the same each time.
//!
//! `SYMBOLON_SIMULATION_SEED=7` runs that seed alone and tells what happened; `SYMBOLON_SIMULATION_SEEDS=5000` runs so many.

mod database;
mod fleet;
mod world;

use fleet::Fleet;

/// How many seeds a run of the tests takes.
const SEEDS: u64 = 60;

#[expect(clippy::disallowed_methods, reason = "an edge: a test has no other arguments")]
fn asked(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn no_node_admits_what_was_taken_back_whatever_happens() {
    if let Some(seed) = asked("SYMBOLON_SIMULATION_SEED") {
        let mut fleet = Fleet::new(seed);
        let ended = fleet.run();
        let told = fleet.told();
        println!("{told}\n\n{ended:?}");
        return assert!(ended.is_ok(), "{ended:?}");
    }
    let seeds = asked("SYMBOLON_SIMULATION_SEEDS").unwrap_or(SEEDS);
    let mut all = fleet::Told::default();
    for seed in 0..seeds {
        let mut fleet = Fleet::new(seed);
        match fleet.run() {
            Ok(told) => all.add(&told),
            Err(what) => panic!(
                "seed {seed}: {what}\n\n{}\n\nSYMBOLON_SIMULATION_SEED={seed} runs it again",
                fleet.told()
            ),
        }
    }
    // What is to be shown has happened, and not once.
    assert!(all.is_rich(seeds), "{all:?}");
}
