//! Searches the large configurations, for as long as is given: `cargo run -p symbolon-model --release`.
#![expect(clippy::print_stdout, reason = "what was searched is what it is run for")]

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use symbolon_model::config::Config;
use symbolon_model::configurations::{EVERY_TIME, LONG, MUTANTS};
use symbolon_model::search::{exhaust_within, shortest};

/// Search all states of fleets, and show the run that breaks the promise about revocations, if there is one.
#[derive(Parser)]
struct CommandLine {
    /// What to search: names from --list, or of unsafe versions; the large configurations without any
    configurations: Vec<String>,
    /// After how many seconds to give up each
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// On how many threads
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Print what there is to search, and search nothing
    #[arg(long)]
    list: bool,
}

fn main() -> ExitCode {
    let line = CommandLine::parse();
    let configurations: Vec<Config> = EVERY_TIME.into_iter().map(|(config, _)| config).chain(LONG).collect();
    if line.list {
        for config in configurations {
            println!("{}", config.name);
        }
        for (mutant, config) in MUTANTS {
            println!("{mutant:?} (in {})", config.name);
        }
        return ExitCode::SUCCESS;
    }
    let mut names: Vec<&str> = line.configurations.iter().map(String::as_str).collect();
    if names.is_empty() {
        names.extend(LONG.map(|config| config.name));
    }
    let mut all_held = true;
    for name in names {
        let mutant = MUTANTS.into_iter().find(|(mutant, _)| format!("{mutant:?}") == name);
        let config = configurations.iter().find(|config| config.name == name);
        all_held &= match (mutant, config) {
            (Some((mutant, config)), _) => report(&shortest(config.with(mutant))),
            (None, Some(config)) => {
                let progress = |states, seconds| println!("{name}: {states} states in {seconds} s");
                report(&exhaust_within(*config, line.threads, Duration::from_secs(line.seconds), progress))
            }
            (None, None) => {
                println!("{name} is not known; --list has what is");
                false
            }
        };
    }
    if all_held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints what came of a search; whether all that was seen holds.
fn report(outcome: &symbolon_model::search::Outcome) -> bool {
    let extent = if outcome.exhausted { "all of them" } else { "not all of them" };
    println!("{}: {} states, {extent}", outcome.name, outcome.states);
    if let Some(run) = &outcome.broken {
        println!("{run}");
    }
    outcome.broken.is_none()
}
