//! The measurements, one a file. Each compares on the stage and says what it found; to add one is to add a line here.

mod check;
mod create;
mod foreign;
mod gateway;
mod proxy;
mod refusal;
mod usage;
mod verify;

use crate::Outcome;
use crate::rounds::Comparison;
use crate::stage::Stage;

/// A measurement: one subject or several, each beside its baseline.
type Measure = fn(&Stage) -> Outcome<Vec<Comparison>>;

/// All of them, by the name in the results. The last one adds to the record that the others read.
pub(crate) const ALL: [(&str, Measure); 8] = [
    ("gateway", gateway::measure),
    ("verify", verify::measure),
    ("proxy", proxy::measure),
    ("refusal", refusal::measure),
    ("check", check::measure),
    ("foreign", foreign::measure),
    ("usage", usage::measure),
    ("create", create::measure),
];
