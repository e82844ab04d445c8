//! Switching a token off and on.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};

use super::page_of;
use crate::console::fault::Fault;
use crate::console::posted::Posted;

/// Switches it off, until it is switched on again.
pub(super) async fn disable(
    Path((service, id)): Path<(String, String)>,
    Posted { reader, .. }: Posted,
) -> Result<Response, Fault> {
    let token = reader.api.disable_token(&service, &id).await?;
    Ok(Redirect::to(&format!("{}?done=disabled", page_of(&token))).into_response())
}

/// Switches it on again.
pub(super) async fn enable(
    Path((service, id)): Path<(String, String)>,
    Posted { reader, .. }: Posted,
) -> Result<Response, Fault> {
    let token = reader.api.enable_token(&service, &id).await?;
    Ok(Redirect::to(&format!("{}?done=enabled", page_of(&token))).into_response())
}
