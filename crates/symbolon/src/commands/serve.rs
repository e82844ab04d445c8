//! `symbolon serve`.

use clap::Args;

use super::Context;
use crate::failure::Failure;

/// Run the server; in an empty data directory `symbolon init` runs first
#[derive(Debug, Args)]
pub(crate) struct Serve {}

impl Serve {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        crate::serve::run(&context.settings()?, context.output).await
    }
}
