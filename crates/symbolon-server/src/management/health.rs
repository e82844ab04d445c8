//! Whether the server lives, and whether it can decide. Open to all, and telling nothing else.

use axum::Json;
use axum::extract::State;
use symbolon_api::Health;

use crate::answer::ApiError;
use crate::app::App;

fn ok() -> Json<Health> {
    Json(Health { status: "ok".to_owned() })
}

/// Whether the process answers.
#[utoipa::path(get, path = "/healthz", tag = "health", security(()), responses((status = 200, body = Health)))]
pub(super) async fn healthz() -> Json<Health> {
    ok()
}

/// Whether decisions can be made and the record answers.
#[utoipa::path(get, path = "/readyz", tag = "health", security(()), responses((status = 200, body = Health)))]
pub(super) async fn readyz(State(app): State<App>) -> Result<Json<Health>, ApiError> {
    if !app.gate().ready() {
        return Err(ApiError::unavailable());
    }
    app.store().ping().await?;
    Ok(ok())
}
