//! `cargo xtask test`: every check that a change must pass.

use clap::Args;

use crate::shell::Shell;
use crate::step::{Step, run_all, words};
use crate::tools;

/// What to check.
#[derive(Args)]
pub(crate) struct Options {
    /// Format, clippy and tests only
    #[arg(long)]
    pub(crate) quick: bool,

    /// Compare the dependencies with the advisory database too; it is fetched over the network
    #[arg(long, conflicts_with = "quick")]
    pub(crate) advisories: bool,

    /// Arguments for `cargo nextest run`, such as `-p symbolon-core` or a part of a test's name
    #[arg(last = true, value_name = "NEXTEST ARGUMENTS")]
    pub(crate) nextest: Vec<String>,
}

/// Installs what is missing, then runs the checks in order until one fails.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let mut shell = Shell::new();
    tools::programs(&shell, tools::FOR_TESTS)?;
    tools::cargo_tool(&mut shell, &tools::NEXTEST)?;
    tools::cargo_tool(&mut shell, &tools::DEB)?;
    for package in [
        &tools::CLIENT_GENERATOR,
        &tools::FOR_PYTHON_CLIENT,
        &tools::COMPOSE,
        &tools::ROUTER,
        &tools::OAUTH_CLIENT,
        &tools::MCP_CLIENT,
        &tools::METRICS_READER,
        &tools::TRACES_READER,
        &tools::SCANNER,
        &tools::POSTGRESQL,
    ] {
        tools::python_package(&shell, package)?;
    }
    for gateway in &tools::GATEWAYS {
        tools::python_package(&shell, gateway)?;
    }
    for packages in [
        &tools::FOR_BROWSER_TESTS,
        &tools::FOR_MCP_TESTS,
        &tools::FOR_OAUTH_TESTS,
        &tools::FOR_TYPESCRIPT_CLIENT,
    ] {
        tools::npm_packages(&shell, packages)?;
    }
    if !options.quick {
        tools::programs(&shell, tools::FOR_COUNTS)?;
        tools::cargo_tool(&mut shell, &tools::DENY)?;
    }
    run_all(&shell, &steps(options))
}

/// The checks: the cheapest first, and what needs a tool of its own last.
///
/// Doc tests stand before the others, so that the last summary of tests in the output is nextest's, with the count
/// that matters, and not the empty one of a crate without doc tests.
fn steps(options: &Options) -> Vec<Step> {
    let mut steps = vec![
        step("format", "cargo fmt --all --check", "`cargo fmt --all` mends it."),
        step(
            "clippy",
            "cargo clippy --workspace --all-targets --all-features --locked -- -D warnings",
            "Mend what it names, or expect it with a reason: `#[expect(lint, reason = \"…\")]`.",
        ),
    ];
    if !options.quick {
        steps.push(step(
            "doc tests",
            "cargo test --doc --workspace --all-features --locked",
            "An example in a docstring is wrong.",
        ));
    }
    let mut tests = step(
        "tests",
        // Most of the tests that need PostgreSQL want one empty database: servers are started once, for all of them.
        "cargo run --quiet --locked -p symbolon-postgres-server -- cargo nextest run --workspace --all-features --locked",
        "The failures are above, each with its output; `cargo xtask test --quick -- NAME` runs one again.",
    );
    tests.command.extend_from_slice(&options.nextest);
    steps.push(tests);
    if !options.quick {
        let mut documents = step(
            "documents",
            "cargo doc --no-deps --workspace --all-features --locked",
            "A docstring has a broken link or broken markup.",
        );
        documents.variables = &[("RUSTDOCFLAGS", "-D warnings")];
        steps.push(documents);
        steps.push(step(
            "deny",
            if options.advisories {
                "cargo deny --locked check advisories bans licenses sources"
            } else {
                "cargo deny --locked check bans licenses sources"
            },
            "A dependency breaks a rule of deny.toml; the rule's reason stands there.",
        ));
        // A task of its own too, for the counts are also looked at alone, and accepted.
        steps.push(step(
            "instructions",
            "cargo xtask instructions",
            "Which check costs how much more stands above, with what to do about it.",
        ));
    }
    steps
}

fn step(name: &'static str, command: &str, advice: &'static str) -> Step {
    Step { name, command: words(command), variables: &[], advice }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(quick: bool, advisories: bool, nextest: &[&str]) -> Vec<String> {
        let nextest = nextest.iter().map(|&word| word.to_owned()).collect();
        steps(&Options { quick, advisories, nextest }).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_whole_run_checks_everything_that_needs_no_network() {
        assert_eq!(
            lines(false, false, &[]),
            [
                "cargo fmt --all --check",
                "cargo clippy --workspace --all-targets --all-features --locked -- -D warnings",
                "cargo test --doc --workspace --all-features --locked",
                "cargo run --quiet --locked -p symbolon-postgres-server -- cargo nextest run --workspace --all-features --locked",
                "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --workspace --all-features --locked",
                "cargo deny --locked check bans licenses sources",
                "cargo xtask instructions",
            ]
        );
    }

    #[test]
    fn advisories_are_asked_for() {
        assert!(lines(false, true, &[]).iter().any(|line| line.contains("check advisories bans")));
    }

    #[test]
    fn a_quick_run_is_three_steps() {
        let lines = lines(true, false, &[]);
        assert_eq!(lines.len(), 3);
        assert!(lines[2].contains(" -- cargo nextest run "));
    }

    #[test]
    fn arguments_after_two_dashes_reach_nextest_alone() {
        let lines = lines(false, false, &["-p", "symbolon-core", "test(/closure|token/)"]);
        let with: Vec<&String> = lines.iter().filter(|line| line.contains("symbolon-core")).collect();
        assert_eq!(
            with,
            [
                "cargo run --quiet --locked -p symbolon-postgres-server -- cargo nextest run --workspace --all-features --locked -p symbolon-core 'test(/closure|token/)'"
            ]
        );
    }

    #[test]
    fn names_are_unique_and_advice_is_a_sentence() {
        let steps = steps(&Options { quick: false, advisories: true, nextest: Vec::new() });
        for (index, step) in steps.iter().enumerate() {
            assert!(step.advice.ends_with('.'), "{}", step.name);
            assert!(steps[..index].iter().all(|other| other.name != step.name), "{}", step.name);
        }
    }
}
