//! O.D.I.N., a print farm: printers, jobs, spools, models, orders, and what an agent needs to run them.
//!
//! Every path is served under `/api` and under `/api/v1`. The shapes of the answers are in `views.sql`.

mod alerts;
mod filaments;
mod jobs;
mod maintenance;
mod models;
mod orders;
mod printers;
mod reports;
mod spools;
mod system;

use std::path::Path;

use axum::Router;

use crate::{
    BackendError, behind_symbolon,
    database::{self, Schema},
};

const SCHEMA: Schema = Schema {
    application_id: 0x4F44_494E, // "ODIN"
    tables: concat!(include_str!("schema.sql"), include_str!("views.sql")),
    seed: include_str!("seed.sql"),
};

/// The roles that run the farm. Whoever has a weaker one may only ask for a job, and waits for approval.
const OPERATORS: &[&str] = &["operator", "admin", "superadmin"];

/// O.D.I.N. on the SQLite file `database`, which is created and filled with a farm when it is new.
///
/// The router believes the identity headers of every request; bind it to loopback, behind Symbolon.
pub async fn app(database: &Path) -> Result<Router, BackendError> {
    let db = database::open(database, &SCHEMA).await?;
    let routes = Router::new()
        .merge(printers::routes())
        .merge(jobs::routes())
        .merge(spools::routes())
        .merge(models::routes())
        .merge(orders::routes())
        .merge(alerts::routes())
        .merge(filaments::routes())
        .merge(maintenance::routes())
        .merge(reports::routes())
        .merge(system::routes())
        .with_state(db);
    Ok(behind_symbolon(Router::new().nest("/api", routes.clone()).nest("/api/v1", routes)))
}
