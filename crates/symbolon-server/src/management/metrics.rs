//! The metrics, for a monitoring system. For platform administrators and the system key, or for all where the operator
//! opened them.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;

use super::caller::MaybeCaller;
use crate::answer::ApiError;
use crate::app::App;
use crate::metrics;
use symbolon_core::Code;

/// Where they are open nobody is looked up, so that they are told in an outage too, when nobody can be.
pub(super) async fn metrics(
    State(app): State<App>,
    caller: Result<MaybeCaller, ApiError>,
) -> Result<Response, ApiError> {
    if !app.shared().parts.open_metrics {
        let caller = caller?.0.ok_or_else(|| ApiError::challenged(Code::CredentialRequired))?;
        caller.administrator()?;
    }
    let text = app.metrics_text().await.map_err(|_| ApiError::unavailable())?;
    Ok(([(CONTENT_TYPE, metrics::CONTENT_TYPE)], Body::from(text)).into_response())
}
