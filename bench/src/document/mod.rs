//! The page on what Symbolon costs, made of a run's results, so that no figure in it was typed by anybody.

mod rivals;
mod standing;

use std::path::Path;

use crate::figures::{number, times};
use crate::measure::TWO_BASELINES;
use crate::results::{Machine, Missing, Report, write as write_file};
use crate::rounds::Quantity;
use crate::{Outcome, chart, complain};

/// How many programs may want a processor before a run that is to be believed.
const QUIET: f64 = 0.5;

/// Writes `performance.json`, `.svg` and `.md` into a folder, from the results of a run that was fit for it.
pub(crate) fn write(from: &Path, folder: &Path) -> Outcome<()> {
    let report = Report::read(from)?;
    fit(&report).map_err(|why| format!("{} is no run to be told of: {why}", from.display()))?;
    write_file(&folder.join("performance.json"), &report.json()?)?;
    write_file(&folder.join("performance.svg"), &chart::of(&report))?;
    write_file(&folder.join("performance.md"), &of(&report))?;
    complain(&format!("{} has performance.md, .svg and .json", folder.display()));
    Ok(())
}

fn fit(report: &Report) -> Outcome<()> {
    match report {
        Report { quick: true, .. } => Err("it was a quick one".to_owned()),
        Report { only: Some(only), .. } => Err(format!("it measured {only} alone")),
        Report { peers: None, .. } => Err("it measured no rivals; `--peers` does".to_owned()),
        Report { machine: Machine { optimised: false, .. }, .. } => {
            Err("the build was not optimised".to_owned())
        }
        _ => Ok(()),
    }
}

/// The page.
pub(crate) fn of(report: &Report) -> String {
    let mut page = String::from(
        "<!-- Made by `cargo xtask bench --document` of performance.json. A test holds that it is. -->\n\n\
         # What Symbolon costs\n\n\
         Every figure on this page was measured by `cargo xtask bench --peers` and written here by a program. \
         [performance.json](performance.json) has them all. Numbers of requests are the machine's; ratios are of two \
         programs that took turns in the same run. Of the ratios trust that of the CPU time most.\n\n\
         ![Symbolon beside its baselines, and the CPU time of a request with others](performance.svg)\n\n",
    );
    machine(&mut page, report);
    standing::goals(&mut page, report);
    standing::not_ahead(&mut page, report);
    baselines(&mut page, report);
    report.peers.iter().for_each(|peers| rivals::beside(&mut page, peers));
    page
}

fn machine(page: &mut String, report: &Report) {
    let Machine { date, processor, processors, memory, kernel, version, rustc, commit, load_before, .. } =
        &report.machine;
    let unknown = || "unknown".to_owned();
    line(page, "## The machine\n\n| | |\n|---|---|");
    for (name, value) in [
        ("date", date.strftime("%Y-%m-%d").to_string()),
        ("processor", format!("{processors} × {processor}")),
        ("memory", format!("{memory} MiB")),
        ("kernel", format!("Linux {kernel}")),
        ("Symbolon", format!("{version}, commit {}", commit.clone().unwrap_or_else(unknown))),
        ("compiler", rustc.clone().unwrap_or_else(unknown)),
        ("load before the run", load_before.map_or_else(unknown, |load| format!("{load:.2}"))),
    ] {
        line(page, &format!("| {name} | {value} |"));
    }
    page.push('\n');
    if load_before.is_none_or(|load| load > QUIET) {
        line(
            page,
            "**The machine was not quiet**: other programs wanted its processors just before the run. Its numbers of \
             requests are too low, and its ratios are less certain than their spread says.\n",
        );
    }
}

fn baselines(page: &mut String, report: &Report) {
    line(
        page,
        "## Beside what cannot be avoided\n\nMedians of the rounds. The ratio is that of each round, with its least and \
         greatest.\n",
    );
    line(page, "| what | beside | | Symbolon | baseline | ratio |\n|---|---|---|---:|---:|---:|");
    for row in &report.rows {
        for (index, quantity) in row.quantities.iter().enumerate() {
            let (subject, baseline) =
                if index == 0 { (row.subject.as_str(), row.baseline.as_str()) } else { ("", "") };
            let Quantity { unit, subject: ours, baseline: theirs, ratio } = quantity;
            let ratio = range(ratio.median, ratio.min, ratio.max);
            let (ours, theirs) = (number(ours.median), number(theirs.median));
            line(page, &format!("| {subject} | {baseline} | {unit} | {ours} | {theirs} | {ratio} |"));
        }
    }
    page.push('\n');
    line(page, &format!("{TWO_BASELINES}\n"));
    if !report.missing.is_empty() {
        not_measured(page, &report.missing);
        page.push('\n');
    }
}

fn not_measured(page: &mut String, missing: &[Missing]) {
    for Missing { title, why, .. } in missing {
        let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
        line(page, &format!("- **{title}** was not measured: {why}"));
    }
}

fn range(median: f64, min: f64, max: f64) -> String {
    format!("{} ({}–{})", times(median), times(min), times(max))
}

fn line(page: &mut String, text: &str) {
    page.push_str(text);
    page.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed() -> Report {
        serde_json::from_str(include_str!("../../../docs/performance.json")).unwrap()
    }

    #[test]
    fn the_committed_page_is_that_of_the_committed_results() {
        let text = include_str!("../../../docs/performance.md");
        assert!(of(&committed()) == text, "docs/performance.md is made by `cargo xtask bench --document`");
    }

    #[test]
    fn the_committed_results_are_of_a_run_that_is_fit_for_it() {
        assert_eq!(fit(&committed()), Ok(()));
        assert!(fit(&Report { quick: true, ..committed() }).is_err());
        assert!(fit(&Report { only: Some("check".to_owned()), ..committed() }).is_err());
        assert!(fit(&Report { peers: None, ..committed() }).is_err());
    }

    #[test]
    fn whatever_is_behind_is_told() {
        let mut report = committed();
        report.rows.truncate(1);
        report.peers = None;
        report.rows[0].quantities = vec![Quantity::of("ns (less is better)", &[3.0, 4.0], &[2.0, 2.0])];
        assert!(of(&report).contains(", ns: 1.75 (1.50–2.00) beside "), "{}", of(&report));
        report.rows[0].quantities = vec![Quantity::of("ns (less is better)", &[1.0, 1.5], &[2.0, 2.0])];
        assert!(of(&report).contains("- Nothing."));
    }

    #[test]
    fn a_busy_machine_is_told_of() {
        let mut report = committed();
        report.machine.load_before = Some(3.0);
        assert!(of(&report).contains("was not quiet"));
        report.machine.load_before = Some(0.1);
        assert!(!of(&report).contains("was not quiet"));
    }

    #[test]
    fn what_is_missing_is_told_of_in_one_line() {
        let mut report = committed();
        let peers = report.peers.as_mut().unwrap();
        peers.missing = vec![crate::peers::ALL[0].missing("there is\nno package".to_owned())];
        let title = crate::peers::ALL[0].title;
        assert!(of(&report).contains(&format!("- **{title}** was not measured: there is no package\n")));
        report.missing = vec![Missing::new("nginx", "nginx", "there is none".to_owned())];
        assert!(
            of(&report).contains("\n\n- **nginx** was not measured: there is none\n\n## Beside others\n")
        );
    }
}
