//! The page about the model has the figures of the model.
#![allow(clippy::unwrap_used, reason = "a test says by a panic what went wrong")]

use symbolon_model::configurations::{EVERY_TIME, LONG, MUTANTS};

#[test]
fn the_page_has_every_configuration_with_its_states() {
    let page = page();
    for (config, states) in EVERY_TIME {
        let row = row(&page, config.name);
        assert!(row.starts_with(&format!("| {} | {} | ", config.name, config.nodes)), "{row}");
        assert!(row.contains(&format!(" | {}, {} | ", config.lease, config.margin)), "{row}");
        assert!(row.ends_with(&format!(" | {states} |")), "{row} should say {states}");
    }
    for config in LONG {
        row(&page, config.name);
    }
}

#[test]
fn the_page_says_of_every_unsafe_version_what_happens() {
    let page = page();
    for (mutant, _) in MUTANTS {
        row(&page, &format!("`{mutant:?}`"));
    }
}

fn page() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/fleet-model.md")).unwrap()
}

/// The one row of a table that begins with this cell.
fn row<'a>(page: &'a str, name: &str) -> &'a str {
    let start = format!("| {name} | ");
    let mut rows = page.lines().filter(|line| line.starts_with(&start));
    let (first, second) = (rows.next(), rows.next());
    assert!(second.is_none(), "{name} is on the page twice");
    first.unwrap_or_else(|| panic!("{name} is not on the page"))
}
