//! Two small real applications for Symbolon to guard: [`odysseus`], a personal assistant, and [`odin`], a print farm.
//!
//! They are what the demo runs and what the tests send requests through. Each has its own SQLite file and knows
//! nothing of tokens: who is calling stands in the five identity headers that Symbolon sets, and whether the caller
//! may do it was decided before the request arrived. Believing headers is safe only where nobody but Symbolon can
//! reach the application, so bind these routers to loopback and nothing else.

mod choice;
mod database;
mod error;
mod identity;
mod input;
mod json;
pub mod odin;
pub mod odysseus;

pub use database::BackendError;

use axum::{Router, middleware};

use error::ApiError;

/// What both applications share around their routes: every request must come from behind Symbolon, and what no route
/// answers is refused as JSON like everything else.
fn behind_symbolon(routes: Router) -> Router {
    routes
        .fallback(|| async { ApiError::not_found("there is nothing at this path") })
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
        .layer(middleware::from_fn(identity::require))
}
