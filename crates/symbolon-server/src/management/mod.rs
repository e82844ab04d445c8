//! The management API (DESIGN part 8). One noun, one file. A handler says who may, turns the wire into domain
//! values, calls one rule of core, and makes one store call; the gate has applied it when that returns.

pub(crate) mod asks;
mod audit;
mod body;
mod broken;
mod caller;
mod commit;
mod cookies;
mod detail;
mod enforcement;
mod envelope;
mod explain;
mod health;
mod keys;
mod leaks;
mod metrics;
mod oauth;
mod openapi;
mod own;
mod parameters;
mod refused;
mod server_keys;
mod services;
mod sessions;
mod settled;
mod status;
mod tokens;
mod users;
mod verify;
mod webhooks;
mod wire;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::middleware;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use caller::MaybeCaller;

pub(crate) use cookies::{clear_cookie, device_of, settable};
pub use keys::check_operator_secret;
pub(crate) use wire::service_info;

/// The longest body that is read, in bytes. Larger than any field may be, so that the field can be named.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// The management API over `app`.
pub fn router(app: App) -> Router {
    let (router, document) = documented().split_for_parts();
    let document: Arc<str> = openapi::json(&openapi::finish(document)).into();
    router
        .route(
            "/openapi.json",
            axum::routing::get(async move |State(app): State<App>, caller: MaybeCaller| {
                openapi::serve(&app, &caller, &document)
            }),
        )
        .route("/metrics", axum::routing::get(metrics::metrics))
        .fallback(envelope::not_found)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(app.clone(), settled::settled))
        .layer(middleware::from_fn_with_state(app.clone(), envelope::envelope))
        .with_state(app)
}

/// The `OpenAPI` document of the management API, as JSON.
pub fn document() -> String {
    openapi::json(&openapi::finish(documented().into_openapi()))
}

fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(services::list))
        .routes(routes!(services::show, enforcement::edit))
        .routes(routes!(enforcement::observed))
        .routes(routes!(tokens::read::list, tokens::create::create))
        .routes(routes!(tokens::import::import))
        .routes(routes!(tokens::read::show, tokens::change::edit, tokens::change::revoke))
        .routes(routes!(tokens::usage::usage))
        .routes(routes!(tokens::advice::list))
        .routes(routes!(tokens::advice::show))
        .routes(routes!(tokens::batch::create_many))
        .routes(routes!(tokens::bulk::bulk))
        .routes(routes!(tokens::history::audit))
        .routes(routes!(tokens::change::disable))
        .routes(routes!(tokens::change::enable))
        .routes(routes!(tokens::rotate::rotate))
        .routes(routes!(verify::verify))
        .routes(routes!(verify::verify_many))
        .routes(routes!(explain::explain))
        .routes(routes!(oauth::introspect::introspect))
        .routes(routes!(oauth::revoke::revoke))
        .routes(routes!(own::show, own::revoke))
        .routes(routes!(own::change_password))
        .routes(routes!(tokens::derive::derive))
        .routes(routes!(asks::read::list, asks::make::make))
        .routes(routes!(asks::read::show, asks::answer::end))
        .routes(routes!(asks::answer::approve))
        .routes(routes!(asks::answer::deny))
        .routes(routes!(sessions::list, sessions::create))
        .routes(routes!(sessions::end_current))
        .routes(routes!(sessions::end))
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::show, users::edit, users::remove))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::show, keys::remove))
        .routes(routes!(leaks::look_up))
        .routes(routes!(leaks::github::hear))
        .routes(routes!(server_keys::show))
        .routes(routes!(server_keys::rotate_pepper))
        .routes(routes!(server_keys::rotate_sessions))
        .routes(routes!(server_keys::retire_pepper))
        .routes(routes!(audit::list))
        .routes(routes!(audit::export))
        .routes(routes!(audit::checkpoint))
        .routes(routes!(audit::key))
        .routes(routes!(webhooks::list))
        .routes(routes!(webhooks::test))
        .routes(routes!(webhooks::retry))
        .routes(routes!(status::status))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
}
