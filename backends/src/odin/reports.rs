//! Figures over the whole farm. The sums are in `views.sql`.

use axum::{Router, extract::State, routing::get};
use sqlx::SqlitePool;

use crate::{
    database::rows,
    json::{Answer, JsonText},
};

pub(super) fn routes() -> Router<SqlitePool> {
    Router::new()
        .route("/analytics", get(analytics))
        .route("/stats", get(stats))
        .route("/reports/chargebacks", get(chargebacks))
}

async fn analytics(State(db): State<SqlitePool>) -> Answer {
    Ok(JsonText::ok(sqlx::query_scalar("SELECT body FROM analytics_json").fetch_one(&db).await?))
}

async fn stats(State(db): State<SqlitePool>) -> Answer {
    Ok(JsonText::ok(sqlx::query_scalar("SELECT body FROM stats_json").fetch_one(&db).await?))
}

async fn chargebacks(State(db): State<SqlitePool>) -> Answer {
    rows(&db, sqlx::query_scalar("SELECT body FROM chargeback_json ORDER BY department")).await
}
