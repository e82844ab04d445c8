//! What was done to a token: its lines of the audit.

use axum::Json;
use axum::extract::State;
use symbolon_api::{AuditEntry, List};
use symbolon_core::store::AuditQuery;

use super::find;
use crate::answer::ApiError;
use crate::app::App;
use crate::management::caller::Caller;
use crate::management::parameters::{OfToken, Paging, PathOf, QueryOf, found};
use crate::management::{services, wire};

/// List the audit lines about a token, newest first. For whoever may see the token; where others came from is left to
/// platform administrators.
#[utoipa::path(
    get, path = "/v1/services/{service}/tokens/{id}/audit", tag = "tokens",
    params(OfToken, Paging),
    responses((status = 200, body = List<AuditEntry>)),
)]
pub(in crate::management) async fn audit(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfToken>,
    QueryOf(query): QueryOf<Paging>,
) -> Result<Json<List<AuditEntry>>, ApiError> {
    let operator = caller.operator()?;
    let catalog = services::find(&app, &of.service)?.catalog;
    let page = query.page()?;
    let token = find(&app, &caller, &catalog, &of.id).await?;
    let query = AuditQuery { subject: Some(token.id.to_string()), page, ..AuditQuery::default() };
    let lines = found(app.store().audit(&query).await)?;
    let everything = operator.administers().is_ok();
    let own = caller.origin().actor.to_string();
    Ok(Json(wire::list(lines, |line| {
        let entry = app.audit_entry(line);
        if everything || entry.actor == own {
            return entry;
        }
        AuditEntry { session: None, client_ip: None, request_id: None, ..entry }
    })))
}
