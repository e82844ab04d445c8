//! Rows of the record that are not what was written, or are gone: they count as not there, and what they are of can be taken
//! back all the same.

use serde_json::{Value, json};
use symbolon_core::seal::Kind;
use symbolon_core::store::BrokenSeal;

use crate::app::App;

/// Whether the row of this id was found not to be what was written.
pub(super) fn is_broken(app: &App, kind: Kind, id: &str) -> bool {
    app.store().broken_seals().contains(&BrokenSeal { kind, id: id.to_owned() })
}

/// Why nothing is known of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// It is not what was written.
    Broken,
    /// Somebody has taken it out of the database. What it is of would go on until the next start.
    Gone,
}

impl Lost {
    /// What the audit says of what is taken back so.
    pub(super) fn detail(self, name: Option<&str>) -> Value {
        match (self, name) {
            (Self::Broken, _) => json!({ "seal": "broken" }),
            (Self::Gone, name) => json!({ "name": name, "row": "gone" }),
        }
    }
}
