//! `symbolon token usage`: what a token is used for.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::Context;
use crate::failure::Failure;
use crate::output::maybe;

/// The use of one token
#[derive(Debug, Args)]
pub(crate) struct Usage {
    /// The service that it opens
    #[arg(long, value_name = "SERVICE")]
    service: String,
    /// Its id, or the first 8 characters after its prefix
    #[arg(value_name = "TOKEN", value_parser = NonEmptyStringValueParser::new())]
    token: String,
    /// On so many days that end today, 1 to 90
    #[arg(long, value_name = "N", default_value_t = 30)]
    days: u8,
}

impl Usage {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let usage = context
            .speak(async |client| Ok(client.token_usage(&self.service, &self.token, Some(self.days)).await?))
            .await?;
        let output = context.output;
        if output.json() {
            return output.document(&usage);
        }
        let rows = usage.routes.iter().map(|route| {
            [
                route.method.clone(),
                route.path.clone(),
                route.outcome.clone(),
                route.count.to_string(),
                route.last_at.clone(),
                maybe(route.last_ip.as_ref(), "-"),
            ]
        });
        output.table(["METHOD", "PATH", "OUTCOME", "REQUESTS", "LAST", "FROM"], rows.collect())?;
        if usage.routes_left_out > 0 {
            output.note(&format!("There are {} more.", usage.routes_left_out));
        }
        Ok(())
    }
}
