//! Tools: what an agent calls by a name, and the requests to the service's routes that it stands for.
//!
//! A tool opens nothing: each of its requests is decided about as if the caller had sent it. What is here turns arguments,
//! which a model has written, into requests that are of the tool's own route, whatever the arguments are.

mod filling;
mod result;
mod schema;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub use result::Shape;
pub use schema::Schema;

use super::{Catalog, RouteIndex};
use crate::rate::Rate;

/// The argument by which a tool that changes something is asked what it would do, where the catalog has none of this name.
pub const DRY_RUN: &str = "dry_run";

/// A tool, as the catalog declares it.
#[derive(Debug)]
pub struct Tool {
    /// Its name: 1 to 64 of `A-Z a-z 0-9 _ - .`.
    pub name: String,
    /// What it does, for whoever chooses among tools.
    pub description: String,
    /// What it takes: an object, in which nothing else may be.
    pub arguments: Schema,
    /// What it does, in words of the Model Context Protocol.
    pub effect: Effect,
    /// How often one token may call it.
    pub limit: Option<Rate>,
    /// What it asks of the service; at least one.
    pub parts: Vec<Part>,
    /// Its line in the file.
    pub line: usize,
}

/// What a call of a tool does (`ToolAnnotations` of the Model Context Protocol). Hints: what is allowed is decided elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// It changes nothing.
    pub read_only: bool,
    /// It may take something away or overwrite it.
    pub destructive: bool,
    /// Twice is as good as once.
    pub idempotent: bool,
}

/// One request of a tool.
#[derive(Debug)]
pub struct Part {
    /// What its result is named by, where a tool makes several requests.
    pub key: Option<String>,
    /// The route that it is of.
    pub route: RouteIndex,
    /// What becomes of the answer.
    pub shape: Shape,
    /// The query that is always sent.
    pub(super) query: Option<String>,
    /// What arguments are sent as, and where.
    pub(super) fields: Vec<Field>,
}

/// An argument, as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) argument: String,
    pub(super) place: FieldPlace,
    /// Under which name.
    pub(super) name: String,
    /// What is sent for which value, as JSON has it; for others nothing. `None`: the value itself.
    pub(super) values: Option<BTreeMap<String, Value>>,
}

/// Where an argument is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldPlace {
    /// In place of a parameter of the path.
    Path,
    /// In the query.
    Query,
    /// In an object that is the body.
    Body,
}

/// A request that a call of a tool makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The method.
    pub method: String,
    /// Path, of the first mount, and query.
    pub target: String,
    /// The body, as JSON.
    pub body: Option<Value>,
}

/// Arguments that a tool does not take: what is wrong, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ArgumentFault(pub(super) String);

impl Tool {
    /// Whether it has the argument [`DRY_RUN`] beside those that are declared.
    pub fn takes_dry_run(&self) -> bool {
        !self.effect.read_only && self.arguments.names().all(|name| name != DRY_RUN)
    }

    /// What a call with these arguments asks of the service: a request for each part, in their order. Each is of its part's
    /// route, by [`Catalog::find`].
    ///
    /// # Errors
    /// The arguments are not as [`Tool::arguments`] says, or one cannot stand where the path has it.
    pub fn drafts(
        &self,
        catalog: &Catalog,
        arguments: Map<String, Value>,
    ) -> Result<Vec<Draft>, ArgumentFault> {
        let arguments = self.arguments.completed(arguments)?;
        self.parts.iter().map(|part| part.draft(catalog, &arguments)).collect()
    }
}
