//! `cargo xtask package`: the Debian package.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::shell::Shell;
use crate::step::{Step, run_all};
use crate::tools;

/// Where crates/symbolon/Cargo.toml, `[package.metadata.deb]`, looks for what is made and not written.
const STAGE: &str = "target/package";

/// What to pack.
#[derive(Args)]
pub(crate) struct Options {
    /// Pack this binary, and build none
    #[arg(long, value_name = "FILE")]
    pub(crate) binary: Option<PathBuf>,

    /// Compress badly, and quickly: for a test
    #[arg(long)]
    pub(crate) quick: bool,

    /// The folder for the package
    #[arg(long, value_name = "DIRECTORY", default_value = "target/debian")]
    pub(crate) output: PathBuf,
}

/// Installs what is missing, builds the binary with every feature and all optimisation, packs it, and has lintian
/// judge the package.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let mut shell = Shell::new();
    tools::programs(&shell, tools::FOR_PACKAGES)?;
    tools::cargo_tool(&mut shell, &tools::DEB)?;
    // What was packed last may have pages of commands that are gone.
    let stage = shell.root().join(STAGE);
    if stage.exists() {
        fs::remove_dir_all(&stage).map_err(|why| format!("{} cannot be emptied: {why}.", stage.display()))?;
    }
    let output = shell.root().join(&options.output);
    fs::create_dir_all(&output)
        .and_then(|()| fs::create_dir_all(&stage))
        .map_err(|why| format!("{} cannot be made: {why}.", output.display()))?;
    run_all(&shell, &steps(options, &output.join(FILE)))
}

/// One name whatever the version: who wants the version finds it in the package.
const FILE: &str = "symbolon.deb";

fn steps(options: &Options, package: &Path) -> Vec<Step> {
    let mut steps = Vec::new();
    let own = Path::new("target/dist/symbolon");
    let binary = options.binary.as_deref().unwrap_or(own);
    if options.binary.is_none() {
        // Where the next step looks for it, whatever the user's own settings say.
        let command =
            "cargo build --profile dist --locked --package symbolon --all-features --target-dir target";
        steps.push(step("build", &[command], "It does not compile."));
    }
    let (binary, package) = (binary.display().to_string(), package.display().to_string());
    steps.push(step("strip", &["strip -o target/package/symbolon", &binary], "There is no such binary."));
    steps.push(step(
        "pages",
        &["target/package/symbolon generate target/package"],
        "The binary does not run.",
    ));
    let fast = if options.quick { " --fast" } else { "" };
    let pack = format!("cargo deb --quiet --locked --no-build --no-dbgsym --package symbolon{fast} --output");
    steps.push(step("pack", &[&pack, &package], "What cargo-deb misses stands above."));
    let judge = "lintian --allow-root --fail-on error,warning";
    steps.push(step(
        "lintian",
        &[judge, &package],
        "Mend what it names; an exception is deploy/debian/lintian-overrides.",
    ));
    steps
}

/// Words of the first, and of the others each as it is.
fn step(name: &'static str, command: &[&str], advice: &'static str) -> Step {
    let (words, whole) = command.split_first().unwrap_or((&"", &[]));
    let words = words.split(' ').chain(whole.iter().copied()).map(str::to_owned);
    Step { name, command: words.collect(), variables: &[], advice }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(binary: Option<&str>, quick: bool) -> Vec<String> {
        let options = Options { binary: binary.map(PathBuf::from), quick, output: "out put".into() };
        steps(&options, Path::new("out put/symbolon.deb")).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_packed_is_built_with_every_feature() {
        let lines = lines(None, false);
        assert!(
            lines[0].starts_with("cargo build --profile dist --locked")
                && lines[0].contains("--all-features")
        );
        assert_eq!(lines[1], "strip -o target/package/symbolon target/dist/symbolon");
        assert_eq!(
            lines.last().unwrap(),
            "lintian --allow-root --fail-on error,warning 'out put/symbolon.deb'"
        );
    }

    #[test]
    fn a_binary_that_is_there_is_not_built() {
        let lines = lines(Some("a b/symbolon"), true);
        assert_eq!(lines[0], "strip -o target/package/symbolon 'a b/symbolon'");
        assert!(lines.iter().all(|line| !line.starts_with("cargo build")));
        assert!(lines[2].contains(" --fast --output 'out put/symbolon.deb'"), "{lines:?}");
    }
}
