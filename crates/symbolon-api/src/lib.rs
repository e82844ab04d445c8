//! The wire: what goes over HTTP as JSON, in one place for the server, the command line and the `OpenAPI`
//! document. `snake_case`, RFC 3339 times in UTC, prefixed ids, lists as `{items, next_cursor}`.
//!
//! Request types refuse unknown fields, and refuse `null` but where it takes something away: a field is given or left out.

mod admin;
mod advice;
mod ask;
mod audit;
#[cfg(feature = "client")]
pub mod client;
mod import;
mod leak;
mod many;
mod oauth;
mod problem;
mod restriction;
mod server_key;
mod service;
mod status;
mod strict;
mod token;
mod usage;
mod verify;
mod webhook;

pub use admin::{
    ChangePassword, CreateKey, CreateSession, CreateUser, CreatedKey, CreatedSession, EditUser, KeyRecord,
    SessionRecord, UserRecord,
};
pub use advice::{Finding, TokenAdvice};
pub use ask::{ApproveAsk, AskLink, AskRecord, AskingToken, DenyAsk, MakeAsk};
pub use audit::{AuditCheckpoint, AuditEntry, AuditKeyInfo, Exported, ExportedLine, UnreadableLine};
pub use import::{ImportRow, ImportTokens, ImportedSecret, ImportedTokens, OldFormInfo, RowOutcome};
pub use leak::{FoundSecret, GitHubLabel, GitHubMatch, Leak, Leaks, LookUpLeaks};
pub use many::{
    BulkAction, BulkAnswer, BulkFilter, BulkItem, BulkNarrow, BulkOwn, BulkRevoke, BulkTokens, CreateTokens,
    CreatedTokens,
};
pub use oauth::{Introspection, OAuthError, ResourceMetadata, TokenForm};
pub use problem::{FieldError, Problem};
pub use restriction::Restrictions;
pub use server_key::{BrokenSeal, PepperInfo, RotateSessionKey, ServerKeys, SessionKeyInfo};
pub use service::{EditService, Observed, ProfileInfo, RouteInfo, ScopeInfo, ServiceInfo, Sight};
pub use status::{
    CatalogState, CertificateState, DoorInfo, Fleet, FleetNode, IndexSize, Rate, RecentRefusal,
    ServiceChecks, Status, StoreState,
};
pub use strict::Object;
pub use token::{
    CreateToken, CreatedToken, DeriveToken, EditToken, LoanRecord, OldSecret, RotateToken, SelfInfo,
    SelfService, TokenRecord,
};
pub use usage::{TokenUsage, UsageDay, UsageRefusal, UsageRoute, UsageScope};
pub use verify::{
    Explain, Explanation, ExplanationStep, MOST_QUESTIONS, Verify, VerifyAnswer, VerifyMany, VerifyReplies,
    VerifyReply, VerifyRoute,
};
pub use webhook::{WebhookInfo, WebhookTest};

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
