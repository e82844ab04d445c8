//! What a run showed: the checker's verdict, how long mutations took, what was done to the fleet, and what it took.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use crate::checker::{self, Verdict};
use crate::history::{self, Event, Resources, Step};

/// What a run showed.
#[derive(Debug, Serialize)]
struct Summary {
    seed: u64,
    seconds: u64,
    verdict: Verdict,
    /// In milliseconds, by what was done.
    latencies: BTreeMap<String, Spread>,
    /// What of that the steps took, as the nodes told it.
    steps: BTreeMap<String, Vec<Step>>,
    /// How often each fault was.
    faults: BTreeMap<String, u32>,
    /// How often mutations were tried, by their kind and outcome.
    mutations: BTreeMap<String, u32>,
    /// What was taken of each, by what it is.
    resources: BTreeMap<String, Growth>,
    notes: Vec<String>,
}

/// How long something took.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Spread {
    count: usize,
    median: f64,
    p99: f64,
    most: f64,
}

/// How something grew in the second half of the run, in the longest life that it had there.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Growth {
    seconds: f64,
    first: f64,
    last: f64,
    most: f64,
    /// By the line that fits best.
    per_minute: f64,
}

impl Spread {
    fn of(mut millis: Vec<f64>) -> Self {
        millis.sort_by(f64::total_cmp);
        let at =
            |percent: usize| millis.get((millis.len() * percent / 100).min(millis.len().saturating_sub(1)));
        let at = |percent| at(percent).copied().unwrap_or_default();
        Self { count: millis.len(), median: at(50), p99: at(99), most: at(100) }
    }
}

impl Growth {
    /// Of amounts at seconds, in their order.
    fn of(points: &[(f64, f64)]) -> Self {
        let count = f64::from(u32::try_from(points.len()).unwrap_or(u32::MAX)).max(1.0);
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
        let (at, amount) = (mean(|point| point.0), mean(|point| point.1));
        let both: f64 = points.iter().map(|point| (point.0 - at) * (point.1 - amount)).sum();
        let spread: f64 = points.iter().map(|point| (point.0 - at).powi(2)).sum();
        let end = |point: Option<&(f64, f64)>| point.copied().unwrap_or_default();
        let (first, last) = (end(points.first()), end(points.last()));
        Self {
            seconds: last.0 - first.0,
            first: first.1,
            last: last.1,
            most: points.iter().map(|point| point.1).fold(0.0, f64::max),
            per_minute: if spread > 0.0 { both / spread * 60.0 } else { 0.0 },
        }
    }
}

/// Checks the history and writes `summary.json` beside it; whether every promise is kept.
pub(crate) fn write(path: &Path) -> Result<bool, String> {
    let summary = Summary::of(path)?;
    let file = path.with_file_name("summary.json");
    let text = serde_json::to_string_pretty(&summary).map_err(|why| why.to_string())?;
    std::fs::write(&file, text).map_err(|why| format!("{} cannot be written: {why}", file.display()))?;
    crate::say(&summary.table());
    Ok(summary.verdict.is_good())
}

impl Summary {
    fn of(path: &Path) -> Result<Self, String> {
        let verdict = checker::check(path)?;
        let (mut seed, mut begin, mut end) = (0, 0, 0);
        let (mut latencies, mut faults, mut mutations) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let (mut taken, mut notes, mut steps) = (Vec::new(), Vec::new(), BTreeMap::new());
        for line in history::read(path)? {
            match line?.1 {
                Event::Run(run) => (seed, begin) = (run.seed, run.at),
                Event::Latency(latency) => {
                    latencies.insert(latency.of, Spread::of(latency.millis));
                }
                Event::Steps(told) => drop(steps.insert(told.of, told.steps)),
                Event::Fault(fault) => {
                    let kind = fault.kind.split(['+', '-']).next().unwrap_or_default().trim().to_owned();
                    *faults.entry(kind).or_default() += 1;
                }
                Event::Mutation(tried) => {
                    let name = format!("{}, {:?}", tried.kind, tried.outcome).to_lowercase();
                    *mutations.entry(name).or_default() += 1;
                }
                Event::Resources(amounts) => taken.push(amounts),
                Event::Note { text, .. } => notes.push(text),
                Event::End { at } => end = at,
                _ => {}
            }
        }
        let seconds = (end - begin) / 1_000_000_000;
        let resources = growths(&taken, begin);
        Ok(Self { seed, seconds, verdict, latencies, steps, faults, mutations, resources, notes })
    }

    fn table(&self) -> String {
        let mut text = format!("seed {}, {} s\n{}\n", self.seed, self.seconds, self.verdict);
        let _ = writeln!(
            text,
            "\n{:<44}{:>7}{:>10}{:>10}{:>10}",
            "milliseconds", "count", "median", "p99", "most"
        );
        for (of, spread) in &self.latencies {
            let Spread { count, median, p99, most } = spread;
            let _ = writeln!(text, "{of:<44}{count:>7}{median:>10.1}{p99:>10.1}{most:>10.1}");
        }
        let steps = self.steps.iter().flat_map(|(of, steps)| steps.iter().map(move |step| (of, step)));
        for (of, Step { name, share, median, p99 }) in steps {
            let (of, share) = (format!("  {name}, of {of}"), format!("{:.1} %", share * 100.0));
            let _ = writeln!(text, "{of:<44}{share:>7}{median:>10.1}{p99:>10.1}");
        }
        for (title, counts) in [("faults", &self.faults), ("mutations", &self.mutations)] {
            let _ = writeln!(text, "\n{title}");
            for (kind, count) in counts {
                let _ = writeln!(text, "  {kind:<42}{count:>7}");
            }
        }
        let _ = writeln!(
            text,
            "\n{:<34}{:>7}{:>14}{:>14}{:>14}{:>12}",
            "in the second half", "s", "first", "last", "most", "per min"
        );
        for (of, growth) in &self.resources {
            let Growth { seconds, first, last, most, per_minute } = growth;
            let _ = writeln!(
                text,
                "{of:<34}{seconds:>7.0}{first:>14.0}{last:>14.0}{most:>14.0}{per_minute:>12.1}"
            );
        }
        let _ = write!(text, "{} notes", self.notes.len());
        text
    }
}

/// Of each thing and amount the growth in its longest life of the second half.
fn growths(taken: &[Resources], begin: u64) -> BTreeMap<String, Growth> {
    let end = taken.iter().map(|one| one.at).max().unwrap_or(begin);
    let middle = begin + (end - begin) / 2;
    let mut lives: BTreeMap<(String, u32), Vec<(f64, f64)>> = BTreeMap::new();
    for one in taken.iter().filter(|one| one.at >= middle) {
        let at = std::time::Duration::from_nanos(one.at - begin).as_secs_f64();
        for (name, amount) in &one.amounts {
            lives.entry((format!("{} {name}", one.of), one.life)).or_default().push((at, *amount));
        }
    }
    let mut growths: BTreeMap<String, Growth> = BTreeMap::new();
    for ((of, _), points) in lives {
        let growth = Growth::of(&points);
        if growths.get(&of).is_none_or(|known| known.seconds < growth.seconds) {
            growths.insert(of, growth);
        }
    }
    growths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_has_its_middle_and_its_end() {
        let spread = Spread::of((0..1_000).map(f64::from).rev().collect());
        assert_eq!(spread, Spread { count: 1_000, median: 500.0, p99: 990.0, most: 999.0 });
        assert_eq!(Spread::of(Vec::new()).count, 0);
    }

    #[test]
    fn what_grows_is_told_by_the_line_that_fits_in_the_longest_life() {
        let amount = |seconds: u64, life, amount: u32| Resources {
            at: seconds * 1_000_000_000,
            of: "a".to_owned(),
            life,
            amounts: BTreeMap::from([("files".to_owned(), f64::from(amount))]),
        };
        let taken =
            [amount(10, 1, 90), amount(60, 1, 5), amount(70, 2, 1), amount(80, 2, 2), amount(90, 2, 3)];
        let growths = growths(&taken, 0);
        let growth = &growths["a files"];
        assert_eq!((growth.seconds, growth.first, growth.last, growth.most), (20.0, 1.0, 3.0, 3.0));
        assert!((growth.per_minute - 6.0).abs() < 1e-9, "{growth:?}");
    }
}
