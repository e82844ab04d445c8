//! The results, in the form of the JSON: a run writes them, the chart and the document are made of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use symbolon_core::Timestamp;

use crate::rounds::{Comparison, Quantity};
use crate::{Options, Outcome};

/// Everything that was found.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    /// Whether the run was too short to say what anything costs.
    pub(crate) quick: bool,
    /// The one measurement that was made, where it was not all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) only: Option<String>,
    pub(crate) rows: Vec<Row>,
    /// Baselines that were not there, so that some rows are not either.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) missing: Vec<Missing>,
    /// Published programs for the same work, where they were measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) peers: Option<Peers>,
}

/// A subject beside its baseline.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) measurement: String,
    pub(crate) subject: String,
    pub(crate) baseline: String,
    pub(crate) quantities: Vec<Quantity>,
}

/// Where, when and what ran.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) date: Timestamp,
    pub(crate) processor: String,
    pub(crate) processors: usize,
    /// In MiB, as the kernel counts it.
    pub(crate) memory: u64,
    pub(crate) kernel: String,
    /// Symbolon's.
    pub(crate) version: String,
    pub(crate) rustc: Option<String>,
    pub(crate) commit: Option<String>,
    pub(crate) optimised: bool,
    /// How many programs wanted a processor in the minute before the run (`/proc/loadavg`). Next to nothing, or the
    /// run had company.
    pub(crate) load_before: Option<f64>,
}

/// The rivals, each beside Symbolon in turns of its own.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Peers {
    /// How many tokens each keeps, and how many people's they are.
    pub(crate) tokens: usize,
    pub(crate) owners: usize,
    pub(crate) symbolon: Symbolon,
    pub(crate) rivals: Vec<Rival>,
    pub(crate) missing: Vec<Missing>,
}

/// What the rivals are beside.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Symbolon {
    pub(crate) set_up: String,
    pub(crate) answers: Answers,
    /// Of Symbolon and the application behind it, in MiB, after its last turn.
    pub(crate) memory: f64,
}

/// One rival: the subject of its quantities, whose baseline is Symbolon.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Rival {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) set_up: String,
    pub(crate) versions: BTreeMap<String, String>,
    pub(crate) connections: usize,
    pub(crate) answers: Answers,
    pub(crate) memory: f64,
    pub(crate) quantities: Vec<Quantity>,
}

/// A rival that was not measured, or a baseline.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Missing {
    pub(crate) name: String,
    pub(crate) title: String,
    /// A sentence.
    pub(crate) why: String,
}

impl Missing {
    pub(crate) fn new(name: &str, title: &str, why: String) -> Self {
        Self { name: name.to_owned(), title: title.to_owned(), why }
    }
}

/// The statuses that a few requests were answered with before anything was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answers {
    pub(crate) good: u16,
    /// No token at all.
    pub(crate) none: u16,
    /// One that was never issued.
    pub(crate) garbage: u16,
    /// A good one without the scope; `None` where there are no scopes.
    pub(crate) narrow: Option<u16>,
}

/// Whether something is better than what it stands beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Ahead,
    /// Some rounds say this and some that.
    Even,
    Behind,
}

impl Answers {
    /// Whether the one is let in and the others are not.
    pub(crate) fn check(&self) -> Outcome<()> {
        let refused = |status| matches!(status, 401 | 403);
        let right = self.good == 200
            && refused(self.none)
            && refused(self.garbage)
            && self.narrow.is_none_or(|status| status == 403);
        if right { Ok(()) } else { Err(format!("it does not answer as it should: {self:?}")) }
    }
}

impl Rival {
    /// Whether it is another door of Symbolon's, which has a line among the rivals.
    pub(crate) fn is_ours(&self) -> bool {
        self.name.starts_with("symbolon")
    }
}

impl Quantity {
    /// How the subject stands beside the baseline, if all rounds agree.
    pub(crate) fn standing(&self) -> Standing {
        let more = self.unit.contains("more is better");
        let (least, most) = (self.ratio.min, self.ratio.max);
        match (least > 1.0, most < 1.0) {
            (false, false) => Standing::Even,
            (above, _) if above == more => Standing::Ahead,
            _ => Standing::Behind,
        }
    }

    /// What it counts, without which way is better.
    pub(crate) fn what(&self) -> &str {
        self.unit.split(" (").next().unwrap_or(&self.unit)
    }
}

impl Report {
    /// With nothing in it yet.
    pub(crate) fn begin(options: &Options) -> Self {
        let only = if options.only_peers { Some("peers".to_owned()) } else { options.only.clone() };
        let machine = Machine::this(options);
        Self { machine, quick: options.quick, only, rows: Vec::new(), missing: Vec::new(), peers: None }
    }

    pub(crate) fn add(&mut self, measurement: &str, found: Comparison) {
        let Comparison { subject, baseline, quantities } = found;
        let (measurement, baseline) = (measurement.to_owned(), baseline.to_owned());
        self.rows.push(Row { measurement, subject, baseline, quantities });
    }

    pub(crate) fn read(path: &Path) -> Outcome<Self> {
        let fault = |why: &dyn std::fmt::Display| format!("{} cannot be read: {why}", path.display());
        let text = fs::read_to_string(path).map_err(|why| fault(&why))?;
        serde_json::from_str(&text).map_err(|why| fault(&why))
    }

    pub(crate) fn json(&self) -> Outcome<String> {
        serde_json::to_string_pretty(self).map(|json| json + "\n").map_err(|why| why.to_string())
    }
}

/// Writes a file of results.
pub(crate) fn write(path: &Path, text: &str) -> Outcome<()> {
    fs::write(path, text).map_err(|why| format!("{} cannot be written: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_ahead_does_so_in_every_round() {
        let standing = |unit: &str, subject: &[f64]| Quantity::of(unit, subject, &[10.0, 10.0]).standing();
        assert_eq!(standing("a second (more is better)", &[11.0, 12.0]), Standing::Ahead);
        assert_eq!(standing("a second (more is better)", &[9.0, 8.0]), Standing::Behind);
        assert_eq!(standing("ns (less is better)", &[9.0, 8.0]), Standing::Ahead);
        assert_eq!(standing("ns (less is better)", &[11.0, 12.0]), Standing::Behind);
        assert_eq!(standing("ns (less is better)", &[9.0, 12.0]), Standing::Even);
        assert_eq!(standing("ns (less is better)", &[10.0, 12.0]), Standing::Even);
    }

    #[test]
    fn whoever_lets_a_stranger_in_is_not_measured() {
        let right = Answers { good: 200, none: 401, garbage: 403, narrow: None };
        assert_eq!(right.check(), Ok(()));
        assert_eq!(Answers { narrow: Some(403), ..right }.check(), Ok(()));
        for wrong in [
            Answers { good: 204, ..right },
            Answers { none: 200, ..right },
            Answers { garbage: 200, ..right },
            Answers { garbage: 500, ..right },
            Answers { narrow: Some(200), ..right },
        ] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
    }
}
