//! What is lent to a token, as one column: an array of objects, `NULL` where nothing is.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use symbolon_core::derived::Loan;
use symbolon_core::name::ScopeName;

/// The time in milliseconds since 1970.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lent {
    scopes: Vec<String>,
    until: i64,
    by: String,
    ask: String,
}

/// The column of a token.
pub(crate) fn written(loans: &[Loan]) -> Option<String> {
    if loans.is_empty() {
        return None;
    }
    let lent = loans.iter().map(|loan| Lent {
        scopes: loan.scopes.iter().map(ToString::to_string).collect(),
        until: loan.until.as_millisecond(),
        by: loan.by.clone(),
        ask: loan.ask.clone(),
    });
    serde_json::to_string(&lent.collect::<Vec<_>>()).ok()
}

/// What a column says; `None` if it says nothing that could be.
pub(crate) fn read(column: Option<&str>) -> Option<Vec<Loan>> {
    let Some(text) = column else { return Some(Vec::new()) };
    let lent: Vec<Lent> = serde_json::from_str(text).ok()?;
    lent.into_iter().map(Lent::read).collect()
}

impl Lent {
    fn read(self) -> Option<Loan> {
        let scopes = self.scopes.iter().map(|name| name.parse::<ScopeName>().ok()).collect::<Option<_>>()?;
        let until = Timestamp::from_millisecond(self.until).ok()?;
        Some(Loan { scopes, until, by: self.by, ask: self.ask })
    }
}
