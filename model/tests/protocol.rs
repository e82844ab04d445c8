//! The protocol keeps its promise in every state of every configuration that is searched each time.
#![allow(clippy::unwrap_used, reason = "a test says by a panic what went wrong")]

use symbolon_model::configurations::EVERY_TIME;
use symbolon_model::search::exhaust;

/// Each configuration is a test of its own, so that they are searched beside each other.
macro_rules! searched {
    ($($test:ident: $name:literal,)*) => {
        $(#[test]
        fn $test() {
            holds_everywhere($name);
        })*

        #[test]
        fn every_configuration_is_searched() {
            assert_eq!(EVERY_TIME.map(|(config, _)| config.name), [$($name),*]);
        }
    };
}

searched! {
    one_node_with_all_faults_at_once: "one-node-all-faults",
    one_node_and_two_changes: "one-node-two-changes",
    one_node_and_three_mutations: "one-node-three-mutations",
    two_nodes_whose_clocks_drift: "two-nodes-drift",
    two_nodes_of_which_one_crashes: "two-nodes-crash",
    two_nodes_and_a_promotion: "two-nodes-failover",
    two_nodes_and_a_repetition: "two-nodes-repeat",
    two_nodes_and_two_changes: "two-nodes-two-changes",
    three_nodes: "three-nodes",
}

fn holds_everywhere(name: &str) {
    let (config, states) = EVERY_TIME.into_iter().find(|(config, _)| config.name == name).unwrap();
    let outcome = exhaust(config);
    if let Some(run) = outcome.broken {
        panic!("{name}: {run}");
    }
    assert!(outcome.exhausted);
    assert_eq!(outcome.states, states, "{name} has another number of states than is written down");
}
