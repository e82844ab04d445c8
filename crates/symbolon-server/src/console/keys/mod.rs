//! System and verifier keys: the list, a new one, and taking back. For platform administrators: the API refuses others.

mod list;
mod new;
mod revoke;

use axum::Router;
use axum::routing::get;

use super::Site;
use super::reader::Reader;
use super::text::{EN, fill};

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/keys", get(list::show))
        .route("/keys/new", get(new::show).post(new::create))
        .route("/keys/{id}/revoke", get(revoke::ask).post(revoke::one))
}

/// A service's title; its name, if there is no such service any more.
fn title<'a>(reader: &'a Reader, service: &'a str) -> &'a str {
    reader
        .me
        .services
        .iter()
        .find(|known| known.service == service)
        .map_or(service, |known| known.title.as_str())
}

/// What a key may do, in words. Without a service it is a system key.
fn may(reader: &Reader, service: Option<&str>) -> String {
    match service {
        Some(service) => fill(EN.key_verifies, &[("service", title(reader, service))]),
        None => EN.key_everything.to_owned(),
    }
}
