//! What Symbolon costs. `cargo xtask bench` runs it.
//!
//! A number of requests per second says as much about the machine as about the program. So nothing here is measured
//! alone: each measurement has a baseline that does the unavoidable part of the same work, both are measured in turn
//! in the same run ([`rounds`]), and what counts is the ratio. Of the ratios, that of the CPU time is the steadier:
//! time on a busy machine is shared with others, work is not.
//!
//! A measurement is one file of [`measure`]. What is measured runs in processes of its own ([`server`] starts them,
//! [`serve`] is what they do), so that its CPU time can be told from the load's ([`load`]).

mod clock;
mod load;
mod measure;
mod report;
mod rounds;
mod serve;
mod server;
mod stage;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};

use report::{Machine, Report};
use stage::Stage;

/// How something ended; the error is a sentence.
type Outcome<T> = Result<T, String>;

/// Measure what Symbolon costs, as ratios to what cannot be avoided.
#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Args)]
struct Options {
    /// One short round over few tokens: whether everything works, and not what it costs
    #[arg(long)]
    quick: bool,
    /// One measurement alone
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(measure::ALL.map(|(name, _)| name)))]
    only: Option<String>,
    /// Where the results are written as JSON; the record under test lies beside them, so this names the disk
    #[arg(long, value_name = "FILE", default_value = "target/bench/latest.json")]
    out: PathBuf,
    /// The compiler, to be named in the results
    #[arg(long, value_name = "TEXT")]
    rustc: Option<String>,
    /// The commit, to be named in the results
    #[arg(long, value_name = "TEXT")]
    commit: Option<String>,
}

#[derive(Subcommand)]
enum Role {
    /// Be one of the servers that are measured
    #[command(subcommand, hide = true)]
    Serve(serve::Role),
}

/// How much is measured.
struct Plan {
    /// How often each side has its turn.
    rounds: usize,
    /// How long a turn is.
    round: Duration,
    /// Tokens in the index.
    tokens: usize,
    /// Tokens in an index that no cache holds.
    many: usize,
}

impl Plan {
    const FULL: Self = Self { rounds: 5, round: Duration::from_secs(2), tokens: 10_000, many: 1_000_000 };
    const QUICK: Self = Self { rounds: 1, round: Duration::from_millis(500), tokens: 1_000, many: 20_000 };
}

fn main() -> ExitCode {
    let CommandLine { options, role } = CommandLine::parse();
    let outcome = match role {
        Some(Role::Serve(role)) => serve::run(role),
        None => bench(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            complain(&sentence);
            ExitCode::FAILURE
        }
    }
}

fn bench(options: &Options) -> Outcome<()> {
    let plan = if options.quick { Plan::QUICK } else { Plan::FULL };
    let folder = options.out.parent().ok_or_else(|| format!("{} is no file", options.out.display()))?;
    std::fs::create_dir_all(folder).map_err(|why| format!("{} cannot be made: {why}", folder.display()))?;
    let stage = Stage::set(plan, folder)?;
    let mut report = Report::new(Machine::this(options), options.quick);
    let wanted = |name| options.only.as_deref().is_none_or(|only| only == name);
    for (name, measure) in measure::ALL.into_iter().filter(|(name, _)| wanted(*name)) {
        complain(&format!("measuring {name}"));
        for comparison in measure(&stage).map_err(|why| format!("{name}: {why}"))? {
            report.add(name, comparison);
        }
    }
    drop(stage);
    report.write(&options.out)?;
    say(&format!("{report}\nWritten to {}", options.out.display()));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the one place that prints results, and a server's addresses")]
fn say(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "the one place that tells what is going on")]
fn complain(text: &str) {
    eprintln!("{text}");
}
