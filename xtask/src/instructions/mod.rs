//! `cargo xtask instructions`: what a check costs, counted and held against what it cost before.
//!
//! Times differ from run to run and from machine to machine; how many instructions the same code takes for the same
//! input does not. Callgrind counts them. Whatever the machine's own processor is, Callgrind shows programs one of a few,
//! so most machines count alike; what the code found of it stands beside the counts, and counts of another are not
//! compared.

mod counts;

use std::fs;
use std::path::Path;
use std::process::Stdio;

use clap::Args;

use crate::shell::{Shell, say};
use crate::tools;
use counts::Counts;

/// What to do with the counts.
#[derive(Args)]
pub(crate) struct Options {
    /// Write them down, to be committed as what the next ones are compared with
    #[arg(long)]
    pub(crate) accept: bool,
}

/// What one check costs, as committed.
const COMMITTED: &str = "crates/symbolon-gate/benches/instructions.toml";

/// The program that checks: a bench, so that it is optimised as a release is, and no test run builds it.
const BENCH: [&str; 6] = ["bench", "--locked", "--package", "symbolon-gate", "--bench", "instructions"];

/// Where Callgrind writes, seen from the root.
const FOLDER: &str = "target/instructions";

/// How cargo is to start the bench, which is in the folder of its package. Of the environment, which libc and valgrind
/// would heed, it gets nothing but where programs are, and no file of settings is read.
const RUNNER: &str = "target.'cfg(all())'.runner = [\"sh\", \"-c\", '\
     exec env -i \"PATH=$PATH\" valgrind --command-line-only=yes --quiet --vgdb=no --tool=callgrind \
     --combine-dumps=yes --callgrind-out-file=../../target/instructions/counted \
     --toggle-collect=instructions::counted --dump-after=instructions::counted \"$@\"', \"valgrind\"]";

/// Counts, and compares with the committed counts, or writes these anew.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let shell = Shell::new();
    tools::programs(&shell, tools::FOR_COUNTS)?;
    let file = shell.root().join(COMMITTED);
    let committed = fs::read_to_string(&file)
        .map_err(|why| why.to_string())
        .and_then(|text| Counts::read(&text))
        .map_err(|why| format!("{COMMITTED} cannot be read: {why}. With `--accept` it is written."));
    let now = count(&shell)?;
    if options.accept {
        if let Ok(committed) = committed {
            say(&committed.beside(&now));
        }
        fs::write(&file, now.to_string()).map_err(|why| format!("{COMMITTED} cannot be written: {why}."))?;
        say(&format!("{COMMITTED} is written. Commit it with the change that it belongs to."));
        return Ok(());
    }
    let committed = committed?;
    say(&committed.beside(&now));
    if let Some(why) = committed.incomparable(&now) {
        say(&format!("NOT COMPARED: {why}"));
        return Ok(());
    }
    if let Some(gain) = committed.judge(&now)? {
        say(&gain);
    }
    Ok(())
}

fn count(shell: &Shell) -> Result<Counts, String> {
    let folder = shell.root().join(FOLDER);
    let counted = folder.join("counted");
    // What an earlier run left there would be added to.
    let _ = fs::remove_file(&counted);
    fs::create_dir_all(&folder).map_err(|why| format!("{FOLDER} cannot be made: {why}."))?;
    let said = bench(shell)?;
    let totals = fs::read_to_string(&counted)
        .map_err(|why| format!("{} cannot be read: {why}.", Path::new(FOLDER).join("counted").display()))?;
    let compiler = shell.answer("rustc", &["--version"]).ok_or("rustc does not say its version.")?;
    combine(&said, &totals, compiler.trim()).ok_or_else(|| {
        format!("Callgrind's totals in {FOLDER}/counted do not fit what the bench says:\n{said}")
    })
}

/// What the bench says, counted meanwhile.
fn bench(shell: &Shell) -> Result<String, String> {
    let mut cargo = shell.command("cargo");
    cargo.args(BENCH).args(["--config", RUNNER]).stderr(Stdio::inherit());
    // A user's own flags make other instructions.
    cargo.env("CARGO_ENCODED_RUSTFLAGS", "");
    let output = cargo.output().map_err(|why| format!("cargo could not be started: {why}."))?;
    if !output.status.success() {
        return Err(format!("The bench ended with {}; what it said stands above.", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// One check of each kind, without its digests. `said` has a line for what was found of the processor, one for the number
/// of checks of each kind, and one for each kind, with the number of digests in it; `totals` has one for each kind in
/// the same order, and one for the time after them, in which nothing is counted.
fn combine(said: &str, totals: &str, compiler: &str) -> Option<Counts> {
    let line = |start: &str| said.lines().find_map(|line| line.strip_prefix(start));
    let (processor, checks) = (line("processor ")?, line("checks ")?.parse::<u64>().ok()?);
    let totals: Option<Vec<u64>> = totals
        .lines()
        .filter_map(|line| line.strip_prefix("totals: "))
        .map(|total| total.parse().ok())
        .collect();
    let (0, totals) = totals?.split_last().map(|(after, totals)| (*after, totals.to_vec()))? else {
        return None;
    };
    let said: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("kind ")).collect();
    let digest = totals.first()?.checked_div(checks)?;
    let each = said.iter().zip(&totals).map(|(said, total)| {
        let (kind, digests) = said.split_once(' ')?;
        let rest = (total / checks).checked_sub(digest * digests.parse::<u64>().ok()?)?;
        (rest > 0).then(|| (kind.to_owned(), rest))
    });
    let kinds: Vec<(String, u64)> = each.collect::<Option<_>>()?;
    let fits = said.len() == totals.len() && kinds.first()?.0 == "digest";
    fits.then(|| Counts { compiler: compiler.to_owned(), processor: processor.to_owned(), kinds })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "processor x86_64 avx2\nchecks 100\nkind digest 0\nkind allowed 1\nkind public 0\n";

    fn committed() -> Counts {
        Counts::read(&fs::read_to_string(Shell::new().root().join(COMMITTED)).unwrap()).unwrap()
    }

    #[test]
    fn a_check_is_counted_without_its_digest() {
        let totals = "part: 1\ntotals: 700033\npart: 2\ntotals: 1100099\ntotals: 200000\n\ntotals: 0\n";
        let counts = combine(SAID, totals, "rustc 1").unwrap();
        let kinds = [("digest", 7_000), ("allowed", 4_000), ("public", 2_000)];
        assert_eq!(counts.kinds, kinds.map(|(kind, count)| (kind.to_owned(), count)));
        assert_eq!((&*counts.compiler, &*counts.processor), ("rustc 1", "x86_64 avx2"));
    }

    #[test]
    fn what_was_not_counted_is_no_count() {
        for totals in [
            "",
            "totals: 0\n",
            // The function that is counted has another name, or none.
            "totals: 0\ntotals: 0\ntotals: 0\ntotals: 0\n",
            "totals: 700000\ntotals: 1100000\ntotals: 0\n",
            "totals: 700000\ntotals: 1100000\ntotals: 200000\ntotals: 200000\ntotals: 0\n",
            // Something is counted that is none of them.
            "totals: 700000\ntotals: 1100000\ntotals: 200000\ntotals: 9\n",
            "totals: 700000\ntotals: many\ntotals: 200000\ntotals: 0\n",
            // Less than its digest.
            "totals: 700000\ntotals: 600000\ntotals: 200000\ntotals: 0\n",
        ] {
            assert_eq!(combine(SAID, totals, "rustc 1"), None, "{totals}");
        }
        let totals = "totals: 700000\ntotals: 1100000\ntotals: 200000\ntotals: 0\n";
        assert!(combine(SAID, totals, "rustc 1").is_some());
        assert_eq!(combine(&SAID.replace("digest", "other"), totals, "rustc 1"), None);
    }

    #[test]
    fn the_committed_counts_are_of_the_compiler_of_this_tree_and_of_a_processor_with_avx2() {
        let toolchain = fs::read_to_string(Shell::new().root().join("rust-toolchain.toml")).unwrap();
        let channel = toolchain.split("channel = \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let Counts { compiler, processor, .. } = committed();
        assert!(
            compiler.starts_with(&format!("rustc {channel} ")),
            "{compiler}: accept the counts of {channel}"
        );
        assert!(processor.starts_with("x86_64 ") && processor.contains(" avx2"), "{processor}");
    }

    #[test]
    fn the_committed_counts_are_as_they_were_written() {
        let text = fs::read_to_string(Shell::new().root().join(COMMITTED)).unwrap();
        assert_eq!(committed().to_string(), text);
    }
}
