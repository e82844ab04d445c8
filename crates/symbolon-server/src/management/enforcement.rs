//! Whether the refusals of a service are acted on, and what was seen while they were not. For platform administrators
//! and the system key.

use axum::Json;
use axum::extract::State;
use serde_json::json;
use symbolon_api::{EditService, Observed, ServiceInfo};
use symbolon_core::record::Enforcement;
use symbolon_core::seal::Kind;
use symbolon_core::store::Change;

use super::body::Body;
use super::broken::is_broken;
use super::caller::Caller;
use super::commit::{Deed, Terms};
use super::parameters::{OfService, PathOf};
use super::services::{find, info};
use crate::answer::ApiError;
use crate::app::App;

/// Switch whether a service is enforced. What is decided after this answer is decided so; from now on the
/// configuration's `enforce` holds no more.
#[utoipa::path(
    patch, path = "/v1/services/{service}", tag = "services",
    params(OfService),
    request_body = EditService,
    responses((status = 200, body = ServiceInfo)),
)]
pub(super) async fn edit(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfService>,
    Body { value, .. }: Body<EditService>,
) -> Result<Json<ServiceInfo>, ApiError> {
    caller.administrator()?;
    let catalog = find(&app, &of.service)?.catalog;
    let service = &catalog.service;
    // By what the record says, of which the gate hears a moment later.
    app.store().applied().await?;
    let switched = app.gate().switched(service)?;
    // Also where the configuration says the same: from then on it cannot say otherwise. And where the record says what we did
    // not write: what holds now is not in it.
    let broken = is_broken(&app, Kind::Enforcement, service.as_str());
    let other = |enforce: &bool| broken || switched.as_ref().is_none_or(|now| now.enforce != *enforce);
    if let Some(enforce) = value.enforce.filter(other) {
        let deed = Deed {
            action: if enforce { "service.enforce" } else { "service.observe" },
            subject: service.to_string(),
            service: Some(service),
            detail: json!({
                "name": service.as_str(),
                "before": { "enforced": app.gate().enforces(service) },
                "after": { "enforced": enforce },
            }),
        };
        let change = Enforcement { service: service.clone(), enforce, since: app.now() };
        app.record(caller.by(), deed, vec![Change::EnforcementSwitched(change)], Terms::default()).await?;
    }
    Ok(Json(info(&app, Some(&caller), &catalog)))
}

/// Show what would have been refused while the service was not enforced, and what has no route.
#[utoipa::path(
    get, path = "/v1/services/{service}/observed", tag = "services",
    params(OfService),
    responses((status = 200, body = Observed)),
)]
pub(super) async fn observed(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfService>,
) -> Result<Json<Observed>, ApiError> {
    caller.administrator()?;
    let service = &find(&app, &of.service)?.catalog.service;
    let switched = app.gate().switched(service)?;
    let seen = app.observed().of(service);
    let mut rows: Vec<_> = seen.rows.into_iter().collect();
    rows.sort_by(|(a, seen_a), (b, seen_b)| seen_b.count.cmp(&seen_a.count).then_with(|| a.cmp(b)));
    let sights = rows.into_iter().map(|(sight, seen)| symbolon_api::Sight {
        method: sight.method,
        path: sight.path,
        in_catalog: sight.in_catalog,
        under_mount: sight.under_mount,
        reason: sight.reason.map(str::to_owned),
        count: seen.count,
        last_at: seen.last_at.to_string(),
    });
    Ok(Json(Observed {
        service: service.to_string(),
        enforced: app.gate().enforces(service),
        decided_by: if switched.is_some() { "record" } else { "configuration" }.to_owned(),
        switched_at: switched.map(|switched| switched.since.to_string()),
        since: app.pulse().started_at.to_string(),
        sights: sights.collect(),
        left_out: seen.left_out,
    }))
}
