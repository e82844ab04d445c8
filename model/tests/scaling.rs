//! The page about large fleets has the figures of the simulation.
#![allow(clippy::unwrap_used, reason = "a test says by a panic what went wrong")]

use symbolon_model::scaling::{inputs, table};

#[test]
fn the_page_has_the_costs_and_what_comes_of_them() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/scaling.md")).unwrap();
    for table in [inputs(), table()] {
        assert!(page.contains(&table), "docs/scaling.md should have this table:\n{table}");
    }
}
