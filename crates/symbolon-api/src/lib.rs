//! The wire: what goes over HTTP as JSON, in one place for the server, the command line and the `OpenAPI`
//! document. `snake_case`, RFC 3339 times in UTC, prefixed ids, lists as `{items, next_cursor}`.
//!
//! Request types refuse unknown fields, and refuse `null`: a field is given or left out.

mod admin;
mod advice;
#[cfg(feature = "client")]
pub mod client;
mod many;
mod oauth;
mod problem;
mod service;
mod status;
mod strict;
mod token;
mod usage;
mod verify;

pub use admin::{
    AuditEntry, ChangePassword, CreateKey, CreateSession, CreateUser, CreatedKey, CreatedSession, EditUser,
    KeyRecord, SessionRecord, UserRecord,
};
pub use advice::{Finding, TokenAdvice};
pub use many::{
    BulkAction, BulkAnswer, BulkFilter, BulkItem, BulkNarrow, BulkTokens, CreateTokens, CreatedTokens,
};
pub use oauth::{Introspection, OAuthError, ResourceMetadata, TokenForm};
pub use problem::{FieldError, Problem};
pub use service::{EditService, Observed, ProfileInfo, RouteInfo, ScopeInfo, ServiceInfo, Sight};
pub use status::{
    CatalogState, CertificateState, DoorInfo, IndexSize, Rate, RecentRefusal, ServiceChecks, Status,
    StoreState,
};
pub use token::{CreateToken, CreatedToken, EditToken, SelfInfo, SelfService, TokenRecord};
pub use usage::{TokenUsage, UsageDay, UsageRefusal, UsageRoute, UsageScope};
pub use verify::{Explain, Explanation, ExplanationStep, Verify, VerifyAnswer, VerifyReply, VerifyRoute};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A page of a list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct List<T> {
    /// At most `limit` of them.
    pub items: Vec<T>,
    /// Pass it as `cursor` for the next page; `null` at the end.
    pub next_cursor: Option<String>,
}

/// Whether the server lives, or is ready to decide.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// `ok` or `unavailable`.
    pub status: String,
}
