//! What somebody waits for who comes to the sources for the first time, and what whoever installs the package downloads.
//!
//! Both are beside what was promised, since nothing else does the same work: a ratio of 1 is a promise just kept.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::rounds::{Comparison, Quantity};
use crate::stage::Stage;
use crate::{Outcome, clock, complain, server};

/// In seconds.
const PATIENCE: f64 = 360.0;
/// In megabytes, of 1,000,000 bytes.
const WEIGHT: f64 = 35.0;

/// What the README tells a newcomer to run.
const DEMO: [&str; 6] = ["run", "--release", "--locked", "--", "demo", "--once"];
/// As `cargo xtask package` builds it; the profile strips it.
const PACKAGED: [&str; 7] =
    ["build", "--profile", "dist", "--locked", "--package", "symbolon", "--all-features"];

pub(super) fn measure(stage: &Stage) -> Outcome<Vec<Comparison>> {
    let (clone, log) = (stage.folder.path().join("clone"), stage.folder.path().join("build.log"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    run(Command::new("git").args(["clone", "--quiet", "--no-hardlinks"]).arg(root).arg(&clone), &log)?;
    let cargo = |words: &[&str]| {
        let mut command = Command::new("cargo");
        // Nothing that was compiled before is taken, whatever the user's own settings say.
        command.args(words).current_dir(&clone).env("CARGO_TARGET_DIR", "target").env("RUSTC_WRAPPER", "");
        command
    };
    // What compiles is known without the network; to download it is not what is measured.
    run(&mut cargo(&["fetch", "--locked"]), &log)?;
    let begun = clock::instant();
    run(&mut cargo(&DEMO), &log)?;
    let took = clock::instant().duration_since(begun).as_secs_f64();
    complain(&format!("the demo was built and shown in {took:.0} s"));
    run(&mut cargo(&PACKAGED), &log)?;
    let binary = clone.join("target/dist/symbolon");
    let bytes = fs::metadata(&binary).map_err(|why| format!("no binary: {why}"))?.len();
    let megabytes = f64::from(u32::try_from(bytes).map_err(|why| why.to_string())?) / 1e6;
    Ok(vec![
        Comparison {
            subject: "cargo run --release -- demo --once, to its end: a fresh clone, nothing compiled, every crate \
                      downloaded already"
                .to_owned(),
            baseline: "the six minutes that were promised",
            quantities: vec![Quantity::of("s (less is better)", &[took], &[PATIENCE])],
        },
        Comparison {
            subject: "the binary of the package: every feature, all optimisation, stripped".to_owned(),
            baseline: "the 35 MB that were promised",
            quantities: vec![Quantity::of("MB (less is better)", &[megabytes], &[WEIGHT])],
        },
    ])
}

/// Runs a command to its end; what it says goes into the log.
fn run(command: &mut Command, log: &Path) -> Outcome<()> {
    let name = command.get_program().display().to_string();
    let fault = |why: std::io::Error| format!("{name} cannot be started: {why}");
    let output = File::create(log).map_err(fault)?;
    command.stdin(Stdio::null()).stdout(output.try_clone().map_err(fault)?).stderr(output);
    match command.status().map_err(fault)? {
        status if status.success() => Ok(()),
        status => Err(format!("{name} ended with {status}: {}", server::end_of(log))),
    }
}
