//! `symbolon serve`.

use clap::Args;

use super::Context;
use crate::failure::Failure;
use crate::serve::ServiceManager;

/// Run the server; in an empty data directory `symbolon init` runs first
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Refuse to begin a data directory: where the output is kept, as a log is, its first secrets must not be printed.
    /// So it is in any case where standard output is systemd's journal
    #[arg(long)]
    no_init: bool,
}

impl Serve {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let manager = ServiceManager::new(context.manager())?;
        let begin = !self.no_init && !manager.keeps_the_output();
        crate::serve::run(&context.settings()?, begin, &manager, context.output).await
    }
}
