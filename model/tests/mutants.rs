//! The model sees what it is there to see: each unsafe version breaks the promise where the protocol keeps it.

use std::collections::HashSet;

use symbolon_model::config::{ANY, Config};
use symbolon_model::configurations::MUTANTS;
use symbolon_model::fleet::{DURABLE, PROMISE, SEEN};
use symbolon_model::search::{exhaust, look, shortest};
use symbolon_model::{ALL, Mutant};

#[test]
fn every_unsafe_version_is_found() {
    for (mutant, config) in MUTANTS {
        let outcome = shortest(config.with(mutant));
        let Some(run) = outcome.broken else {
            panic!("{mutant:?} is not found in {:?}, after {} states", config.name, outcome.states);
        };
        let broken = if mutant == Mutant::AsynchronousReplica { DURABLE } else { PROMISE };
        assert_eq!(run.property, broken, "{mutant:?}: {run}");
    }
}

#[test]
fn the_protocol_holds_where_its_unsafe_versions_do_not() {
    let mut searched = HashSet::new();
    for (_, config) in MUTANTS {
        if searched.insert(config.name) {
            holds(config);
        }
    }
}

/// What is made one supposes the rules that some of the unsafe versions break, so a protocol that broke them might hold
/// above for want of the states that would show it.
#[test]
fn the_protocol_holds_with_no_states_made_one() {
    let plain = Config { spare_ids: 0, reduced: false, ..Config::PLAIN };
    holds(Config { prune: true, reloads: true, crashes: ANY, ..plain });
    holds(Config { late: true, repeats: 1, ..plain });
    holds(Config { changes: 2, ..plain });
}

fn holds(config: Config) {
    let outcome = exhaust(config);
    if let Some(run) = outcome.broken {
        panic!("{}: {run}", config.name);
    }
    assert!(outcome.exhausted);
}

#[test]
fn every_unsafe_version_has_its_configuration() {
    assert_eq!(MUTANTS.map(|(mutant, _)| mutant), ALL);
}

#[test]
fn what_the_protocol_is_for_happens() {
    let outcome = look(Config { failovers: 1, ..Config::PLAIN });
    assert_eq!(outcome.seen, SEEN);
}

#[test]
fn a_run_is_told_step_by_step() {
    let run = shortest(Config::PLAIN.with(Mutant::LongerLease)).broken.expect("it is found above");
    let told = run.to_string();
    assert!(told.starts_with("broken: no node admits"), "{told}");
    assert!(told.contains(". mutator 0's time is up, and it replies\n"), "{told}");
    assert!(
        told.trim_end().ends_with("by an index that lacks what is acknowledged | acknowledged 1"),
        "{told}"
    );
}
