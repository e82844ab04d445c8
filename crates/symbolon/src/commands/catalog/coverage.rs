//! `symbolon catalog coverage`: whether a catalog has every operation of a document, and no other.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::from_openapi;
use crate::catalogs::CatalogSource;
use crate::commands::Context;
use crate::drafting::coverage;
use crate::failure::Failure;

/// A catalog and a document
#[derive(Debug, Args)]
pub(crate) struct Coverage {
    /// The application's OpenAPI document
    #[arg(long, value_name = "DOCUMENT")]
    openapi: PathBuf,
    /// The catalog: a file, or builtin:odin
    #[arg(value_name = "CATALOG")]
    catalog: String,
}

impl Coverage {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let document = from_openapi::read(&self.openapi)?;
        let source = match self.catalog.strip_prefix("builtin:") {
            Some(name) => CatalogSource::built_in(name).map_err(Failure::usage)?,
            None => CatalogSource::File(self.catalog.into()),
        };
        let catalog = source.compile()?;
        let found = coverage(&document, &catalog);
        context.output.document(&found)?;
        let mut text = String::new();
        // Writing to a String does not fail.
        for operation in &found.missed {
            let _ = writeln!(text, "{source}: no route for {} {}", operation.method, operation.path);
        }
        for route in &found.unknown {
            let (line, method, path) = (route.line, &route.method, &route.path);
            let _ = writeln!(text, "{source}:{line}: {method} {path} is not in the document");
        }
        for operation in &found.not_expressible {
            let why = operation.why.as_deref().unwrap_or_default();
            let _ =
                writeln!(text, "{source}: no catalog can say {} {}: {why}", operation.method, operation.path);
        }
        let (covered, all) = (found.covered, found.operations);
        let _ = writeln!(text, "{source}: {covered} of {all} operations have a route");
        context.output.print(&text)?;
        Ok(ExitCode::from(u8::from(!found.is_whole())))
    }
}
