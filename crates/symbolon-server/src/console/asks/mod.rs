//! Asks: what tokens ask to be lent, what is said to that, and asking. What somebody sees and may say is the API's to decide.

mod answer;
mod list;
mod new;
mod show;

use axum::Router;
use axum::routing::{get, post};
use symbolon_api::AskRecord;

use super::Site;
use super::reader::Reader;
use super::scopes::{Verb, parts};
use super::text::EN;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/asks", get(list::show))
        .route("/asks/new", get(new::show).post(new::make))
        .route("/asks/{id}", get(show::show))
        .route("/asks/{id}/approve", post(answer::approve))
        .route("/asks/{id}/deny", post(answer::deny))
        .route("/asks/{id}/end", post(answer::end))
}

/// What has become of an ask, as a badge: the word, and the class that colours it.
struct State {
    word: &'static str,
    class: &'static str,
}

impl State {
    fn of(state: &str) -> Self {
        let t = &EN;
        let (word, class) = match state {
            "open" => (t.ask_open, "disabled"),
            "approved" => (t.ask_approved, "active"),
            "ended" => (t.ask_ended, "ended"),
            "denied" => (t.ask_denied, "revoked"),
            "withdrawn" => (t.ask_withdrawn, "withdrawn"),
            _ => (t.ask_lapsed, "lapsed"),
        };
        Self { word, class }
    }
}

/// The name of a scope, as a chip.
struct Chip {
    name: String,
    /// Whether it does more than look.
    changes: bool,
}

impl Chip {
    fn of(scope: &str) -> Self {
        Self { name: scope.to_owned(), changes: parts(scope).verb != Verb::Read }
    }
}

/// Who answered, by name where they have one; the audit says which key it was.
pub(super) fn answered_by(by: &str) -> String {
    match by {
        "local" => EN.ask_by_local.to_owned(),
        key if key.starts_with("key_") => EN.ask_by_key.to_owned(),
        name => name.to_owned(),
    }
}

/// The title of the service that an ask is about, and the beginning of the token's secret as it is written. Of a service that is
/// not there any more its name, and those characters alone.
fn written(reader: &Reader, ask: &AskRecord) -> (String, String) {
    let prefix = &ask.token.token_prefix;
    match reader.me.services.iter().find(|known| known.service == ask.service) {
        Some(known) => (known.title.clone(), format!("{}_{prefix}…", known.token_prefix)),
        None => (ask.service.clone(), format!("{prefix}…")),
    }
}
