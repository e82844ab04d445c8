//! What a checker says.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// How many of a kind are told with their line.
const EXAMPLES: usize = 20;

/// A promise that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Something was let pass that an acknowledged mutation had taken.
    Admitted,
    /// Something was refused that an acknowledged mutation had given.
    Denied,
    /// An acknowledged mutation is not in the record.
    Lost,
    /// Something was answered from a lease that had ended.
    EndedLease,
    /// The history is not whole, so that nothing is proved.
    Unfinished,
}

/// What was found, and how much it was looked for in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Verdict {
    /// Mutations that were acknowledged.
    pub(crate) acknowledged: u64,
    /// Questions.
    pub(crate) checks: u64,
    pub(crate) allowed: u64,
    pub(crate) denied: u64,
    /// Refused after an acknowledged mutation had taken what was asked for: where the first promise was at stake.
    pub(crate) rightly_denied: u64,
    pub(crate) unavailable: u64,
    /// Without an answer, or with one that says nothing of rights.
    pub(crate) unanswered: u64,
    /// Silences longer than a node may answer.
    pub(crate) silences: u64,
    /// Checks in them, after the lease's end: where the third promise was at stake.
    pub(crate) in_silence: u64,
    /// Subjects that were read back, once for each reader.
    pub(crate) found: u64,
    /// How many violations there are of each kind.
    pub(crate) violations: BTreeMap<Kind, u64>,
    /// The first of each kind, with the line of the history.
    pub(crate) examples: Vec<(Kind, u64, String)>,
}

impl Verdict {
    /// Names a violation.
    pub(super) fn name(&mut self, kind: Kind, line: u64, why: String) {
        *self.violations.entry(kind).or_default() += 1;
        if self.examples.iter().filter(|(known, ..)| *known == kind).count() < EXAMPLES {
            self.examples.push((kind, line, why));
        }
    }

    /// Whether every promise is kept.
    pub(crate) fn is_good(&self) -> bool {
        self.violations.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "acknowledged mutations   {:>10}", self.acknowledged)?;
        writeln!(f, "checks                   {:>10}", self.checks)?;
        writeln!(f, "  allowed                {:>10}", self.allowed)?;
        writeln!(f, "  denied                 {:>10}", self.denied)?;
        writeln!(f, "    after it was taken   {:>10}", self.rightly_denied)?;
        writeln!(f, "  unavailable            {:>10}", self.unavailable)?;
        writeln!(f, "  without such an answer {:>10}", self.unanswered)?;
        writeln!(f, "silences beyond a lease  {:>10}", self.silences)?;
        writeln!(f, "  checks in them         {:>10}", self.in_silence)?;
        writeln!(f, "read back                {:>10}", self.found)?;
        if self.is_good() {
            return write!(f, "no violation");
        }
        for (kind, count) in &self.violations {
            writeln!(f, "VIOLATED {kind:?}: {count}")?;
        }
        for (kind, line, why) in &self.examples {
            writeln!(f, "  {kind:?}, line {line}: {why}")?;
        }
        Ok(())
    }
}
