//! `symbolon doctor`: what is wrong with an installation, and what to do about it.

mod canary;
mod certificates;
mod fleet;
mod gateway;
mod place;
mod record;
mod server;
mod webhooks;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;
use symbolon_server::Clock;

use super::{Context, audit};
use crate::clock::SystemClock;
use crate::connect::Connection;
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::output::Output;

/// Look for what is wrong with an installation: a line for each finding, and what to do
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Doctor {
    #[command(subcommand)]
    other: Option<Other>,
}

/// What else is looked at.
#[derive(Debug, Subcommand)]
enum Other {
    Gateway(gateway::Gateway),
    Canary(canary::Canary),
}

/// What is said of what comes after something that is in its way.
const NOT_LOOKED_AT: &str = "not looked at, because of the above";

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Ok,
    Warn,
    Bad,
}

#[derive(Debug, Serialize)]
struct Finding {
    level: Level,
    /// What was looked at.
    check: &'static str,
    /// What was found and, where something is to be done, what.
    detail: String,
}

/// What was found, in order.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, level: Level, check: &'static str, detail: impl Into<String>) {
        self.0.push(Finding { level, check, detail: detail.into() });
    }

    fn ok(&mut self, check: &'static str, detail: impl Into<String>) {
        self.add(Level::Ok, check, detail);
    }

    fn warn(&mut self, check: &'static str, detail: impl Into<String>) {
        self.add(Level::Warn, check, detail);
    }

    fn bad(&mut self, check: &'static str, detail: impl Into<String>) {
        self.add(Level::Bad, check, detail);
    }

    fn any_bad(&self) -> bool {
        self.0.iter().any(|finding| finding.level == Level::Bad)
    }

    fn print(&self, output: Output) -> Result<(), Failure> {
        if output.json() {
            return output.document(&json!({ "ok": !self.any_bad(), "findings": self.0 }));
        }
        let level = |finding: &Finding| match finding.level {
            Level::Ok => "ok",
            Level::Warn => "warn",
            Level::Bad => "bad",
        };
        // One fault may have several lines, each with its place.
        let lines = self.0.iter().flat_map(|finding| {
            finding
                .detail
                .lines()
                .map(|line| [level(finding).to_owned(), finding.check.to_owned(), line.to_owned()])
        });
        output.table(["", "LOOKED AT", "FOUND"], lines.collect())
    }
}

impl Doctor {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        match self.other {
            Some(Other::Gateway(gateway)) => return gateway.run(context).await,
            Some(Other::Canary(canary)) => return canary.run(context).await.map(|()| ExitCode::SUCCESS),
            None => {}
        }
        let mut findings = Findings::default();
        if context.url().is_none() {
            look_here(context, &mut findings);
        }
        if findings.any_bad() {
            findings.warn("record", NOT_LOOKED_AT);
        } else {
            look_inside(context, &mut findings).await;
        }
        findings.print(context.output)?;
        Ok(ExitCode::from(u8::from(findings.any_bad())))
    }
}

/// What can be seen without speaking to anybody.
fn look_here(context: &Context, findings: &mut Findings) {
    let settings = match context.settings() {
        Ok(settings) => settings,
        Err(failure) => return findings.bad("settings", failure.to_string()),
    };
    place::settings(&settings, findings);
    place::catalogs(&settings, findings);
    place::data_dir(&DataDir::of(&settings), findings);
}

/// What only a node knows.
async fn look_inside(context: &Context, findings: &mut Findings) {
    let connection = match Connection::open(context).await {
        Ok(connection) => connection,
        Err(failure) => return findings.bad("server", failure.to_string()),
    };
    match connection.node() {
        Some(node) => {
            findings.ok("server", "none is running; looked into the data directory itself");
            match node.app().store().check().await {
                Ok(()) => findings.ok("database", "whole"),
                Err(error) => findings.bad("database", format!("{error}; restore it from a backup")),
            }
        }
        None => {
            if !server::is_ready(connection.client(), findings).await {
                if let (None, Ok(settings)) = (context.url(), context.settings()) {
                    server::database(&settings, findings).await;
                }
                return findings.warn("record", NOT_LOOKED_AT);
            }
        }
    }
    if connection.node().is_none() {
        if let Err(failure) = certificates::in_force(connection.client(), findings).await {
            findings.bad("certificate", failure.to_string());
        }
    } else if let Ok(settings) = context.settings() {
        certificates::in_files(&settings, SystemClock.now(), findings);
    }
    match audit::doctor(connection.client(), context).await {
        Ok(outcome) if outcome.is_ok() => findings.ok("audit", audit::sentence(&outcome)),
        Ok(outcome) => {
            let detail = format!(
                "{}; somebody has written to the record: keep it as it is",
                audit::sentence(&outcome)
            );
            findings.bad("audit", detail);
        }
        Err(failure) => findings.bad("audit", failure.to_string()),
    }
    if let Err(failure) = webhooks::look(connection.client(), findings).await {
        findings.bad("webhooks", failure.to_string());
    }
    if let Err(failure) = fleet::look(connection.client(), findings).await {
        findings.bad("fleet", failure.to_string());
    }
    if let Err(failure) = record::look(connection.client(), findings).await {
        findings.bad("record", failure.to_string());
    }
    connection.close().await;
}
