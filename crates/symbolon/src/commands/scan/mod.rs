//! `symbolon scan`: whether tokens and keys lie in files, logs and repositories, which of them live, and their end.

mod ask;
mod told;

use std::io::{IsTerminal, stderr, stdin};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::Context;
use crate::failure::Failure;
use crate::output::complain;
use crate::scanning::{Finds, Place, files, history};

/// After how many bytes it is said how far the search is.
const STEP: u64 = 64 * 1024 * 1024;

/// Look for tokens and keys in files, logs and repositories, say which live, and take them back
///
/// Files are read whole, also binary and gzip-compressed ones. What is printed of a token is its prefix and its
/// identifying characters, never the secret.
///
/// Exit codes: 0 nothing that lives was found, and all was read; 1 something was; 2 badly asked. With --offline
/// everything counts that was found.
#[derive(Debug, Args)]
pub(crate) struct ScanPaths {
    /// Files, and directories with all that is below them
    #[arg(value_name = "PATH", required_unless_present = "stdin")]
    paths: Vec<PathBuf>,
    /// Each PATH is a git repository: search its whole history too, also what no branch leads to
    #[arg(long, requires = "paths")]
    git: bool,
    /// Search standard input
    #[arg(long)]
    stdin: bool,
    /// Ask nobody which of them live
    #[arg(long, conflicts_with = "revoke")]
    offline: bool,
    /// Take back those that live; the audit says where each was found
    #[arg(long)]
    revoke: bool,
    /// Do not ask before taking back
    #[arg(long, requires = "revoke")]
    yes: bool,
}

impl ScanPaths {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        if self.revoke && !self.yes && (self.stdin || !stdin().is_terminal()) {
            let detail = "there is nobody to ask whether to take them back; add --yes, or leave --revoke out";
            return Err(Failure::usage(detail));
        }
        let mut finds = self.search(context)?;
        let told = told::Searched::of(&mut finds);
        let found = finds.into_found();
        let known = if self.offline || found.is_empty() {
            Vec::new()
        } else {
            context.speak(async |client| ask::known(client, &found, self.revoke, self.yes).await).await?
        };
        told.tell(context.output, &found, &known)
    }

    fn search(&self, context: &Context) -> Result<Finds, Failure> {
        let (mut finds, mut said) = (Finds::default(), 0);
        let shows = !context.output.json() && stderr().is_terminal();
        let mut tick = |finds: &Finds| {
            if shows && finds.bytes / STEP > said {
                said = finds.bytes / STEP;
                complain(&format!("searched {} MiB", finds.bytes / 1024 / 1024));
            }
        };
        if self.stdin {
            let searched = finds.search(stdin().lock(), |line| Place::file("standard input", line));
            searched.or_else(|fault| fault.noted(&mut finds, "standard input"))?;
        }
        for path in &self.paths {
            files(path, &mut finds, &mut tick)?;
            if self.git {
                history(path, &mut finds, &mut tick)?;
            } else if path.join(".git").exists() {
                finds.left_out.push(format!("{}: the history was not searched; --git does", path.display()));
            }
        }
        Ok(finds)
    }
}
