//! Services: their catalogs, readable.

use axum::Json;
use axum::extract::State;
use symbolon_api::{List, ServiceInfo};
use symbolon_core::{Catalog, Code};
use symbolon_gate::Service;

use super::caller::{Caller, MaybeCaller, Who};
use super::parameters::{OfService, PathOf};
use super::service_info;
use crate::answer::ApiError;
use crate::app::App;

/// The service of a path, or 404.
pub(super) fn find(app: &App, name: &str) -> Result<Service, ApiError> {
    app.gate().service(name).ok_or_else(|| {
        let known: Vec<_> =
            app.gate().services().iter().map(|service| service.catalog.service.to_string()).collect();
        ApiError::new(Code::NotFound, format!("there is no such service; there is {}", known.join(", ")))
    })
}

/// Catalogs are read by whoever is known, or by all where the operator opened them.
pub(super) fn readable(app: &App, caller: &MaybeCaller) -> Result<(), ApiError> {
    if caller.0.is_some() || app.shared().parts.open_documents {
        return Ok(());
    }
    Err(ApiError::challenged(Code::CredentialRequired))
}

/// Whether this caller may read this catalog: a verifier key and a token know of their own service alone.
fn concerns(app: &App, caller: &MaybeCaller, catalog: &Catalog) -> bool {
    let own = match caller.0.as_ref().map(|caller| &caller.who) {
        Some(Who::Verifier(service, _)) => *service == catalog.service,
        Some(Who::Token(token, _)) => token.service == catalog.service,
        _ => true,
    };
    own || app.shared().parts.open_documents
}

/// A catalog, whether it is enforced, and for people and the system key where the service's proxy listens.
pub(super) fn info(app: &App, caller: Option<&Caller>, catalog: &Catalog) -> ServiceInfo {
    let told = caller.is_some_and(|caller| caller.operator().is_ok());
    let url = app.pulse().proxy_of(&catalog.service).filter(|_| told);
    ServiceInfo { url, enforced: app.gate().enforces(&catalog.service), ..service_info(catalog) }
}

/// List the services.
#[utoipa::path(get, path = "/v1/services", tag = "services", responses((status = 200, body = List<ServiceInfo>)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: MaybeCaller,
) -> Result<Json<List<ServiceInfo>>, ApiError> {
    readable(&app, &caller)?;
    let services = app.gate().services();
    let read = services.iter().filter(|service| concerns(&app, &caller, &service.catalog));
    let items = read.map(|service| info(&app, caller.0.as_ref(), &service.catalog)).collect();
    Ok(Json(List { items, next_cursor: None }))
}

/// Show a service: its scopes, profiles, roles and routes.
#[utoipa::path(
    get, path = "/v1/services/{service}", tag = "services",
    params(OfService),
    responses((status = 200, body = ServiceInfo)),
)]
pub(super) async fn show(
    State(app): State<App>,
    caller: MaybeCaller,
    PathOf(of): PathOf<OfService>,
) -> Result<Json<ServiceInfo>, ApiError> {
    readable(&app, &caller)?;
    let catalog = find(&app, &of.service)?.catalog;
    if !concerns(&app, &caller, &catalog) {
        return Err(ApiError::new(Code::NotFound, "there is no such service"));
    }
    Ok(Json(info(&app, caller.0.as_ref(), &catalog)))
}
