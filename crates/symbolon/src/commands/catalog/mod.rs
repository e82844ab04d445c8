//! `symbolon catalog`: whether a catalog compiles, what the one in force says, and drafts of one.

mod coverage;
mod draft;
mod from_openapi;
mod rules;

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde::Serialize;
use symbolon_api::ServiceInfo;
use symbolon_core::catalog::Fault;

use super::Context;
use crate::catalogs::CatalogSource;
use crate::failure::Failure;
use crate::output::{joined, maybe};

/// Draft a catalog, check it, or show the one in force
#[derive(Debug, Subcommand)]
pub(crate) enum Catalog {
    /// Compile catalogs and name everything that is wrong with them, with file and line
    Check(Check),
    /// Show a service: its roles, scopes, profiles and routes
    Show(Show),
    /// Draft a catalog from the application's OpenAPI document
    FromOpenapi(from_openapi::FromOpenapi),
    /// Say which operations of an OpenAPI document a catalog misses, and which of its routes are in none; exit with 1 if any
    Coverage(coverage::Coverage),
    /// Draft routes for what was seen of a service and has none
    Draft(draft::Draft),
    /// Write rules by which another scanner finds the catalogs' tokens
    Rules(rules::Rules),
}

/// Which catalogs
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Which service
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The service
    service: String,
    /// Every route too, with what it asks for
    #[arg(long)]
    routes: bool,
}

/// What came of one file.
#[derive(Serialize)]
struct Checked {
    file: String,
    ok: bool,
    service: Option<String>,
    faults: Vec<Found>,
    warnings: Vec<Found>,
}

#[derive(Serialize)]
struct Found {
    /// `null`: the file as a whole.
    line: Option<usize>,
    message: String,
}

impl From<Fault> for Found {
    fn from(fault: Fault) -> Self {
        Self { line: Some(fault.line), message: fault.message }
    }
}

impl Catalog {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        match self {
            Self::Check(check) => check.run(context),
            Self::Show(show) => show.run(context).await.map(|()| ExitCode::SUCCESS),
            Self::FromOpenapi(from) => from.run(context).map(|()| ExitCode::SUCCESS),
            Self::Coverage(coverage) => coverage.run(context),
            Self::Draft(draft) => draft.run(context).await.map(|()| ExitCode::SUCCESS),
            Self::Rules(rules) => rules.run(context).map(|()| ExitCode::SUCCESS),
        }
    }
}

impl Check {
    fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let checked: Vec<_> = self.files.into_iter().map(check).collect();
        if context.output.json() {
            context.output.document(&checked)?;
        } else {
            context.output.print(&checked.iter().map(told).collect::<String>())?;
        }
        Ok(ExitCode::from(u8::from(checked.iter().any(|checked| !checked.ok))))
    }
}

fn check(path: PathBuf) -> Checked {
    let source = CatalogSource::File(path);
    let file = source.to_string();
    let found = |faults: Vec<Fault>| faults.into_iter().map(Found::from).collect();
    let (service, faults, warnings) = match source.read() {
        Err(message) => (None, vec![Found { line: None, message }], Vec::new()),
        Ok(text) => match symbolon_core::Catalog::compile(&file, &text) {
            Ok(catalog) => (Some(catalog.service.to_string()), Vec::new(), found(catalog.warnings)),
            Err(error) => (None, found(error.faults), Vec::new()),
        },
    };
    Checked { file, ok: faults.is_empty(), service, faults, warnings }
}

fn told(checked: &Checked) -> String {
    let place = |found: &Found| match found.line {
        Some(line) => format!("{}:{line}: ", checked.file),
        None => String::new(),
    };
    let mut text = String::new();
    // Writing to a String does not fail.
    for fault in &checked.faults {
        let _ = writeln!(text, "{}{}", place(fault), fault.message);
    }
    for warning in &checked.warnings {
        let _ = writeln!(text, "{}warning: {}", place(warning), warning.message);
    }
    if let Some(service) = &checked.service {
        let _ = writeln!(text, "{}: ok, the service {service}", checked.file);
    }
    text
}

impl Show {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let info = context.speak(async |client| Ok(client.service(&self.service).await?)).await?;
        let output = context.output;
        if output.json() {
            return output.document(&info);
        }
        output.pairs(&[
            ("service", format!("{} ({})", info.service, info.title)),
            ("tokens begin with", format!("{}_", info.token_prefix)),
            ("roles", info.roles.join(" < ")),
            ("manage their own tokens", format!("{} and stronger", info.token_managers)),
            ("manage those of others", format!("{} and stronger", info.token_admins)),
            (
                "lifetime",
                format!(
                    "{} unless asked for otherwise, at most {}{}",
                    info.default_lifetime,
                    info.max_lifetime,
                    if info.never_expires { "" } else { "; each token ends" }
                ),
            ),
            ("unused for so long", maybe(info.idle_expiry.as_ref(), "they stay")),
            ("lent for at most", maybe(info.max_loan.as_ref(), "tokens may not ask")),
            (
                "live tokens of a user",
                maybe(info.max_live.map(|most| most.to_string()).as_ref(), "any number"),
            ),
            ("requests of all tokens", maybe(info.rate_limit.as_ref(), "any number")),
            ("requests of a token", token_limit(&info)),
            (
                "served under",
                info.mounts.iter().map(|mount| format!("{mount}/")).collect::<Vec<_>>().join(" "),
            ),
            ("routes", info.routes.len().to_string()),
        ])?;
        output.print("\n")?;
        let scopes = info.scopes.iter().map(|scope| {
            [
                scope.name.clone(),
                joined(&scope.implies),
                maybe(scope.min_role.as_ref(), "-"),
                scope.grants.clone(),
            ]
        });
        output.table(["SCOPE", "IMPLIES", "NEEDS ROLE", "GRANTS"], scopes.collect())?;
        if !info.profiles.is_empty() {
            output.print("\n")?;
            let profiles =
                info.profiles.iter().map(|profile| [profile.name.clone(), joined(&profile.scopes)]);
            output.table(["PROFILE", "SCOPES"], profiles.collect())?;
        }
        if self.routes { routes(context, &info) } else { Ok(()) }
    }
}

fn token_limit(info: &ServiceInfo) -> String {
    let default = maybe(info.token_rate_limit.as_ref(), "any number");
    match &info.max_token_rate_limit {
        Some(most) if *most != default => format!("{default} unless it has its own, at most {most}"),
        _ => default,
    }
}

fn routes(context: &Context, info: &ServiceInfo) -> Result<(), Failure> {
    context.output.print("\n")?;
    let rows = info.routes.iter().map(|route| {
        let asks = match route.access.as_str() {
            "scopes" => route.scopes.iter().map(|set| set.join(" + ")).collect::<Vec<_>>().join(" or "),
            access => access.to_owned(),
        };
        [route.method.clone(), route.path.clone(), asks, route.role.clone()]
    });
    context.output.table(["METHOD", "PATH", "ASKS FOR", "ROLE"], rows.collect())
}
