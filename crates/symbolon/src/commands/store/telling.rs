//! What is told of a copy while it is made, and when it is.

use std::io::{IsTerminal, stderr};

use serde_json::{Map, Value, json};
use symbolon_store::{Copied, CopyProgress, Step};

use crate::failure::Failure;
use crate::output::{Output, complain, hex};

/// Rows of one table after which whoever waits at a terminal is told that it goes on.
const STEP: u64 = 50_000;

/// Tells whoever waits at a terminal how far it is.
pub(super) fn telling(output: Output) -> impl FnMut(CopyProgress) + Send {
    let shown = !output.json() && stderr().is_terminal();
    output.note("Copying the record, and comparing both sides …");
    let mut said = 0;
    move |progress| {
        if let Some(line) = line(progress, &mut said).filter(|_| shown) {
            complain(&line);
        }
    }
}

/// What is told of this, where there is something new to tell.
fn line(progress: CopyProgress, said: &mut u64) -> Option<String> {
    let CopyProgress { step, table, rows } = progress;
    // A table begins, or is read on the other side.
    if rows == 0 {
        *said = 0;
    }
    if rows / STEP <= *said {
        return None;
    }
    *said = rows / STEP;
    let doing = if step == Step::Copying { "copying" } else { "checking" };
    Some(format!("{doing} {table}: {rows} rows"))
}

/// Says what was copied, and what is wrong with it that was so before.
pub(super) fn report(copied: &Copied, output: Output) -> Result<(), Failure> {
    let tables = copied.tables.iter();
    let tables: Map<_, _> = tables
        .map(|table| (table.name.to_owned(), json!({ "rows": table.rows, "sha256": hex(&table.digest) })))
        .collect();
    let audit = match &copied.audit {
        Ok(verdict) => {
            json!({ "whole": true, "last": verdict.head.seq, "hash": verdict.head.hash.to_string() })
        }
        Err(flaw) => {
            json!({ "whole": false, "line": flaw.line(), "flaw": flaw.word(), "detail": flaw.to_string() })
        }
    };
    let broken: Vec<Value> =
        copied.broken.iter().map(|one| json!({ "kind": one.kind.as_str(), "id": one.id })).collect();
    output.document(&json!({ "tables": tables, "audit": audit, "broken_seals": broken }))?;
    let rows = copied.tables.iter().map(|one| [one.name.to_owned(), one.rows.to_string(), hex(&one.digest)]);
    output.table(["TABLE", "ROWS", "SHA-256 ON BOTH SIDES"], rows.collect())?;
    output.print("Copied, and the same on both sides.\n")?;
    match &copied.audit {
        Ok(verdict) => {
            output.print(&format!("The audit's chain is whole on both, to line {}.\n", verdict.head.seq))?;
        }
        Err(flaw) => output.note(&format!(
            "The audit's chain is not whole, and was not before; it is copied as it is: {flaw}. Find out who has written to \
             the record (`symbolon audit verify`)."
        )),
    }
    for one in &copied.broken {
        output.note(&format!(
            "The record of the {} {} was changed outside Symbolon. It is copied as it is, and counts as not there.",
            one.kind, one.id
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_copy_is_told_of_and_a_short_one_is_not() {
        let mut said = 0;
        let mut told = |step, rows| line(CopyProgress { step, table: "tokens", rows }, &mut said);
        assert_eq!([0, 500, 49_500].map(|rows| told(Step::Copying, rows)), [None, None, None]);
        assert_eq!(told(Step::Copying, 50_000).as_deref(), Some("copying tokens: 50000 rows"));
        assert_eq!(told(Step::Copying, 99_500), None);
        assert_eq!(told(Step::Copying, 100_000).as_deref(), Some("copying tokens: 100000 rows"));
        assert_eq!(told(Step::Checking, 0), None);
        assert_eq!(told(Step::Checking, 50_000).as_deref(), Some("checking tokens: 50000 rows"));
    }
}
