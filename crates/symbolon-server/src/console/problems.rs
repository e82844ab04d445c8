//! What was wrong with a form, at its fields and above it.

use symbolon_api::Problem;
use symbolon_core::Code;

/// What the API said of a form.
#[derive(Debug, Default)]
pub(super) struct Problems {
    /// At which field, and what.
    fields: Vec<(String, String)>,
    /// What concerns no field of the form.
    pub(super) general: Option<String>,
}

impl Problems {
    /// From a refusal of the API. `shown` are the form's fields, as the API names them; a fault of one of their parts
    /// (`scopes[1]`, `roles.odin`) is the whole field's unless the part is among them.
    pub(super) fn of(problem: Problem, shown: &[&str]) -> Self {
        let mut problems = Self::default();
        for error in problem.errors {
            let part_of = |field: &&&str| {
                let rest = error.field.strip_prefix(**field);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']))
            };
            match shown.iter().filter(part_of).max_by_key(|field| field.len()) {
                Some(field) => problems.fields.push(((*field).to_owned(), error.detail)),
                None => problems.general = Some(format!("{}: {}", error.field, error.detail)),
            }
        }
        if problems.is_empty() {
            problems.general = Some(problem.detail);
        }
        problems
    }

    /// One that the console found itself.
    pub(super) fn at(field: &str, detail: &str) -> Self {
        Self { fields: vec![(field.to_owned(), detail.to_owned())], general: None }
    }

    /// Whether nothing was wrong.
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.general.is_none()
    }

    /// What was wrong with a field.
    pub(super) fn of_field(&self, field: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == field).map(|(_, detail)| detail.as_str())
    }

    /// What was wrong with any of these.
    pub(super) fn of_any(&self, fields: &[&str]) -> Option<&str> {
        fields.iter().find_map(|field| self.of_field(field))
    }

    /// Each field at fault, with what is wrong.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(field, detail)| (field.as_str(), detail.as_str()))
    }
}

/// Whether the same form was sent before and something was made of it then. What a form makes may hold something
/// drawn at random, so the body need not be the same.
pub(super) fn sent_before(problem: &Problem) -> bool {
    [Code::AlreadyCreated, Code::IdempotencyMismatch].iter().any(|code| problem.code == code.as_str())
}
