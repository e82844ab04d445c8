//! What was learnt, and how it is told.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use super::super::Level;
use super::fault::{Fault, Gateway};
use super::judge::Probe;
use super::report::{Report, bytes};
use super::wire::Silence;

/// What was learnt.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) gateway: Option<Gateway>,
    pub(super) notes: Vec<String>,
    pub(super) faults: BTreeMap<Fault, Vec<Case>>,
    /// Whether a canary said what arrived; otherwise only statuses were seen.
    pub(super) by_canary: bool,
    pub(super) sent: usize,
    pub(super) arrived: usize,
}

/// A request of which something is wrong.
#[derive(Debug, Serialize)]
pub(super) struct Case {
    /// The trick.
    name: &'static str,
    /// Method and target as they were sent.
    sent: String,
    /// The headers of the trick.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    headers: Vec<String>,
    /// Method and target as they arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    arrived: Option<String>,
    /// What the caller was answered, or why nothing.
    answer: String,
}

/// What came of one request.
pub(super) enum Outcome {
    Arrived(Report),
    Answered(u16),
    Silent(Silence),
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.sent)?;
        for header in &self.headers {
            write!(f, ", {header}")?;
        }
        match &self.arrived {
            Some(arrived) => write!(f, " -> {arrived}"),
            None => write!(f, " -> {}", self.answer),
        }
    }
}

impl Told {
    pub(super) fn any_bad(&self) -> bool {
        self.faults.keys().any(|fault| fault.level() == Level::Bad)
    }

    /// For programs.
    pub(super) fn document(&self) -> Value {
        let findings: Vec<Value> = self
            .faults
            .iter()
            .map(|(fault, cases)| {
                json!({
                    "level": fault.level(),
                    "check": fault.name(),
                    "detail": fault.what(),
                    "advice": fault.advice(self.gateway),
                    "requests": cases,
                })
            })
            .collect();
        json!({
            "ok": !self.any_bad(),
            "judged_by": if self.by_canary { "canary" } else { "status" },
            "sent": self.sent,
            "arrived": self.arrived,
            "notes": self.notes,
            "findings": findings,
        })
    }

    /// Notes what is wrong with a request.
    pub(super) fn add(&mut self, fault: Fault, probe: &Probe, outcome: &Outcome) {
        self.faults.entry(fault).or_default().push(case(probe, outcome));
    }
}

fn case(probe: &Probe, outcome: &Outcome) -> Case {
    let shown = |method: &str, target: &[u8]| format!("{method} {}", target.escape_ascii());
    let (arrived, answer) = match outcome {
        Outcome::Arrived(report) => {
            let target = bytes(&report.target);
            (Some(shown(&report.method, &target)), "200 from the canary".to_owned())
        }
        Outcome::Answered(status) => (None, status.to_string()),
        Outcome::Silent(silence) => (None, silence.to_string()),
    };
    Case {
        name: probe.name,
        sent: shown(probe.method, &probe.target),
        headers: probe.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect(),
        arrived,
        answer,
    }
}
