//! `symbolon doctor gateway`: sends confusions through an operator's gateway and says what got past.
//!
//! `corpus` is what is sent, `wire` sends it, `report` is what a canary in the application's place says of it, `judge`
//! what is wrong with that, and `fault` what to change.

pub(crate) mod corpus;
mod fault;
mod judge;
mod reading;
pub(crate) mod report;
mod survey;
mod told;
mod wire;

use std::process::ExitCode;

use clap::Args;
use secrecy::SecretString;

use super::{Findings, Level};
use crate::commands::Context;
use crate::failure::Failure;
use corpus::Places;
use fault::Gateway as Kind;
use report::Word;
use survey::Survey;
use told::Told;
use wire::Origin;

/// The most requests of one kind that are shown.
const SHOWN: usize = 3;

/// Send confusions through a gateway, and say what got past it and how to close that
#[derive(Debug, Args)]
pub(crate) struct Gateway {
    /// The gateway, where callers find it
    #[arg(value_name = "GATEWAY")]
    at: String,
    /// A path that the caller may GET
    #[arg(long, value_name = "PATH")]
    open: String,
    /// A path that the caller must not reach [default: symbolon-canary beside the open one]
    #[arg(long, value_name = "PATH")]
    canary: Option<String>,
    /// What `symbolon doctor canary` printed, which stands in the application's place; without it findings are by
    /// status alone
    #[arg(long, value_name = "WORD")]
    word: Option<String>,
    /// The application's own address, which callers should not reach
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,
    /// The gateway's program, where it does not say so itself
    #[arg(long = "is", value_name = "PROGRAM")]
    kind: Option<Kind>,
    /// Call with this token; in `SYMBOLON_TOKEN` it does not show in the list of processes
    #[arg(long, value_name = "TOKEN", hide_default_value = true)]
    token: Option<SecretString>,
}

impl Gateway {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let open = path(&self.open)?;
        let closed = match &self.canary {
            Some(canary) => path(canary)?,
            None => beside(&open),
        };
        if closed == open {
            return Err(Failure::usage("--open and --canary are the same path, and only one may be reached"));
        }
        let upstream = self.upstream.as_deref().map(Origin::parse).transpose()?;
        let survey = Survey {
            gateway: Origin::parse(&self.at)?,
            upstream,
            places: Places { open: &open, closed: &closed },
            word: self.word.as_deref().map(Word::typed),
            token: self.token.as_ref().or(context.token()),
            output: context.output,
        };
        let mut told = survey.run().await?;
        told.gateway = self.kind.or(told.gateway);
        let bad = told.any_bad();
        print(&told, context)?;
        Ok(ExitCode::from(u8::from(bad)))
    }
}

/// A path as somebody typed it: canonical, and without a query.
fn path(text: &str) -> Result<String, Failure> {
    let target = symbolon_core::target::Target::parse(text.as_bytes());
    match target {
        Ok(target) if target.query().is_none() && target.path() == text && text.len() > 1 => {
            Ok(text.to_owned())
        }
        Ok(_) => Err(Failure::usage(format!(
            "{text}: a path of at least one segment, without a query and without needless escapes, such as /api/printers"
        ))),
        Err(fault) => Err(Failure::usage(format!("{text}: {fault}"))),
    }
}

/// A path that no catalog has, where the gateway passes things on to the same application.
fn beside(open: &str) -> String {
    let parent = open.trim_end_matches('/').rsplit_once('/').map_or("", |(parent, _)| parent);
    format!("{parent}/symbolon-canary")
}

fn print(told: &Told, context: &Context) -> Result<(), Failure> {
    if context.output.json() {
        return context.output.document(&told.document());
    }
    let mut findings = Findings::default();
    for note in &told.notes {
        findings.ok("gateway", note.clone());
    }
    for (fault, cases) in &told.faults {
        let mut lines = vec![fault.what().to_owned()];
        lines.extend(cases.iter().take(SHOWN).map(|case| format!("  {case}")));
        if cases.len() > SHOWN {
            lines.push(format!("  and {} more; --json has them all", cases.len() - SHOWN));
        }
        lines.push(format!("to close it: {}", fault.advice(told.gateway)));
        findings.add(fault.level(), fault.name(), lines.join("\n"));
    }
    if told.faults.is_empty() {
        findings.add(Level::Ok, "gateway", "nothing got past");
    }
    findings.print(context.output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canary_stands_beside_the_open_path() {
        assert_eq!(beside("/api/printers"), "/api/symbolon-canary");
        assert_eq!(beside("/printers"), "/symbolon-canary");
        for bad in ["", "x", "/", "/a?b", "/%61", "/a/../b"] {
            assert!(path(bad).is_err(), "{bad}");
        }
    }
}
