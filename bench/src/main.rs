//! What Symbolon costs. `cargo xtask bench` runs it.
//!
//! A number of requests per second says as much about the machine as about the program. So nothing here is measured
//! alone: each measurement has a baseline that does the unavoidable part of the same work, both are measured in turn
//! in the same run ([`rounds`]), and what counts is the ratio. Of the ratios, that of the CPU time is the steadier:
//! time on a busy machine is shared with others, work is not.
//!
//! A measurement is one file of [`measure`]. What is measured runs in processes of its own ([`server`] starts them,
//! [`serve`] is what they do), so that its CPU time can be told from the load's ([`load`]). Published programs for the
//! same work are measured beside Symbolon by [`peers`].
//!
//! What was found is JSON ([`results`]); the table ([`report`]), the [`chart`] and the [`document`] are made of it.

mod chart;
mod clock;
mod document;
mod figures;
mod goals;
mod load;
mod many;
mod measure;
mod peers;
mod processors;
mod report;
mod results;
mod rounds;
mod serve;
mod server;
mod stage;
mod tree;
mod world;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};

use results::{Missing, Report};
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
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(measure::names()))]
    only: Option<String>,
    /// No measurement but that of the rivals
    #[arg(long, conflicts_with = "only")]
    only_peers: bool,
    /// Measure ten million tokens too: their memory, and a start with them. Takes long
    #[arg(long)]
    large: bool,
    /// Measure a newcomer's first build too, and the binary that is packed. Takes long
    #[arg(long)]
    build: bool,
    /// Where the results are written as JSON, with a chart of them beside it; the record under test lies there too, so
    /// this names the disk
    #[arg(long, value_name = "FILE", default_value = "target/bench/latest.json")]
    out: PathBuf,
    /// The compiler, to be named in the results
    #[arg(long, value_name = "TEXT")]
    rustc: Option<String>,
    /// The commit, to be named in the results
    #[arg(long, value_name = "TEXT")]
    commit: Option<String>,
    /// Measure rivals too, one of which finds what it needs in this folder
    #[arg(long = "peer", value_name = "NAME=FOLDER", value_parser = pair)]
    peers: Vec<(String, String)>,
    /// A rival that cannot be measured, or nginx, and a sentence that says why
    #[arg(long, value_name = "NAME=WHY", value_parser = pair)]
    without: Vec<(String, String)>,
}

/// A name, and what is said of it.
fn pair(text: &str) -> Result<(String, String), String> {
    let (name, said) = text.split_once('=').ok_or("a name, `=` and more")?;
    Ok((name.to_owned(), said.to_owned()))
}

#[derive(Subcommand)]
enum Role {
    /// Be one of the servers that are measured
    #[command(subcommand, hide = true)]
    Serve(serve::Role),
    /// Fill a gate and say what that takes
    #[command(hide = true)]
    Memory {
        #[arg(long)]
        tokens: u32,
    },
    /// Make the document of a run: a copy of its results, a chart and a page
    Document {
        /// The results of a whole run with rivals
        #[arg(long, value_name = "FILE", default_value = "target/bench/latest.json")]
        from: PathBuf,
        /// The folder that the three files are written to
        #[arg(long, value_name = "FOLDER", default_value = "docs")]
        to: PathBuf,
    },
}

/// How much is measured.
#[derive(Clone, Copy)]
struct Plan {
    /// How often each side has its turn.
    rounds: usize,
    /// How long a turn is.
    round: Duration,
    /// Tokens in the index.
    tokens: usize,
    /// Tokens in an index that no cache holds.
    many: usize,
    /// Tokens in one that is as large as any is meant to be.
    large: usize,
    /// Whether nginx is there to be measured beside.
    nginx: bool,
}

impl Plan {
    const FULL: Self = Self {
        rounds: 5,
        round: Duration::from_secs(2),
        tokens: 10_000,
        many: 1_000_000,
        large: 10_000_000,
        nginx: true,
    };
    const QUICK: Self = Self {
        rounds: 1,
        round: Duration::from_millis(250),
        tokens: 1_000,
        many: 20_000,
        large: 50_000,
        nginx: true,
    };
}

/// A baseline of the usual run that the machine may not have.
const NGINX: &str = "nginx";

fn main() -> ExitCode {
    let CommandLine { options, role } = CommandLine::parse();
    let outcome = match role {
        Some(Role::Serve(role)) => serve::run(role),
        Some(Role::Memory { tokens }) => measure::memory::run(tokens),
        Some(Role::Document { from, to }) => document::write(&from, &to),
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
    let mut without: BTreeMap<String, String> = options.without.iter().cloned().collect();
    let no_nginx = without.remove(NGINX);
    let plan = Plan { nginx: no_nginx.is_none(), ..if options.quick { Plan::QUICK } else { Plan::FULL } };
    let folder = options.out.parent().ok_or_else(|| format!("{} is no file", options.out.display()))?;
    std::fs::create_dir_all(folder).map_err(|why| format!("{} cannot be made: {why}", folder.display()))?;
    let with_peers = !(options.peers.is_empty() && without.is_empty());
    // Told before anything is measured, and not after.
    let two = with_peers.then(processors::two).transpose()?;
    let mut report = Report::begin(options);
    report.missing.extend(no_nginx.map(|why| Missing::new(NGINX, "nginx, a proxy without a check", why)));
    measure_all(options, plan, folder, &mut report)?;
    if let Some(two) = two {
        let tools = options.peers.iter().map(|(name, folder)| (name.clone(), absolute(folder))).collect();
        report.peers = Some(peers::measure(plan, folder, two, &tools, &without)?);
    }
    results::write(&options.out, &report.json()?)?;
    let chart = options.out.with_extension("svg");
    results::write(&chart, &chart::of(&report))?;
    say(&format!("{report}\nWritten to {}, and as a chart to {}", options.out.display(), chart.display()));
    Ok(())
}

/// A rival has a working folder of its own.
fn absolute(folder: &str) -> PathBuf {
    std::path::absolute(folder).unwrap_or_else(|_| folder.into())
}

fn measure_all(options: &Options, plan: Plan, folder: &Path, report: &mut Report) -> Outcome<()> {
    let stage = Stage::set(plan, folder, None)?;
    let asked = [("large", options.large), ("build", options.build)];
    let wanted = |name| match options.only.as_deref() {
        Some(only) => only == name,
        None => !options.only_peers && asked.iter().all(|&(flagged, flag)| flag || flagged != name),
    };
    for (name, measure) in measure::ALL.into_iter().chain(measure::ASKED).filter(|(name, _)| wanted(*name)) {
        complain(&format!("measuring {name}"));
        for comparison in measure(&stage).map_err(|why| format!("{name}: {why}"))? {
            report.add(name, comparison);
        }
    }
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
