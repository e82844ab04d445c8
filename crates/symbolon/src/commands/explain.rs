//! `symbolon explain`: why.

use std::fmt::Write;

use clap::Args;
use symbolon_api::Explanation;

use super::Context;
use crate::failure::Failure;

/// Say why a request would be allowed or refused, without making it; or why one was refused
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The service
    #[arg(long, value_name = "SERVICE")]
    service: String,
    /// The `request_id` of a recent refusal, as its answer carried it
    #[arg(long, value_name = "ID", required_unless_present_all = ["method", "path"])]
    #[arg(conflicts_with_all = ["method", "path", "token", "user", "system", "client_ip"])]
    request_id: Option<String>,
    /// The request's method
    #[arg(long, value_name = "METHOD", requires = "path")]
    method: Option<String>,
    /// The request's path, from its / on
    #[arg(long, value_name = "PATH", requires = "method")]
    path: Option<String>,
    /// By this token: its id, or the first 8 characters after its prefix; never the token itself
    #[arg(long, value_name = "TOKEN", conflicts_with_all = ["user", "system"])]
    token: Option<String>,
    /// By this user, signed in
    #[arg(long, value_name = "USER", conflicts_with = "system")]
    user: Option<String>,
    /// By a system key
    #[arg(long)]
    system: bool,
    /// From this address [default: it is not known]
    #[arg(long = "from", value_name = "ADDRESS")]
    client_ip: Option<String>,
}

impl Explain {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let question = symbolon_api::Explain {
            request_id: self.request_id,
            method: self.method,
            path: self.path,
            token: self.token,
            user: self.user,
            system: self.system.then_some(true),
            client_ip: self.client_ip,
        };
        let told = context.speak(async |client| Ok(client.explain(&self.service, &question).await?)).await?;
        if context.output.json() {
            return context.output.document(&told);
        }
        context.output.print(&text(&told))
    }
}

fn text(told: &Explanation) -> String {
    let outcome = if told.allowed { "allowed" } else { "refused" };
    let at = told.at.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
    let mut text = format!(
        "{} {} of {}{at}: {outcome}, {} {}\n{}\n\n",
        told.method, told.path, told.service, told.status, told.code, told.reason
    );
    let width = told.steps.iter().map(|step| step.rule.len()).max().unwrap_or(0);
    for step in &told.steps {
        let mark = if step.passed { "ok" } else { "no" };
        // Writing to a String does not fail.
        let _ = writeln!(text, "  {mark}  {:width$}  {}", step.rule, step.detail);
    }
    text
}
