//! A fleet under load and faults, and the checker of its history.

mod checker;
mod clock;
mod fleet;
mod history;
mod http;
mod random;
mod summary;

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
    /// Run a fleet of three under load and faults, and check its history
    Fleet(fleet::Options),
    /// Say the wall clock in seconds and the steady one in nanoseconds, as a node reads them
    #[command(hide = true)]
    Clocks,
    /// Read a history, and name what breaks a promise in it
    Check {
        /// The history
        file: PathBuf,
    },
}

fn main() -> ExitCode {
    let outcome = match CommandLine::parse().task {
        Task::Fleet(options) => fleet::run(&options).and_then(|()| summary::write(&options.history())),
        Task::Clocks => {
            say(&format!("{} {}", clock::wall(), clock::now()));
            Ok(true)
        }
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
