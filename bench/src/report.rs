//! The results as a table, for whoever made the run; and the machine that they are of.

use std::fmt::{self, Display};
use std::fs;
use std::path::Path;
use std::thread;

use symbolon_server::Clock;

use crate::Options;
use crate::clock::SystemClock;
use crate::goals::{self, Fared};
use crate::results::{Machine, Missing, Peers, Report, Rival, Row};
use crate::rounds::{Quantity, Spread};

impl Machine {
    /// This one, now.
    pub(crate) fn this(options: &Options) -> Self {
        let proc = |name| fs::read_to_string(Path::new("/proc").join(name)).unwrap_or_default();
        let processor =
            |line: &str| Some(line.strip_prefix("model name")?.trim_matches([' ', '\t', ':']).to_owned());
        let memory = |line: &str| {
            let kilobytes = line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?;
            kilobytes.parse::<u64>().ok().map(|kilobytes| kilobytes / 1_024)
        };
        Self {
            date: SystemClock.now(),
            processor: proc("cpuinfo").lines().find_map(processor).unwrap_or_default(),
            processors: thread::available_parallelism().map_or(0, Into::into),
            memory: proc("meminfo").lines().find_map(memory).unwrap_or_default(),
            kernel: proc("sys/kernel/osrelease").trim().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            rustc: options.rustc.clone(),
            commit: options.commit.clone(),
            optimised: !cfg!(debug_assertions),
            load_before: proc("loadavg").split(' ').next().and_then(|load| load.parse().ok()),
        }
    }
}

/// The table.
impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine { date, processor, processors, memory, kernel, load_before, .. } = &self.machine;
        writeln!(
            f,
            "{date}, {processors} x {processor}, {memory} MiB, Linux {kernel}, load before {}",
            load_before.unwrap_or_default()
        )?;
        if !self.machine.optimised {
            writeln!(f, "An unoptimised build: no number here says what anything costs.")?;
        }
        if self.quick {
            writeln!(f, "One short round over few tokens: no number here says what anything costs.")?;
        }
        writeln!(f, "Medians; the ratio is that of each round, with its least and greatest.")?;
        self.rows.iter().try_for_each(|Row { measurement, subject, baseline, quantities }| {
            writeln!(f, "\n{measurement}: {subject}")?;
            writeln!(f, "    beside {baseline}")?;
            quantities.iter().try_for_each(|quantity| line(f, quantity))
        })?;
        missing(f, "proxy", &self.missing)?;
        self.peers.iter().try_for_each(|peers| rivals(f, peers))?;
        writeln!(f, "\ngoals:")?;
        // Of one measurement alone, what the others would tell is no news.
        let told = |fared: &&Fared| self.only.is_none() || fared.measured.is_some();
        goals::fared(self).iter().filter(told).try_for_each(|fared| {
            writeln!(f, "    {}: {}, {}", fared.wanted, fared.figure(), fared.word().trim_matches('*'))
        })
    }
}

fn rivals(f: &mut fmt::Formatter<'_>, peers: &Peers) -> fmt::Result {
    for Rival { title, memory, quantities, .. } in &peers.rivals {
        writeln!(f, "\npeers: {title}, {memory:.0} MiB")?;
        writeln!(f, "    beside Symbolon, {:.0} MiB", peers.symbolon.memory)?;
        quantities.iter().try_for_each(|quantity| line(f, quantity))?;
    }
    missing(f, "peers", &peers.missing)
}

fn missing(f: &mut fmt::Formatter<'_>, measurement: &str, missing: &[Missing]) -> fmt::Result {
    missing.iter().try_for_each(|Missing { title, why, .. }| {
        writeln!(f, "\n{measurement}: {title}, was not measured: {why}")
    })
}

fn line(f: &mut fmt::Formatter<'_>, quantity: &Quantity) -> fmt::Result {
    let Quantity { unit, subject, baseline, ratio: Spread { median, min, max } } = quantity;
    let digits = |spread: &Spread| usize::from(spread.median < 1_000.0);
    write!(f, "    {unit:<34}{:>10.*}", digits(subject), subject.median)?;
    write!(f, " : {:>10.*}", digits(baseline), baseline.median)?;
    // Of a rival that is a thousand times dearer, two digits would be none.
    let digits = if *median < 0.01 { 5 } else { 2 };
    writeln!(f, "   = {median:.digits$}  ({min:.digits$}..{max:.digits$})")
}
