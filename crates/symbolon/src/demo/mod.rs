//! `symbolon demo`: two applications behind Symbolon, every kind of token, and what each may do. Everything runs in
//! this process, on free loopback ports, in one directory of its own.

mod directory;
mod invite;
mod screen;
mod script;
mod stage;
mod walk;

use std::path::PathBuf;

use clap::Args;

use crate::failure::Failure;
use crate::serve::Signals;
use directory::Directory;
use screen::Screen;
use stage::Stage;

/// What the demo is told.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Exit after the walk: 0 only if every answer was the expected one
    #[arg(long)]
    once: bool,
    /// Use this new or empty directory and keep it [default: one under the system's temporary directory, removed at
    /// the end]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Runs the demo.
pub(crate) async fn run(demo: Demo) -> Result<(), Failure> {
    let screen = Screen::new();
    screen.heading("Symbolon demo: two applications, each behind the tokens that its document promises");
    let mut signals = Signals::listen()?;
    let directory = Directory::make(demo.dir)?;
    screen.line(format!("  everything is in {}{}", directory.path().display(), directory.fate()));
    let show = async {
        screen.line(
            "  starting O.D.I.N. and Odysseus, each with a database of its own, and Symbolon before them",
        );
        let stage = Stage::raise(directory.path()).await?;
        let outcome = walk::walk(&stage, &screen).await;
        Ok::<_, Failure>((stage, outcome))
    };
    let (mut stage, outcome) = tokio::select! {
        shown = show => shown?,
        () = signals.stop() => return Err(Failure::new("stopped before the walk was over")),
    };
    let mut outcome = outcome.and_then(|walked| walked.verdict(&screen));
    if !demo.once && outcome.is_ok() {
        stage.invite(&screen);
        outcome = stage.attend(&mut signals).await;
        screen.line("\nstopping");
    }
    stage.strike(&mut signals).await;
    outcome
}
