//! `symbolon generate`: what a package carries beside the binary, made from the command line's own definition.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Context;
use crate::cli::Cli;
use crate::failure::Failure;

/// The shells that complete words, each with the folder of its own.
const SHELLS: [(Shell, &str); 3] = [(Shell::Bash, "bash"), (Shell::Zsh, "zsh"), (Shell::Fish, "fish")];

/// Write the manual pages and the shells' completions, for whoever makes a package
#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// Where to: `man/` and `completions/` are made in it, and what is there is replaced
    #[arg(value_name = "DIRECTORY")]
    directory: PathBuf,
}

impl Generate {
    pub(crate) fn run(&self, context: &Context) -> Result<(), Failure> {
        write(&self.directory).map_err(|error| {
            Failure::new(format!("{} cannot be written to: {error}", self.directory.display()))
        })?;
        context.output.note(&format!("written to {}", self.directory.display()));
        Ok(())
    }
}

fn write(directory: &Path) -> io::Result<()> {
    let manual = directory.join("man");
    fs::create_dir_all(&manual)?;
    clap_mangen::generate_to(Cli::command(), &manual)?;
    for (shell, folder) in SHELLS {
        let folder = directory.join("completions").join(folder);
        fs::create_dir_all(&folder)?;
        clap_complete::generate_to(shell, &mut Cli::command(), "symbolon", folder)?;
    }
    Ok(())
}
