//! Rows of the record that are not what was written: they count as not there, and can be taken back all the same.

use symbolon_core::seal::Kind;
use symbolon_core::store::BrokenSeal;

use crate::app::App;

/// Whether the row of this id was found to be so.
pub(super) fn is_broken(app: &App, kind: Kind, id: &str) -> bool {
    app.store().broken_seals().contains(&BrokenSeal { kind, id: id.to_owned() })
}
