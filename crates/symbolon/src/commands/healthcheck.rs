//! `symbolon healthcheck`: for whoever runs the server in a container, where there is no `curl`.

use std::time::Duration;

use clap::Args;
use symbolon_api::client::{Client, Transport};

use super::Context;
use crate::data_dir::DataDir;
use crate::failure::Failure;

/// How long a server that is well may take to say so.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ask the running server whether it can decide; exit code 1 where it cannot, or says nothing for 5 seconds
#[derive(Debug, Args)]
pub(crate) struct Healthcheck {}

impl Healthcheck {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let transport = match context.url() {
            Some(url) => Transport::from_url(url)?,
            // Never the data directory itself: a command that opened it would be well where the server is not.
            None => Transport::Unix(DataDir::of(&context.settings()?).socket()),
        };
        let client = Client::new(transport);
        let health = tokio::time::timeout(PATIENCE, client.ready()).await.map_err(|_| {
            Failure::new(format!("the server has said nothing for {} s", PATIENCE.as_secs()))
        })??;
        context.output.print(&format!("{}\n", health.status))?;
        context.output.document(&health)
    }
}
