//! The project's own tasks: `cargo xtask --help`.
//!
//! A module for each task, and what they share: [`shell`] starts programs, [`step`] runs them in order and says how it
//! went, [`tools`] installs what is missing.

mod bench;
mod instructions;
mod package;
mod screenshots;
mod shell;
mod soak;
mod step;
mod test;
mod tools;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The project's own tasks.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct CommandLine {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run every check that a change must pass: format, clippy, tests, documents, dependencies, instructions
    Test(test::Options),
    /// Measure what Symbolon costs, as ratios to what cannot be avoided
    ///
    /// What gateways ask, verify, proxy, refusals, a check in process, imported tokens, the record of use, a start with
    /// a million tokens and durable creations, each beside a baseline that does the unavoidable part of the same work,
    /// in turn in the same run; the proxy beside nginx too. Takes about ten minutes after the build, on Linux, and wants
    /// the machine for itself. A table is printed; target/bench/latest.json has the same numbers, and latest.svg beside
    /// it is their chart.
    ///
    /// With --large, ten million tokens are measured too, and with --build what a newcomer's first build takes and what
    /// the packaged binary weighs. The page on performance is made of one run: give these flags in the run that it is to
    /// be made of, or it says of their goals that they were not measured.
    ///
    /// With --peers, published programs that do the same work are measured too, each on one processor with the load
    /// on another, in turn with Symbolon: about seven minutes more, and the time to install them.
    ///
    /// docs/performance.md is made by --document of such a run, with its chart and its results. Nothing in it is
    /// written by hand, and a test holds that. Commit the three files together.
    ///
    /// Compare the ratios and not the numbers, which are the machine's. Of the ratios trust that of the CPU time
    /// most: on a busy machine time is shared with others, work is not.
    Bench(bench::Options),
    /// Count the instructions of a check, and compare with the committed counts
    ///
    /// Callgrind counts checks of each kind by a gate in which nothing is left to chance, and none may cost more than 5 %
    /// above what crates/symbolon-gate/benches/instructions.toml has. Counts of another compiler, or of a processor that
    /// can do more or less, are shown and not compared. Takes seconds after the build.
    ///
    /// What a check costs in time is for `cargo xtask bench`.
    Instructions(instructions::Options),
    /// Run what takes long, and look for what no short test finds
    #[command(subcommand)]
    Soak(soak::Soak),
    /// Make the Debian package, in target/debian
    Package(package::Options),
    /// Take pictures of the console's pages, of a server with invented tokens and use
    Screenshots(screenshots::Options),
}

fn main() -> ExitCode {
    let outcome = match CommandLine::parse().task {
        Task::Test(options) => test::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Instructions(options) => instructions::run(&options),
        Task::Soak(soak) => soak::run(&soak),
        Task::Package(options) => package::run(&options),
        Task::Screenshots(options) => screenshots::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            shell::say(&format!("\n{sentence}"));
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn what_follows_two_dashes_is_for_nextest() {
        let line = ["cargo xtask", "test", "--quick", "--", "-p", "symbolon-core", "--no-capture"];
        let Task::Test(options) = CommandLine::parse_from(line).task else { panic!("{line:?}") };
        assert!(options.quick && !options.advisories);
        assert_eq!(options.nextest, ["-p", "symbolon-core", "--no-capture"]);
    }

    #[test]
    fn a_quick_run_checks_no_dependency() {
        assert!(CommandLine::try_parse_from(["cargo xtask", "test", "--quick", "--advisories"]).is_err());
    }
}
