//! What Symbolon wants to reach, as bounds of what is measured.

use crate::results::Report;

/// A bound of one ratio.
pub(crate) struct Goal {
    /// What is wanted, as a sentence without its end.
    pub(crate) wanted: &'static str,
    /// The rows: their measurement, and words of their subject.
    measurement: &'static str,
    subject: &'static str,
    /// What the quantity's unit begins with.
    unit: &'static str,
    bound: Bound,
}

#[derive(Clone, Copy)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// How a goal fared.
pub(crate) struct Fared {
    pub(crate) wanted: &'static str,
    /// The median ratio; `None` where nothing was measured that would tell.
    pub(crate) ratio: Option<f64>,
    pub(crate) reached: bool,
}

/// The name that rivals have instead of a measurement.
const PEERS: &str = "peers";

const fn goal(
    wanted: &'static str,
    (measurement, subject): (&'static str, &'static str),
    unit: &'static str,
    bound: Bound,
) -> Goal {
    Goal { wanted, measurement, subject, unit, bound }
}

use Bound::{AtLeast, AtMost};

const ALL: [Goal; 14] = [
    goal(
        "What a gateway asks: at least 0.95 of the requests of a server that answers a constant",
        ("gateway", ""),
        "requests/s",
        AtLeast(0.95),
    ),
    goal("What a gateway asks: at most 1.05 of its CPU time", ("gateway", ""), "CPU", AtMost(1.05)),
    goal(
        "A decision in JSON: at least 0.85 of the requests of a server that reads and writes as much",
        ("verify", ""),
        "requests/s",
        AtLeast(0.85),
    ),
    goal("A decision in JSON: at most 1.18 of its CPU time", ("verify", ""), "CPU", AtMost(1.18)),
    goal(
        "Through the proxy: at most 1.5 of the CPU time of a proxy that checks nothing",
        ("proxy", "CPU of the proxy"),
        "CPU",
        AtMost(1.5),
    ),
    goal(
        "A refusal, whatever its reason: no dearer than a request that is let in",
        ("refusal", ""),
        "CPU",
        AtMost(1.0),
    ),
    goal(
        "A check in process: at most 1.5 times one HMAC-SHA-256 and one lookup, each by itself",
        ("check", "whole"),
        "ns",
        AtMost(1.5),
    ),
    goal(
        "Checks on two threads: at least 1.9 times those on one",
        ("check", "two threads"),
        "checks",
        AtLeast(1.9),
    ),
    goal(
        "The memory of a token: at most 1.25 times a digest and an id in a HashMap, which is 128 bytes",
        ("check", "memory"),
        "bytes",
        AtMost(1.25),
    ),
    goal(
        "An imported token that was used before: at most 1.05 of the CPU time of one of Symbolon's own",
        ("foreign", "used before"),
        "CPU",
        AtMost(1.05),
    ),
    goal(
        "Guesses at an imported token: at least 0.95 of others' requests go on",
        ("foreign", "wrong secrets"),
        "requests/s",
        AtLeast(0.95),
    ),
    goal("Durable creations: more than the disk can do one by one", ("create", ""), "a second", AtLeast(1.0)),
    goal(
        "Requests a second: at least 50 times the best of the others",
        (PEERS, ""),
        "requests/s",
        AtMost(0.02),
    ),
    goal("CPU time for a request: no more than the best of the others", (PEERS, ""), "CPU", AtLeast(1.0)),
];

/// How each goal fared. Of several rows the worst counts.
pub(crate) fn fared(report: &Report) -> Vec<Fared> {
    ALL.iter().map(|goal| goal.fared(report)).collect()
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
        let ratios = of_rows
            .chain(of_rivals)
            .flatten()
            .filter(|quantity| quantity.unit.starts_with(self.unit))
            .map(|quantity| quantity.ratio.median);
        let worst = match self.bound {
            AtLeast(_) => ratios.min_by(f64::total_cmp),
            AtMost(_) => ratios.max_by(f64::total_cmp),
        };
        let reached = worst.is_some_and(|worst| match self.bound {
            AtLeast(bound) => worst >= bound,
            AtMost(bound) => worst <= bound,
        });
        Fared { wanted: self.wanted, ratio: worst, reached }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed() -> Report {
        serde_json::from_str(include_str!("../../docs/performance.json")).unwrap()
    }

    #[test]
    fn each_goal_is_measured() {
        for fared in fared(&committed()) {
            assert!(fared.ratio.is_some(), "nothing tells of: {}", fared.wanted);
        }
    }

    #[test]
    fn the_worst_row_decides_and_a_bound_is_reached_at_it() {
        let mut report = committed();
        let mut fared_with = |ratio: f64| {
            let row = report.rows.iter_mut().rfind(|row| row.measurement == "refusal").unwrap();
            row.quantities.last_mut().unwrap().ratio.median = ratio;
            fared(&report).into_iter().find(|fared| fared.wanted.starts_with("A refusal")).unwrap()
        };
        let worst = fared_with(7.0);
        assert!(worst.ratio == Some(7.0) && !worst.reached);
        assert!(fared_with(0.0).ratio < Some(7.0));
        report.rows.retain(|row| row.measurement != "refusal");
        let unknown = fared(&report).into_iter().find(|fared| fared.wanted.starts_with("A refusal")).unwrap();
        assert!(unknown.ratio.is_none() && !unknown.reached);
    }
}
