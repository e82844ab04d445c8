//! `symbolon catalog draft`: routes for what was seen of a service and has none.

use clap::Args;
use serde_json::json;

use crate::commands::Context;
use crate::drafting::missing_routes;
use crate::failure::Failure;

/// Which service
#[derive(Debug, Args)]
pub(crate) struct Draft {
    /// The service
    service: String,
}

impl Draft {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let (observed, catalog) = context
            .speak(async |client| {
                Ok((client.observed(&self.service).await?, client.service(&self.service).await?))
            })
            .await?;
        let routes = missing_routes(&observed, &catalog);
        context.output.document(&json!({ "routes": routes }))?;
        match routes {
            Some(routes) => context.output.print(&routes),
            None if observed.enforced => {
                context
                    .output
                    .note("Nothing was seen: the service is enforced, and only what is not is looked at.");
                Ok(())
            }
            None => {
                context.output.note("All that was seen has a route.");
                Ok(())
            }
        }
    }
}
