//! `cargo xtask bench`: what Symbolon costs.

use clap::Args;

use crate::shell::Shell;
use crate::step::{Step, run_all};

/// How much to measure.
#[derive(Args)]
pub(crate) struct Options {
    /// One short round over few tokens: whether everything works, and not what it costs
    #[arg(long)]
    pub(crate) quick: bool,

    /// One measurement alone: verify, proxy, refusal, check or create
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Option<String>,
}

/// Builds the bench as released and runs it.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let shell = Shell::new();
    let said = |program, arguments: &[&str]| {
        shell.answer(program, arguments).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let commit = said("git", &["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]);
    run_all(&shell, &[step(options, said("rustc", &["--version"]), commit)])
}

/// `rustc` and `commit` are for the results, where they can be found out.
fn step(options: &Options, rustc: Option<String>, commit: Option<String>) -> Step {
    let command = "cargo run --release --locked --package symbolon-bench -- --out target/bench/latest.json";
    let mut command: Vec<String> = command.split(' ').map(str::to_owned).collect();
    if options.quick {
        command.push("--quick".to_owned());
    }
    for (flag, said) in [("--only", options.only.clone()), ("--rustc", rustc), ("--commit", commit)] {
        command.extend(said.map(|said| format!("{flag}={said}")));
    }
    let advice = "What could not be measured stands above.";
    Step { name: "bench", command, variables: &[], advice }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_results_name_what_is_known() {
        let options = Options { quick: true, only: Some("check".to_owned()) };
        let known = step(&options, Some("rustc 1".to_owned()), Some("abc-dirty".to_owned()));
        assert_eq!(
            known.to_string(),
            "cargo run --release --locked --package symbolon-bench -- --out target/bench/latest.json --quick \
             --only=check '--rustc=rustc 1' --commit=abc-dirty"
        );
        let unknown = step(&Options { quick: false, only: None }, None, None).to_string();
        assert!(unknown.ends_with("latest.json"));
    }
}
