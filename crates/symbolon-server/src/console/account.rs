//! The reader's own account: the password, and where one is signed in.

use askama::Template;
use axum::Router;
use axum::extract::{FromRequest, Path, RawQuery, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::header::COOKIE;
use symbolon_api::client::{PageOf, SessionFilter};
use symbolon_api::{ChangePassword, CreateSession};

use super::Site;
use super::fault::Fault;
use super::fields::Fields;
use super::page::{self, Frame, Section};
use super::posted::{Posted, PostedFirst};
use super::problems::Problems;
use super::reader::{Reader, SignedIn};
use super::sessions::Row;
use super::sign_in::{self, Entered, with_cookies};
use super::text::{EN, Text, notice};
use crate::management::device_of;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/account", get(show))
        .route("/account/password", get(first).post(change))
        .route("/account/sessions/{id}/end", post(end))
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    t: &'static Text,
    frame: Frame,
    user: String,
    form_token: String,
    roles: Vec<(String, String)>,
    administers: bool,
    sessions: Vec<Row>,
}

async fn show(reader: Reader, RawQuery(query): RawQuery) -> Result<Response, Fault> {
    let t = &EN;
    let asked = Fields::read(query.unwrap_or_default().as_bytes());
    let own = SessionFilter { user: Some(reader.name().to_owned()) };
    let sessions = reader.api.sessions(&own, &PageOf { cursor: None, limit: Some(100) }).await?;
    let current = reader.me.session.as_ref().map(|session| session.id.clone()).unwrap_or_default();
    let roles =
        reader.me.services.iter().filter_map(|service| Some((service.title.clone(), service.role.clone()?)));
    Ok(page::show(&AccountPage {
        t,
        frame: Frame::of(&reader, t.account_title, Section::Account, None).noting(notice(asked.text("done"))),
        user: reader.name().to_owned(),
        form_token: reader.form_token.as_str().to_owned(),
        roles: roles.collect(),
        administers: reader.me.platform_admin,
        sessions: sessions.items.into_iter().map(|session| Row::of(session, &current)).collect(),
    }))
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    t: &'static Text,
    frame: Frame,
    user: String,
    form_token: String,
    /// Whether it must be changed before anything else.
    first: bool,
    problems: Problems,
}

fn form(reader: &Reader, problems: Problems) -> PasswordPage {
    let t = &EN;
    let first = reader.me.password_temporary;
    let title = if first { t.password_first_title } else { t.password_title };
    let frame = if first { Frame::outside(title) } else { Frame::of(reader, title, Section::Account, None) };
    PasswordPage {
        t,
        frame,
        user: reader.name().to_owned(),
        form_token: reader.form_token.as_str().to_owned(),
        first,
        problems,
    }
}

async fn first(SignedIn(reader): SignedIn) -> Response {
    page::show(&form(&reader, Problems::default()))
}

/// Changes the password. Every session of the user's ends; this browser gets a new one.
async fn change(State(site): State<Site>, request: Request) -> Result<Response, Fault> {
    let (mut parts, body) = request.into_parts();
    let request = Request::from_parts(parts.clone(), body);
    let PostedFirst(Posted { reader, fields }) = PostedFirst::from_request(request, &site).await?;
    let new = fields.raw("new");
    if new != fields.raw("again") {
        return Ok(page::again(&form(&reader, Problems::at("again", EN.password_differs))));
    }
    let change = ChangePassword { current: fields.raw("current").to_owned(), new: new.to_owned() };
    if let Err(error) = reader.api.change_password(&change).await {
        let problems = Problems::of(*Fault::from(error).problem()?, &["current", "new"]);
        return Ok(page::again(&form(&reader, problems)));
    }
    // Somebody who has just given the password is not counted with those who guess it.
    if let Some(device) = device_of(&site.app, reader.name()).await {
        parts.headers.insert(COOKIE, device);
    }
    let login = CreateSession { username: reader.name().to_owned(), password: new.to_owned() };
    match sign_in::session(&site, &parts, &login).await? {
        Entered::In(cookies) => {
            let place =
                if reader.me.password_temporary { "/?done=password" } else { "/account?done=password" };
            Ok(with_cookies(Redirect::to(place).into_response(), cookies))
        }
        _ => Ok(Redirect::to("/sign-in?done=password").into_response()),
    }
}

/// Ends one of one's own sessions.
async fn end(Path(id): Path<String>, Posted { reader, .. }: Posted) -> Result<Response, Fault> {
    reader.api.end_session(&id).await?;
    Ok(Redirect::to("/account?done=session_ended").into_response())
}
