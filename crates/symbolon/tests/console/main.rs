//! The console in a real browser: each scenario is a script for Node.js that drives Chromium against a running server
//! with both applications behind it. `cargo xtask test` installs what they need.
#![allow(clippy::unwrap_used, reason = "a test says by a panic what went wrong")]
#![allow(clippy::print_stdout, reason = "a scenario's measurements are told")]

#[path = "../support/mod.rs"]
mod support;

mod process;
mod runner;
mod sow;
mod stage;

use stage::Stage;

#[test]
fn heavy_a_token_is_shown_once_works_and_is_taken_back() {
    Stage::new().plays("once");
}

#[test]
fn heavy_one_of_a_hundred_thousand_tokens_is_found() {
    println!("{}", Stage::with_tokens(100_000).plays("many"));
}

#[test]
fn heavy_what_a_token_asks_for_is_lent_in_part_and_ends_by_itself() {
    Stage::of_any_time().plays("asks");
}

#[test]
fn heavy_whoever_may_not_finds_no_way() {
    Stage::new().plays("others");
}

#[test]
fn heavy_everything_is_done_by_keyboard_alone() {
    Stage::new().plays("keyboard");
}

#[test]
fn heavy_another_sites_page_changes_and_shows_nothing() {
    Stage::new().plays("other-site");
}

#[test]
fn heavy_a_given_password_is_changed_at_the_first_sign_in() {
    Stage::new().plays("first-sign-in");
}

#[test]
fn heavy_every_page_keeps_the_rules_of_accessibility_weight_and_policy() {
    println!("{}", Stage::new().plays("pages"));
}

#[test]
fn heavy_everything_is_done_without_a_script() {
    Stage::new().plays("without-script");
}
