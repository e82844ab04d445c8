//! The audit, readable. For platform administrators and the system key.

mod checkpoint;
mod export;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use symbolon_api::{AuditEntry, List};
use symbolon_core::store::AuditQuery;

use super::caller::Caller;
use super::parameters::{QueryOf, filter, found, page, parsed};
use super::wire;
use crate::answer::ApiError;
use crate::app::App;

pub(super) use checkpoint::{__path_checkpoint, __path_key, checkpoint, key};
pub(super) use export::{__path_export, export};

/// Query of the audit.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListAudit {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1 to 1000; 50 if left out.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// Of this service.
    service: Option<String>,
    /// With this action (`token.create`), or of this noun (`token`).
    action: Option<String>,
    /// About this id.
    subject: Option<String>,
    /// By this actor's id, `local` or `anonymous`.
    actor: Option<String>,
}

/// List audit lines, newest first.
#[utoipa::path(
    get, path = "/v1/audit", tag = "audit",
    params(ListAudit),
    responses((status = 200, body = List<AuditEntry>)),
)]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    QueryOf(query): QueryOf<ListAudit>,
) -> Result<Json<List<AuditEntry>>, ApiError> {
    caller.administrator()?;
    let query = AuditQuery {
        service: query.service.as_deref().map(|text| parsed("service", text)).transpose()?,
        action: filter("action", query.action)?,
        subject: filter("subject", query.subject)?,
        actor: filter("actor", query.actor)?,
        page: page(query.limit, query.cursor)?,
    };
    Ok(Json(wire::list(found(app.store().audit(&query).await)?, |line| app.audit_entry(line))))
}
