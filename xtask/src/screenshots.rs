//! `cargo xtask screenshots`: the console's pages as pictures.

use clap::Args;

use crate::shell::Shell;
use crate::step::{Step, run_all, words};
use crate::tools;

/// Which pictures to take.
#[derive(Args)]
pub(crate) struct Options {
    /// Every page at three widths in both themes, into target/screenshots, and none of the README's
    #[arg(long)]
    pub(crate) all: bool,
}

/// Installs what is missing, builds the binary, and takes the pictures.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let shell = Shell::new();
    tools::programs(&shell, tools::FOR_TESTS)?;
    tools::npm_packages(&shell, &tools::FOR_BROWSER_TESTS)?;
    run_all(&shell, &steps(options))
}

fn steps(options: &Options) -> [Step; 2] {
    let script = "node crates/symbolon/tests/console/screenshots.mjs target/debug/symbolon";
    let output = if options.all { "target/screenshots --all" } else { "docs/screenshots" };
    let step = |name, command: &str, advice| Step { name, command: words(command), variables: &[], advice };
    [
        // Where the next step looks for it, whatever the user's own settings say.
        step("build", "cargo build --locked --package symbolon --target-dir target", "It does not compile."),
        step(
            "screenshots",
            &format!("{script} {output}"),
            "What the browser or the server said stands above.",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readmes_pictures_are_taken_unless_all_are() {
        let last = |all| steps(&Options { all })[1].to_string();
        assert!(last(false).ends_with("target/debug/symbolon docs/screenshots"));
        assert!(last(true).ends_with("target/debug/symbolon target/screenshots --all"));
    }
}
