//! `cargo xtask soak`: long runs that look for what no short test finds.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::shell::{Shell, say};
use crate::step::{Step, run_all, words};
use crate::tools;

/// What is run.
#[derive(Subcommand)]
pub(crate) enum Soak {
    /// Run a fleet of three nodes under load and faults, and check its history for broken promises
    ///
    /// Mutations are measured first, while nothing is done to the fleet and with a dead node. Then nodes are cut off the
    /// database, stopped, killed and given wrong wall clocks, and the database is restarted, crashed and slowed, by a
    /// seed, while operators take rights and give them again through every node. In the end everything is read back. The
    /// history, the summary and the logs are written to the folder; a separate checker, which reads the history alone,
    /// says whether a token was admitted after its revocation was acknowledged, an acknowledged mutation is lost, or
    /// something was answered from a lease that had ended.
    Fleet(Fleet),
    /// Run the fleet's own code over a simulated database, by 5,000 seeds
    Simulation,
    /// Search the large configurations of the fleet's model, each for two minutes or until it is done
    Model(Model),
}

/// How long the model is searched.
#[derive(Args, Default)]
pub(crate) struct Model {
    /// After how many seconds each configuration is given up: 120 unless it is given
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    seconds: u64,
}

/// How long a fleet is run, and what is done to it.
#[derive(Args, Default)]
pub(crate) struct Fleet {
    /// How long things are done to the fleet: 20 minutes unless it is given
    #[arg(long, value_name = "MINUTES")]
    minutes: Option<f64>,

    /// How much is taken from tokens and users in that time: 20,000 times unless it is given
    #[arg(long, value_name = "NUMBER")]
    mutations: Option<usize>,

    /// How many mutations are measured before: 2,000 unless it is given
    #[arg(long, value_name = "NUMBER")]
    measured: Option<usize>,

    /// What decides about everything that is done to the fleet; another each time unless it is given
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,

    /// Where the history, the summary and the logs are written: target/soak/fleet unless it is given
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,

    /// Measure how long mutations take, and do nothing else to the fleet
    #[arg(long)]
    latency: bool,
}

/// Builds what is run as released, and runs it.
pub(crate) fn run(soak: &Soak) -> Result<(), String> {
    let shell = Shell::new();
    match soak {
        Soak::Fleet(fleet) => {
            tools::programs(&shell, tools::FOR_SOAKS)?;
            let faketime = faketime(Path::new("/usr/lib"));
            if faketime.is_none() {
                say("==> Wall clocks are not stepped: libfaketime is missing.");
            }
            let programs = programs(&shell);
            run_all(&shell, &fleet_steps(fleet, &programs, faketime.as_deref()))
        }
        Soak::Simulation => run_all(&shell, &[simulation()]),
        Soak::Model(model) => run_all(&shell, &[searched(model)]),
    }
}

/// The folder of released programs, in whichever target directory cargo uses.
fn programs(shell: &Shell) -> PathBuf {
    let told = shell.answer("cargo", &["metadata", "--format-version=1", "--no-deps", "--locked"]);
    let target =
        told.as_deref().and_then(|told| told.split_once("\"target_directory\":\"")?.1.split_once('"'));
    target.map_or_else(|| shell.root().join("target"), |(target, _)| target.into()).join("release")
}

/// Debian's library that steps the wall clock of a process with many threads.
fn faketime(libraries: &Path) -> Option<PathBuf> {
    let platforms = fs::read_dir(libraries).ok()?.flatten();
    platforms.map(|entry| entry.path().join("faketime/libfaketimeMT.so.1")).find(|file| file.is_file())
}

fn fleet_steps(options: &Fleet, programs: &Path, faketime: Option<&Path>) -> [Step; 2] {
    let build = words("cargo build --release --locked --package symbolon --features symbolon/postgres");
    let mut command = words("cargo run --release --locked --package symbolon-soak -- fleet");
    command.push(format!("--program={}", programs.join("symbolon").display()));
    let out = options.out.as_ref().map(|out| out.display().to_string());
    for (flag, said) in [
        ("minutes", options.minutes.map(|minutes| minutes.to_string())),
        ("mutations", options.mutations.map(|mutations| mutations.to_string())),
        ("measured", options.measured.map(|measured| measured.to_string())),
        ("seed", options.seed.map(|seed| seed.to_string())),
        ("out", out),
        ("faketime", faketime.map(|library| library.display().to_string())),
    ] {
        command.extend(said.map(|said| format!("--{flag}={said}")));
    }
    command.extend(options.latency.then(|| "--latency".to_owned()));
    let advice = "What broke stands above; summary.json and history.jsonl in the folder have all of it.";
    [
        Step { name: "build", command: build, variables: &[], advice: "What did not compile stands above." },
        Step { name: "fleet", command, variables: &[], advice },
    ]
}

fn simulation() -> Step {
    let command = words(
        "cargo test --release --locked --package symbolon-store --all-features --lib fleet::simulation",
    );
    let advice = "The seed that failed stands above.";
    Step { name: "simulation", command, variables: &[("SYMBOLON_SIMULATION_SEEDS", "5000")], advice }
}

fn searched(model: &Model) -> Step {
    let mut command = words("cargo run --release --locked --package symbolon-model -- --threads=2");
    command.push(format!("--seconds={}", model.seconds));
    let advice = "The run that breaks what must hold stands above, step by step.";
    Step { name: "model", command, variables: &[], advice }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_told_what_was_asked_for_and_nothing_else() {
        let [build, usual] = fleet_steps(&Fleet::default(), Path::new("/t/release"), None);
        assert!(build.to_string().ends_with("--package symbolon --features symbolon/postgres"));
        assert!(usual.to_string().ends_with("-- fleet --program=/t/release/symbolon"), "{usual}");
        let asked = Fleet { minutes: Some(0.5), seed: Some(7), latency: true, ..Fleet::default() };
        let [_, asked] = fleet_steps(&asked, Path::new("/t"), Some(Path::new("/l.so")));
        assert!(asked.to_string().ends_with("--minutes=0.5 --seed=7 --faketime=/l.so --latency"), "{asked}");
    }

    #[test]
    fn the_library_is_looked_for_under_each_platform() {
        let root = std::env::temp_dir().join(format!("xtask-soak-{}", std::process::id()));
        let folder = root.join("x86_64-linux-gnu/faketime");
        fs::create_dir_all(&folder).unwrap();
        assert_eq!(faketime(&root), None);
        fs::write(folder.join("libfaketimeMT.so.1"), "").unwrap();
        assert_eq!(faketime(&root), Some(folder.join("libfaketimeMT.so.1")));
        fs::remove_dir_all(root).unwrap();
    }
}
