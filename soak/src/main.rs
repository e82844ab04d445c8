//! A fleet under load and faults, and the checker of its history.

mod checker;
mod clock;
mod history;
mod random;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A fleet under load and faults, and the checker of its history.
#[derive(Parser)]
struct CommandLine {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Read a history, and name what breaks a promise in it
    Check {
        /// The history
        file: PathBuf,
    },
}

fn main() -> ExitCode {
    let outcome = match CommandLine::parse().task {
        Task::Check { file } => checker::check(&file).map(|verdict| {
            say(&verdict.to_string());
            verdict.is_good()
        }),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(sentence) => {
            complain(&sentence);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "the one place that prints results")]
fn say(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "the one place that tells what is going on")]
fn complain(text: &str) {
    eprintln!("{text}");
}
