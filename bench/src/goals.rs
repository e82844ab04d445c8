//! What Symbolon wants to reach, as bounds of what is measured.

use crate::figures::{number, times};
use crate::results::Report;
use crate::rounds::Quantity;

/// A bound of one figure.
struct Goal {
    /// What is wanted, as a sentence without its end.
    wanted: &'static str,
    /// The rows: their measurement, and words of their subject.
    measurement: &'static str,
    subject: &'static str,
    /// What the quantity's unit begins with.
    unit: &'static str,
    figure: Figure,
    bound: Bound,
}

/// Which of a quantity's figures is bound.
#[derive(Clone, Copy)]
enum Figure {
    /// That to the baseline: it says the same on every machine.
    Ratio,
    /// The subject's own, where it is what somebody waits for or has to find room for.
    Own,
}

#[derive(Clone, Copy)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// How a goal fared.
pub(crate) struct Fared {
    pub(crate) wanted: &'static str,
    /// The median of what is bound, with its unit where it has one; `None` where nothing was measured that would tell.
    pub(crate) measured: Option<(f64, Option<&'static str>)>,
    pub(crate) reached: bool,
}

/// The name that rivals have instead of a measurement.
const PEERS: &str = "peers";

use Bound::{AtLeast, AtMost};

/// Of the ratios of rows.
const fn ratio(
    wanted: &'static str,
    (measurement, subject): (&'static str, &'static str),
    unit: &'static str,
    bound: Bound,
) -> Goal {
    Goal { wanted, measurement, subject, unit, figure: Figure::Ratio, bound }
}

/// Of the subjects themselves.
const fn own(
    wanted: &'static str,
    (measurement, subject): (&'static str, &'static str),
    unit: &'static str,
    bound: Bound,
) -> Goal {
    Goal { wanted, measurement, subject, unit, figure: Figure::Own, bound }
}

/// Rows of `large` and `build` are there where they were asked for.
const ALL: [Goal; 25] = [
    ratio(
        "What a gateway asks: at least 0.95 of the requests of a server that answers a constant",
        ("gateway", ""),
        "requests/s",
        AtLeast(0.95),
    ),
    ratio("What a gateway asks: at most 1.05 of its CPU time", ("gateway", ""), "CPU", AtMost(1.05)),
    ratio(
        "A decision in JSON: at least 0.85 of the requests of a server that reads and writes as much",
        ("verify", ""),
        "requests/s",
        AtLeast(0.85),
    ),
    ratio("A decision in JSON: at most 1.18 of its CPU time", ("verify", ""), "CPU", AtMost(1.18)),
    ratio(
        "Through the proxy, check included: no more CPU time than nginx takes to pass on without a check",
        ("proxy", "check included"),
        "CPU",
        AtMost(1.0),
    ),
    ratio(
        "A tool that an agent calls: at most twice the CPU time of its request",
        ("mcp", ""),
        "CPU",
        AtMost(2.0),
    ),
    ratio(
        "A refusal, whatever its reason: no dearer than a request that is let in",
        ("refusal", ""),
        "CPU",
        AtMost(1.0),
    ),
    ratio(
        "A flood of unknown tokens: good ones get at least what they get among as many good ones",
        ("refusal", "unknown ones come"),
        "requests/s",
        AtLeast(1.0),
    ),
    ratio(
        "A check in process: at most 1.5 times one HMAC-SHA-256 and one lookup, each by itself",
        ("check", "whole"),
        "ns",
        AtMost(1.5),
    ),
    ratio(
        "A check at a node of a fleet: at most 1.1 times one where SQLite has the record",
        ("fleet", "under a lease"),
        "ns",
        AtMost(1.1),
    ),
    ratio(
        "A check at one of three nodes: at most 1.05 times one at the only one",
        ("fleet", "of three nodes"),
        "ns",
        AtMost(1.05),
    ),
    ratio(
        "A check while 100 changes a second arrive: at most 1.1 times one while none do",
        ("fleet", "makes 100 tokens"),
        "ns",
        AtMost(1.1),
    ),
    ratio(
        "A check under all routes of O.D.I.N.: at most 1.1 times one under 12 of them",
        ("check", "routes"),
        "ns",
        AtMost(1.1),
    ),
    ratio(
        "Checks on two threads: at least 1.9 times those on one",
        ("check", "two threads"),
        "checks",
        AtLeast(1.9),
    ),
    own(
        "The memory of a token: at most 128 bytes, all included",
        ("check", "memory"),
        "bytes",
        AtMost(128.0),
    ),
    own(
        "The memory of a token among 10,000,000: at most 128 bytes, all included",
        ("large", "memory"),
        "bytes",
        AtMost(128.0),
    ),
    ratio(
        "An imported token that was used before: at most 1.05 of the CPU time of one of Symbolon's own",
        ("foreign", "used before"),
        "CPU",
        AtMost(1.05),
    ),
    ratio(
        "Guesses at an imported token: at least 0.95 of others' requests go on",
        ("foreign", "wrong secrets"),
        "requests/s",
        AtLeast(0.95),
    ),
    own(
        "Durable creations by 32 clients: at least 2,000 a second",
        ("create", ""),
        "a second",
        AtLeast(2_000.0),
    ),
    own("A start with 1,000,000 tokens: within 2 s", ("start", ""), "s", AtMost(2.0)),
    own("A start with 10,000,000 tokens: within 20 s", ("large", "start"), "s", AtMost(20.0)),
    own(
        "A newcomer's first run, built from nothing: within 6 minutes",
        ("build", "demo"),
        "s",
        AtMost(360.0),
    ),
    own("The binary that is packed: at most 35 MB", ("build", "binary"), "MB", AtMost(35.0)),
    ratio(
        "Requests a second: at least 50 times the best of the others",
        (PEERS, ""),
        "requests/s",
        AtMost(0.02),
    ),
    ratio("CPU time for a request: no more than the best of the others", (PEERS, ""), "CPU", AtLeast(1.0)),
];

/// How each goal fared. Of several rows the worst counts.
pub(crate) fn fared(report: &Report) -> Vec<Fared> {
    ALL.iter().map(|goal| goal.fared(report)).collect()
}

impl Fared {
    /// What was measured, for people.
    pub(crate) fn figure(&self) -> String {
        match self.measured {
            None => "not measured in this run".to_owned(),
            Some((ratio, None)) => times(ratio),
            Some((own, Some(unit))) => format!("{} {unit}", number(own)),
        }
    }

    /// Whether it is reached, as far as that is known.
    pub(crate) fn word(&self) -> &'static str {
        match (self.measured, self.reached) {
            (None, _) => "–",
            (_, true) => "reached",
            (_, false) => "**not reached**",
        }
    }
}

impl Goal {
    fn fared(&self, report: &Report) -> Fared {
        let of_rows = report
            .rows
            .iter()
            .filter(|row| row.measurement == self.measurement && row.subject.contains(self.subject))
            .map(|row| &row.quantities);
        let rivals = report.peers.iter().flat_map(|peers| &peers.rivals);
        let of_rivals = rivals
            .filter(|rival| self.measurement == PEERS && !rival.is_ours())
            .map(|rival| &rival.quantities);
        let figures = of_rows
            .chain(of_rivals)
            .flatten()
            .filter(|quantity| quantity.unit.starts_with(self.unit))
            .map(|quantity| self.figure.of(quantity));
        let worst = match self.bound {
            AtLeast(_) => figures.min_by(f64::total_cmp),
            AtMost(_) => figures.max_by(f64::total_cmp),
        };
        let reached = worst.is_some_and(|worst| match self.bound {
            AtLeast(bound) => worst >= bound,
            AtMost(bound) => worst <= bound,
        });
        let unit = match self.figure {
            Figure::Ratio => None,
            Figure::Own => Some(self.unit),
        };
        Fared { wanted: self.wanted, measured: worst.map(|worst| (worst, unit)), reached }
    }
}

impl Figure {
    fn of(self, quantity: &Quantity) -> f64 {
        match self {
            Self::Ratio => quantity.ratio.median,
            Self::Own => quantity.subject.median,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed() -> Report {
        serde_json::from_str(include_str!("../../docs/performance.json")).unwrap()
    }

    fn fared_of(report: &Report, wanted: &str) -> Fared {
        fared(report).into_iter().find(|fared| fared.wanted.starts_with(wanted)).unwrap()
    }

    /// That each goal has rows in a run is held by `tests/quick.rs`.
    #[test]
    fn each_goal_is_of_a_measurement_that_there_is() {
        for goal in &ALL {
            let there = goal.measurement == PEERS || crate::measure::names().contains(&goal.measurement);
            assert!(there, "nothing tells of: {}", goal.wanted);
        }
    }

    #[test]
    fn the_worst_row_decides_and_a_bound_is_reached_at_it() {
        let mut report = committed();
        let mut fared_with = |ratio: f64| {
            let row = report.rows.iter_mut().find(|row| row.subject.contains("a missing scope")).unwrap();
            row.quantities.last_mut().unwrap().ratio.median = ratio;
            fared_of(&report, "A refusal")
        };
        let worst = fared_with(7.0);
        assert!(worst.measured == Some((7.0, None)) && !worst.reached);
        assert!(fared_with(0.0).measured.unwrap().0 < 7.0);
        assert!(fared_with(1.0).reached);
        report.rows.retain(|row| row.measurement != "refusal");
        let unknown = fared_of(&report, "A refusal");
        assert!(unknown.measured.is_none() && !unknown.reached);
        assert_eq!((unknown.figure().as_str(), unknown.word()), ("not measured in this run", "–"));
    }

    #[test]
    fn where_the_subject_itself_is_bound_its_baseline_does_not_matter() {
        let mut report = committed();
        let mut fared_with = |subject: f64| {
            let row = report.rows.iter_mut().find(|row| row.measurement == "create").unwrap();
            row.quantities = vec![Quantity::of("a second (more is better)", &[subject], &[1e9])];
            fared_of(&report, "Durable creations")
        };
        assert!(fared_with(2_000.0).reached && !fared_with(1_999.0).reached);
        assert_eq!(fared_with(2_000.0).figure(), "2,000 a second");
    }
}
