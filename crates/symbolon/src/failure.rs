//! Why a command did not do what it was asked to: one sentence on standard error, and an exit code.

use std::fmt;
use std::process::ExitCode;

use serde_json::{Value, json};
use symbolon_api::client::ClientError;

/// Refused or failed (exit code 1), or badly asked (2).
#[derive(Debug)]
pub(crate) struct Failure {
    detail: String,
    usage: bool,
    /// What `--json` prints in place of code and detail.
    document: Option<Value>,
}

impl Failure {
    /// Something could not be done. The text says what, where, and what would be right.
    pub(crate) fn new(detail: impl fmt::Display) -> Self {
        Self { detail: detail.to_string(), usage: false, document: None }
    }

    /// Arguments that do not go together.
    pub(crate) fn usage(detail: impl fmt::Display) -> Self {
        Self { usage: true, ..Self::new(detail) }
    }

    /// Several faults, a line each.
    pub(crate) fn faults<T: fmt::Display>(faults: &[T]) -> Self {
        Self::new(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    /// What the process ends with.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(if self.usage { 2 } else { 1 })
    }

    /// For programs: the server's problem document, or code and detail.
    pub(crate) fn document(&self) -> Value {
        let code = if self.usage { "bad_usage" } else { "failed" };
        self.document.clone().unwrap_or_else(|| json!({ "code": code, "detail": self.detail }))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let document = error.problem().and_then(|problem| serde_json::to_value(problem).ok());
        Self { document, ..Self::new(error) }
    }
}
