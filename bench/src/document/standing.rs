//! How the run stands: what is reached of what was wanted, and what is ahead of nothing.

use super::{line, range};
use crate::goals::{self, Fared};
use crate::results::{Report, Standing};
use crate::rounds::{Quantity, Spread};

pub(super) fn goals(page: &mut String, report: &Report) {
    let fared = goals::fared(report);
    line(page, "## Goals\n\nOf several measurements the worst one counts.\n");
    line(page, "| goal | measured | |\n|---|---|---|");
    for fared in &fared {
        line(page, &format!("| {} | {} | {} |", fared.wanted, fared.figure(), fared.word()));
    }
    let count = |of: fn(&Fared) -> bool| fared.iter().filter(|fared| of(fared)).count();
    let (measured, reached) = (count(|fared| fared.measured.is_some()), count(|fared| fared.reached));
    let rest = match fared.len() - measured {
        0 => String::new(),
        1 => " One more was not measured.".to_owned(),
        more => format!(" {more} more were not measured."),
    };
    let sentence = match measured - reached {
        0 => format!("All {measured} goals are reached."),
        missed => {
            format!("{missed} of {measured} goals {} not reached.", if missed == 1 { "is" } else { "are" })
        }
    };
    line(page, &format!("\n{sentence}{rest}\n"));
}

/// What is no better than what it stands beside.
pub(super) fn not_ahead(page: &mut String, report: &Report) {
    line(
        page,
        "## What is not ahead\n\nMost baselines do only what cannot be avoided, so nobody can be ahead of them.\n",
    );
    let mut found = Vec::new();
    let mut add = |subject: &str, baseline: &str, quantity: &Quantity, behind: Standing| {
        let ending = match quantity.standing() {
            // A median on the better side is still no lead where some rounds say the opposite.
            Standing::Even => " (some rounds say better, some worse)",
            standing if standing == behind => "",
            Standing::Ahead | Standing::Behind => return,
        };
        let Spread { median, min, max } = quantity.ratio;
        let (what, ratio) = (quantity.what(), range(median, min, max));
        found.push(format!("- {subject}, {what}: {ratio} beside {baseline}{ending}."));
    };
    for row in &report.rows {
        for quantity in &row.quantities {
            add(&row.subject, &row.baseline, quantity, Standing::Behind);
        }
    }
    for rival in report.peers.iter().flat_map(|peers| &peers.rivals).filter(|rival| !rival.is_ours()) {
        for quantity in &rival.quantities {
            // Here the rival is the subject: where it is ahead, Symbolon is not.
            add(&rival.title, "Symbolon", quantity, Standing::Ahead);
        }
    }
    if found.is_empty() {
        found.push("- Nothing.".to_owned());
    }
    for sentence in &found {
        line(page, sentence);
    }
    page.push('\n');
}
