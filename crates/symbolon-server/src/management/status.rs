//! How the server is. For platform administrators and the system key.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use symbolon_api::{
    BrokenSeal, CatalogState, DoorInfo, Fleet, FleetNode, IndexSize, Rate, RecentRefusal, ServiceChecks,
    Status, StoreState,
};
use symbolon_core::Timestamp;
use symbolon_core::store::FleetStatus;

use super::caller::Caller;
use crate::answer::ApiError;
use crate::app::App;
use crate::pulse::{Counts, Door};
use crate::refusals::Refused;

/// How many refusals are told of at most.
const REFUSALS: usize = 50;

/// Show how the server is: where it listens, what it has decided, how large and how well it is.
#[utoipa::path(get, path = "/v1/status", tag = "health", responses((status = 200, body = Status)))]
pub(super) async fn status(State(app): State<App>, caller: Caller) -> Result<Json<Status>, ApiError> {
    caller.administrator()?;
    // That the record does not answer is what is asked for, and no reason to refuse.
    let size = app.store().size().await.ok();
    let available = size.is_some() && app.store().ping().await.is_ok();
    let (users, sessions) = app.gate().people();
    let pulse = app.pulse();
    Ok(Json(Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: pulse.started_at.to_string(),
        now: app.now().to_string(),
        doors: pulse.doors().into_iter().map(|known| door(known, app.now())).collect(),
        services: checks(&app),
        rates: pulse.samples().into_iter().map(|(at, counts)| rate(at.to_string(), counts)).collect(),
        index: IndexSize {
            tokens: app.gate().tokens() as u64,
            users: users as u64,
            sessions: sessions as u64,
        },
        store: StoreState { kind: app.store().kind().to_owned(), available, bytes: size },
        fleet: app.store().fleet().await.ok().flatten().as_ref().map(fleet),
        lease_left_ms: app.gate().lease().left().map(millis),
        usage_dropped: app.gate().usage_dropped(),
        catalogs: catalogs(&app),
        refusals: app.refusals().latest(REFUSALS).iter().map(refusal).collect(),
        broken_seals: app.store().broken_seals().into_iter().map(broken_seal).collect(),
    }))
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn fleet(status: &FleetStatus) -> Fleet {
    let node = |node: &symbolon_core::store::FleetNode| FleetNode {
        id: node.id.to_string(),
        name: node.name.clone(),
        version: node.version.clone(),
        started_at: node.started_at.to_string(),
        behind: status.seq.saturating_sub(node.applied),
        renewed_ms_ago: millis(node.renewed_ago),
    };
    Fleet {
        lease_ms: millis(status.terms.lease),
        margin_ms: millis(status.terms.margin),
        seq: status.seq,
        epoch: status.epoch,
        synchronous_standbys: status.synchronous_standbys,
        switched_off: status.switched_off.clone(),
        own: status.own.map(|id| id.to_string()),
        nodes: status.nodes.iter().map(node).collect(),
    }
}

fn door(door: Door, now: Timestamp) -> DoorInfo {
    DoorInfo {
        certificate: door.tls.map(|tls| tls.state(now)),
        name: door.name.to_owned(),
        address: door.address,
        service: door.service.map(|service| service.to_string()),
    }
}

fn checks(app: &App) -> Vec<ServiceChecks> {
    let title = |name: &str| app.gate().service(name).map(|service| service.catalog.title.clone());
    let checks = app.gate().checks().into_iter().map(|checks| ServiceChecks {
        title: title(checks.service.as_str()).unwrap_or_else(|| checks.service.to_string()),
        service: checks.service.to_string(),
        checks: checks.counts.iter().map(|(code, count)| (code.as_str().to_owned(), *count)).collect(),
    });
    checks.collect()
}

fn rate(at: String, counts: Counts) -> Rate {
    Rate { at, allowed: counts.allowed, refused: counts.refused, unavailable: counts.unavailable }
}

fn catalogs(app: &App) -> Vec<CatalogState> {
    let state = app.pulse().catalogs();
    let services = app.gate().services();
    let catalogs = services.iter().map(|service| CatalogState {
        service: service.catalog.service.to_string(),
        enforced: app.gate().enforces(&service.catalog.service),
        loaded_at: state.loaded_at.to_string(),
        fault: state.fault.clone(),
    });
    catalogs.collect()
}

fn broken_seal(broken: symbolon_core::store::BrokenSeal) -> BrokenSeal {
    BrokenSeal { kind: broken.kind.as_str().to_owned(), id: broken.id }
}

fn refusal(refused: &Refused) -> RecentRefusal {
    RecentRefusal {
        request_id: refused.id.to_string(),
        at: refused.at.to_string(),
        service: refused.service.to_string(),
        method: refused.method.clone(),
        path: refused.path.clone(),
        code: refused.reason.code().as_str().to_owned(),
        reason: refused.reason.word().to_owned(),
        token: refused.token.map(|token| token.to_string()),
    }
}
