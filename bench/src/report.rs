//! The results: a table for people, and JSON for whoever compares runs.

use std::fmt::{self, Display};
use std::fs;
use std::path::Path;
use std::thread;

use serde::Serialize;
use symbolon_core::Timestamp;
use symbolon_server::Clock;

use crate::clock::SystemClock;
use crate::rounds::{Comparison, Quantity, Spread};
use crate::{Options, Outcome};

/// Everything that was found, in the form of the JSON.
#[derive(Serialize)]
pub(crate) struct Report {
    machine: Machine,
    /// Whether the run was too short to say what anything costs.
    quick: bool,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    measurement: &'static str,
    #[serde(flatten)]
    comparison: Comparison,
}

/// Where, when and what ran.
#[derive(Serialize)]
pub(crate) struct Machine {
    date: Timestamp,
    processor: String,
    processors: usize,
    kernel: String,
    rustc: Option<String>,
    commit: Option<String>,
    optimised: bool,
    /// How many programs wanted a processor in the minute before the run (`/proc/loadavg`). Next to nothing, or the
    /// run had company.
    load_before: Option<f64>,
}

impl Machine {
    /// This one, now.
    pub(crate) fn this(options: &Options) -> Self {
        let proc = |name| fs::read_to_string(Path::new("/proc").join(name)).unwrap_or_default();
        let processor =
            |line: &str| Some(line.strip_prefix("model name")?.trim_matches([' ', '\t', ':']).to_owned());
        Self {
            date: SystemClock.now(),
            processor: proc("cpuinfo").lines().find_map(processor).unwrap_or_default(),
            processors: thread::available_parallelism().map_or(0, Into::into),
            kernel: proc("sys/kernel/osrelease").trim().to_owned(),
            rustc: options.rustc.clone(),
            commit: options.commit.clone(),
            optimised: !cfg!(debug_assertions),
            load_before: proc("loadavg").split(' ').next().and_then(|load| load.parse().ok()),
        }
    }
}

impl Report {
    pub(crate) fn new(machine: Machine, quick: bool) -> Self {
        Self { machine, quick, rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, measurement: &'static str, comparison: Comparison) {
        self.rows.push(Row { measurement, comparison });
    }

    /// Writes the JSON.
    pub(crate) fn write(&self, path: &Path) -> Outcome<()> {
        let json = serde_json::to_string_pretty(self).map_err(|why| why.to_string())?;
        fs::write(path, json + "\n").map_err(|why| format!("{} cannot be written: {why}", path.display()))
    }
}

/// The table.
impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine { date, processor, processors, kernel, load_before, .. } = &self.machine;
        writeln!(
            f,
            "{date}, {processors} x {processor}, Linux {kernel}, load before {}",
            load_before.unwrap_or_default()
        )?;
        if !self.machine.optimised {
            writeln!(f, "An unoptimised build: no number here says what anything costs.")?;
        }
        writeln!(f, "Medians; the ratio is that of each round, with its least and greatest.")?;
        self.rows.iter().try_for_each(|Row { measurement, comparison }| {
            writeln!(f, "\n{measurement}: {}", comparison.subject)?;
            writeln!(f, "    beside {}", comparison.baseline)?;
            comparison.quantities.iter().try_for_each(|quantity| line(f, quantity))
        })
    }
}

fn line(f: &mut fmt::Formatter<'_>, quantity: &Quantity) -> fmt::Result {
    let Quantity { unit, subject, baseline, ratio: Spread { median, min, max } } = quantity;
    let digits = |spread: &Spread| usize::from(spread.median < 1_000.0);
    write!(f, "    {unit:<34}{:>10.*}", digits(subject), subject.median)?;
    write!(f, " : {:>10.*}", digits(baseline), baseline.median)?;
    writeln!(f, "   = {median:.2}  ({min:.2}..{max:.2})")
}
