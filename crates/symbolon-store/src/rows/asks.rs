//! What tokens ask for.

use symbolon_core::ask::{Answer, Ask, Said};
use symbolon_core::lifetime::Lifetime;

use super::columns::{Columns, digest, get, number, parsed, time};
use super::words::Words;
use super::{Parsed, RowFault};

/// `SELECT` of all that [`ask`] reads. `by` is a word of SQLite's own.
macro_rules! select_asks {
    ($($rest:tt)*) => {
        concat!(
            "SELECT id, service, token, scopes, lasts, reason, \"by\", made_at, mark, answer, lent, until, answered_by, \
             answered_at, note, revision FROM asks ",
            $($rest)*
        )
    };
}

pub(crate) use select_asks;

pub(crate) fn ask(row: &impl Columns) -> Parsed<Ask> {
    let mut words = Words::default();
    let mut scopes = |column| words.scopes(get(row, column)?).ok_or(RowFault(column));
    let said = match get::<Option<&str>>(row, "answer")? {
        None => None,
        Some("approved") => Some(Said::Approved { scopes: scopes("lent")?, until: time(row, "until")? }),
        Some("denied") => Some(Said::Denied),
        Some("withdrawn") => Some(Said::Withdrawn),
        Some(_) => return Err(RowFault("answer")),
    };
    let answer = match said {
        None => None,
        Some(said) => Some(Answer {
            said,
            by: get(row, "answered_by")?,
            at: time(row, "answered_at")?,
            note: get(row, "note")?,
        }),
    };
    Ok(Ask {
        id: parsed(row, "id")?,
        service: parsed(row, "service")?,
        token: parsed(row, "token")?,
        scopes: scopes("scopes")?,
        lasts: Lifetime::seconds(get(row, "lasts")?).map_err(|_| RowFault("lasts"))?,
        reason: get(row, "reason")?,
        by: get(row, "by")?,
        made_at: time(row, "made_at")?,
        mark: digest(row, "mark")?,
        answer,
        revision: number(row, "revision")?,
    })
}
