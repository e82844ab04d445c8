//! Who is signed in, and ending that.

use askama::Template;
use axum::Router;
use axum::extract::{Path, RawQuery};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use symbolon_api::SessionRecord;
use symbolon_api::client::{PageOf, SessionFilter};

use super::Site;
use super::fault::Fault;
use super::fields::Fields;
use super::moment::Moment;
use super::page::{self, Frame, Section};
use super::posted::Posted;
use super::reader::Reader;
use super::text::{EN, Text, fill, notice};

/// Sessions on a page.
const ROWS: usize = 50;

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/sessions", get(show)).route("/sessions/{id}/end", post(end))
}

/// A session in a table.
pub(super) struct Row {
    pub(super) id: String,
    /// Whose it is.
    pub(super) user: String,
    /// Where from.
    pub(super) place: String,
    pub(super) started: Moment,
    pub(super) ends: Moment,
    /// Whether it is the one that reads.
    pub(super) current: bool,
}

impl Row {
    /// Of a session; `current` is the id of the one that reads.
    pub(super) fn of(session: SessionRecord, current: &str) -> Self {
        Self {
            place: session.client_ip.unwrap_or_else(|| EN.somewhere.to_owned()),
            started: Moment::read(&session.created_at),
            ends: Moment::read(&session.expires_at),
            current: session.id == current,
            user: session.user,
            id: session.id,
        }
    }

    /// What its button ends, for whoever does not see the row.
    fn whose(&self) -> String {
        fill(EN.end_session_of, &[("user", &self.user), ("place", &self.place)])
    }
}

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    t: &'static Text,
    frame: Frame,
    about: String,
    form_token: String,
    /// Whose are shown; empty for everybody's.
    user: String,
    rows: Vec<Row>,
    /// What is said where there are none.
    none: String,
    first: Option<String>,
    next: Option<String>,
}

/// The list's address.
fn address(user: &str, cursor: &str) -> String {
    let given: Vec<_> =
        [("user", user), ("cursor", cursor)].into_iter().filter(|(_, text)| !text.is_empty()).collect();
    page::further("/sessions", &given)
}

/// The page of sessions. Whoever does not administer sees their own in their account.
async fn show(reader: Reader, RawQuery(query): RawQuery) -> Result<Response, Fault> {
    let t = &EN;
    if !reader.me.platform_admin {
        return Ok(Redirect::to("/account").into_response());
    }
    let asked = Fields::read(query.unwrap_or_default().as_bytes());
    let (user, cursor) = (asked.given("user"), asked.given("cursor"));
    let later = cursor.is_some();
    let filter = SessionFilter { user: user.clone() };
    let sessions = reader.api.sessions(&filter, &PageOf { cursor, limit: Some(ROWS) }).await?;
    let current = reader.me.session.as_ref().map(|session| session.id.clone()).unwrap_or_default();
    let user = user.unwrap_or_default();
    let about =
        |all: &str, one: &str| if user.is_empty() { all.to_owned() } else { fill(one, &[("name", &user)]) };
    Ok(page::show(&SessionsPage {
        t,
        frame: Frame::of(&reader, t.nav_sessions, Section::Sessions, None).noting(notice(asked.text("done"))),
        about: about(t.sessions_about, t.sessions_about_one),
        none: about(t.sessions_none, t.sessions_none_one),
        form_token: reader.form_token.as_str().to_owned(),
        rows: sessions.items.into_iter().map(|session| Row::of(session, &current)).collect(),
        first: later.then(|| address(&user, "")),
        next: sessions.next_cursor.map(|cursor| address(&user, &cursor)),
        user,
    }))
}

/// Ends one. One that has ended by itself in the meantime is ended too.
async fn end(Path(id): Path<String>, Posted { reader, fields }: Posted) -> Result<Response, Fault> {
    match reader.api.end_session(&id).await.map_err(Fault::from) {
        Ok(()) | Err(Fault::NotFound) => {}
        Err(fault) => return Err(fault),
    }
    let user = Some(("user", fields.text("user"))).filter(|(_, user)| !user.is_empty());
    let query: Vec<_> = user.into_iter().chain([("done", "session_ended")]).collect();
    Ok(Redirect::to(&page::further("/sessions", &query)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_knows_its_own_and_says_where_nobody_knows() {
        let session = |id: &str, client_ip: Option<&str>| SessionRecord {
            id: id.to_owned(),
            user: "ada".to_owned(),
            created_at: "2026-11-26T10:00:00Z".to_owned(),
            expires_at: "2026-11-27T10:00:00Z".to_owned(),
            client_ip: client_ip.map(str::to_owned),
        };
        let row = Row::of(session("ses_1", Some("10.0.0.1")), "ses_1");
        assert!(row.current);
        assert_eq!(row.place, "10.0.0.1");
        let row = Row::of(session("ses_2", None), "ses_1");
        assert!(!row.current);
        assert_eq!(row.place, EN.somewhere);
    }

    #[test]
    fn a_page_of_one_persons_sessions_is_followed_by_another_of_theirs() {
        assert_eq!(address("", ""), "/sessions");
        assert_eq!(address("a&b", "c"), "/sessions?user=a%26b&cursor=c");
    }
}
