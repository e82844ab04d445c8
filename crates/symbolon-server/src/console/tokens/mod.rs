//! The tokens of a service: the list, a new one, one of them, and taking back.

mod advice;
mod bulk;
mod change;
pub(super) mod choice;
mod edit;
mod lent;
mod limit;
mod list;
mod metadata;
mod new;
mod once;
mod revoke;
mod rotate;
mod show;

use axum::Router;
use axum::routing::{get, post};
use symbolon_api::{SelfService, TokenRecord};

use super::Site;
use super::fault::Fault;
use super::moment::Moment;
use super::reader::Reader;
use super::text::EN;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/services/{service}/tokens", get(list::show))
        .route("/services/{service}/tokens/revoke", post(revoke::several))
        .route("/services/{service}/tokens/advice", get(advice::show))
        .route("/services/{service}/tokens/bulk", get(bulk::show).post(bulk::make))
        .route("/services/{service}/tokens/new", get(new::show).post(new::create))
        .route("/services/{service}/tokens/new/summary", post(new::summary))
        .route("/services/{service}/tokens/{id}", get(show::show))
        .route("/services/{service}/tokens/{id}/edit", get(edit::show).post(edit::save))
        .route("/services/{service}/tokens/{id}/edit/summary", post(edit::summary))
        .route("/services/{service}/tokens/{id}/disable", post(change::disable))
        .route("/services/{service}/tokens/{id}/enable", post(change::enable))
        .route("/services/{service}/tokens/{id}/rotate", get(rotate::ask).post(rotate::rotate))
        .route("/services/{service}/tokens/{id}/revoke", get(revoke::ask).post(revoke::one))
}

/// What the reader is in a service. One whose tokens they do not manage is no page of theirs, whatever is typed.
fn of_reader<'r>(reader: &'r Reader, service: &str) -> Result<&'r SelfService, Fault> {
    reader.me.services.iter().find(|known| known.service == service).ok_or(Fault::NotFound)
}

/// Where a token's page is.
fn page_of(token: &TokenRecord) -> String {
    format!("/services/{}/tokens/{}", token.service, token.id)
}

/// A token's state as a badge: the word, and the class that colours it.
struct State {
    word: &'static str,
    class: &'static str,
}

impl State {
    fn of(state: &str) -> Self {
        let t = &EN;
        match state {
            "active" => Self { word: t.state_active, class: "active" },
            "disabled" => Self { word: t.state_disabled, class: "disabled" },
            "expired" => Self { word: t.state_expired, class: "expired" },
            _ => Self { word: t.state_revoked, class: "revoked" },
        }
    }
}

/// The beginning of a token's secret, as it is written; `prefix` is the service's own.
fn begins(token: &TokenRecord, prefix: &str) -> String {
    match &token.imported {
        Some(old) => format!("{}…", old.prefix),
        None => format!("{prefix}_{}…", token.token_prefix),
    }
}

/// Whether it was imported and nobody has used it since.
fn not_used_yet(token: &TokenRecord) -> bool {
    token.imported.as_ref().is_some_and(|old| !old.upgraded)
}

/// A moment that may never come, or never have been.
fn perhaps(text: Option<&String>) -> Option<Moment> {
    text.map(|text| Moment::read(text))
}
