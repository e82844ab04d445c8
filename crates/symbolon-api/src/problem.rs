use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::AskLink;

/// Every refusal and every error: an RFC 9457 problem document (`application/problem+json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `urn:symbolon:error:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short sentence, the same for every occurrence of this code.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The code, for programs.
    pub code: String,
    /// What was wrong this time, and what would be right.
    pub detail: String,
    /// The request's id; `symbolon explain` takes it.
    pub request_id: String,
    /// The fields at fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// For `insufficient_scope`: sets of scopes, any one of which would do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required_scopes: Vec<Vec<String>>,
    /// For `already_created`: the id of what was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// For `insufficient_scope`: where a person can be asked to lend what is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ask: Option<AskLink>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// The field, as a path into the body, or the name of a query parameter or header.
    pub field: String,
    /// What is wrong with it, and what would be right.
    pub detail: String,
}
