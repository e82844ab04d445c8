//! The console: Settings → API Tokens, and around it what an operator looks at. Pages made here, of templates that
//! escape what they are given; a stylesheet and a script that no page needs.
//!
//! It is a client of the management API in the same process. Each page holds its reader's session ([`reader`]), makes
//! ordinary calls with it, and shows what came; a form is taken from a page of ours alone ([`posted`]), becomes one
//! call, and what the API finds wrong with it is shown at the field ([`problems`]). So there is nothing here that the
//! API does not allow, and no rule is here twice.

mod account;
mod asks;
mod assets;
mod audit;
mod catalog;
mod chart;
mod fault;
mod fields;
mod form_token;
mod health;
mod keys;
mod moment;
mod page;
mod people;
mod posted;
mod problems;
mod reader;
mod restrictions;
mod scopes;
mod sessions;
mod sign_in;
mod summary;
#[cfg(test)]
mod tests;
mod text;
mod tokens;

use axum::Router;
use axum::extract::{DefaultBodyLimit, RawQuery, Request, State};
use axum::middleware;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::Method;
use http::header::ACCEPT;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use tower::ServiceExt;

use crate::app::App;
use crate::management;
use fault::Fault;
use form_token::hex_of;
use reader::Reader;

/// The longest form that is read, in bytes.
const MAX_FORM: usize = 64 * 1024;

/// What the pages are made with.
#[derive(Clone)]
struct Site {
    app: App,
    /// The management API.
    api: Router,
}

impl Site {
    /// A word that nobody has had before.
    fn random_word(&self) -> String {
        let mut bytes = [0; 16];
        self.app.entropy().fill(&mut bytes);
        hex_of(&bytes)
    }

    /// The word of a form that makes sending it again harmless: the one that it carries, or a new one.
    fn once(&self, fields: &fields::Fields) -> String {
        Some(fields.once()).filter(|word| !word.is_empty()).map_or_else(|| self.random_word(), str::to_owned)
    }

    /// The first day on which something new may end, as a date field takes it.
    fn tomorrow(&self) -> String {
        let tomorrow = self.app.now().saturating_add(SignedDuration::from_hours(24));
        tomorrow.map(|at| at.to_zoned(TimeZone::UTC).date().to_string()).unwrap_or_default()
    }
}

/// The console and, below it, the management API over `app`.
pub fn router(app: App) -> Router {
    let api = management::router(app.clone());
    let pages = Router::new()
        .route("/", get(start))
        .merge(sign_in::routes())
        .merge(account::routes())
        .merge(tokens::routes())
        .merge(catalog::routes())
        .merge(asks::routes())
        .merge(people::routes())
        .merge(keys::routes())
        .merge(sessions::routes())
        .merge(audit::routes())
        .merge(health::routes())
        .route("/assets/{name}", get(assets::serve))
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .layer(middleware::from_fn(page::envelope));
    pages.fallback(elsewhere).with_state(Site { app, api })
}

/// Where one begins: with the tokens of the first service that one manages.
async fn start(reader: Reader, RawQuery(query): RawQuery) -> Redirect {
    let own = reader.me.services.iter().find(|service| service.manages_tokens);
    let place = own
        .or(reader.me.services.first())
        .map_or_else(|| "/account".to_owned(), |service| format!("/services/{}/tokens", service.service));
    // Word of what has just been done goes along.
    let asked = fields::Fields::read(query.unwrap_or_default().as_bytes());
    match asked.text("done") {
        "password" => Redirect::to(&format!("{place}?done=password")),
        _ => Redirect::to(&place),
    }
}

/// What is no page is the API's to answer; but a person who mistyped an address is told so in words.
async fn elsewhere(State(site): State<Site>, request: Request) -> Response {
    let accepts = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let person = request.method() == Method::GET && accepts.contains("text/html");
    let answer = site.api.oneshot(request).await.unwrap_or_else(|never| match never {});
    if person && answer.status() == http::StatusCode::NOT_FOUND {
        return page::dressed(Fault::NotFound.into_response());
    }
    answer
}
