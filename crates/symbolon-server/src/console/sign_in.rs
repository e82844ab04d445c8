//! Signing in and out.

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, RawQuery, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::header::{CONTENT_TYPE, COOKIE, HOST, RETRY_AFTER, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::BodyExt;
use symbolon_api::{CreateSession, Problem};
use tower::ServiceExt;

use super::Site;
use super::fault::Fault;
use super::fields::Fields;
use super::form_token::FormToken;
use super::page::{self, Frame, own_place};
use super::posted::{PostedFirst, check, own_page, read};
use super::reader::SignedIn;
use super::text::{EN, Text, fill, notice};
use crate::incoming::{Peer, cookie, form_cookie_name};
use crate::management::{clear_cookie, settable};
use crate::trusted;

/// The longest form of a sign-in, in bytes.
const MAX_SIGN_IN: usize = 8 * 1024;

pub(super) fn routes() -> Router<Site> {
    // Whoever signs in is nobody yet, and a name and a password are short.
    let enter = post(enter).layer(DefaultBodyLimit::max(MAX_SIGN_IN));
    Router::new().route("/sign-in", get(show).merge(enter)).route("/sign-out", post(leave))
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    t: &'static Text,
    frame: Frame,
    form_token: String,
    back: String,
    name: String,
    error: Option<String>,
}

/// The form. A browser in which nobody is signed in is known by a cookie of its own, so that its form is too.
async fn show(
    State(site): State<Site>,
    headers: HeaderMap,
    reader: Option<SignedIn>,
    RawQuery(query): RawQuery,
) -> Response {
    let asked = Fields::read(query.unwrap_or_default().as_bytes());
    let back = own_place(asked.raw("back")).unwrap_or("/");
    if reader.is_some() {
        return Redirect::to(back).into_response();
    }
    let https = site.app.shared().parts.https;
    let known = browser(&headers, https).map(str::to_owned);
    let word = known.clone().unwrap_or_else(|| site.random_word());
    let page = form(&site, &word, back, "", None).noting(notice(asked.text("done")));
    let mut response = page::show(&page);
    if known.is_none() {
        let secure = if https { "; Secure" } else { "" };
        let cookie = format!("{}={word}; Path=/; HttpOnly; SameSite=Strict{secure}", form_cookie_name(https));
        response.headers_mut().extend(HeaderValue::try_from(cookie).ok().map(|value| (SET_COOKIE, value)));
    }
    response
}

/// The word by which a browser is known before anybody signs in.
fn browser(headers: &HeaderMap, https: bool) -> Option<&str> {
    cookie(headers, form_cookie_name(https)).and_then(|value| std::str::from_utf8(value).ok())
}

fn form(site: &Site, browser: &str, back: &str, name: &str, error: Option<String>) -> SignInPage {
    let t = &EN;
    SignInPage {
        t,
        frame: Frame::outside(t.sign_in_title),
        form_token: FormToken::of_browser(&site.app, browser).as_str().to_owned(),
        back: back.to_owned(),
        name: name.to_owned(),
        error,
    }
}

impl SignInPage {
    fn noting(mut self, notice: Option<&'static str>) -> Self {
        self.frame = self.frame.noting(notice);
        self
    }
}

/// Signs in, by the API's own call.
async fn enter(State(site): State<Site>, request: Request) -> Result<Response, Fault> {
    let t = &EN;
    let (parts, body) = request.into_parts();
    own_page(&parts, &site)?;
    let word = browser(&parts.headers, site.app.shared().parts.https).ok_or(Fault::Foreign)?.to_owned();
    let fields = read(Request::from_parts(parts.clone(), body), &site).await?;
    check(&FormToken::of_browser(&site.app, &word), &fields)?;
    let back = own_place(fields.raw("back")).unwrap_or("/");
    // Before anything is started that no cookie could hold.
    if !settable(&site.app, &parts.headers) {
        let error = Some(t.sign_in_insecure.to_owned());
        return Ok(page::with_status(
            StatusCode::FORBIDDEN,
            &form(&site, &word, back, fields.text("name"), error),
        ));
    }
    let login = CreateSession {
        username: fields.text("name").to_owned(),
        password: fields.raw("password").to_owned(),
    };
    let (status, error) = match session(&site, &parts, &login).await? {
        Entered::In(cookies) => return Ok(with_cookies(Redirect::to(back).into_response(), cookies)),
        Entered::Throttled(seconds) => {
            (StatusCode::TOO_MANY_REQUESTS, fill(t.sign_in_throttled, &[("seconds", &seconds)]))
        }
        Entered::Refused(problem) if problem.status >= 500 => return Err(Fault::Refused(problem)),
        Entered::Refused(_) => (StatusCode::UNPROCESSABLE_ENTITY, t.sign_in_wrong.to_owned()),
    };
    Ok(page::with_status(status, &form(&site, &word, back, fields.text("name"), Some(error))))
}

/// What became of a sign-in.
pub(super) enum Entered {
    /// With these cookies.
    In(Vec<HeaderValue>),
    /// Not before so many seconds.
    Throttled(String),
    /// Not with this name and password.
    Refused(Box<Problem>),
}

/// Calls the API for a session, as the browser would: the answer's cookies are for it.
pub(super) async fn session(site: &Site, parts: &Parts, login: &CreateSession) -> Result<Entered, Fault> {
    let broken = |error: String| Fault::Broken(error);
    let body = serde_json::to_vec(login).map_err(|error| broken(error.to_string()))?;
    let mut request = http::Request::post("/v1/sessions").header(CONTENT_TYPE, "application/json");
    for name in [HOST, COOKIE] {
        for value in parts.headers.get_all(&name) {
            request = request.header(name.clone(), value);
        }
    }
    if let Some(address) = trusted::client(&parts.extensions) {
        request = request.extension(Peer(address));
    }
    let request = request.body(axum::body::Body::from(body)).map_err(|error| broken(error.to_string()))?;
    let answer = site.api.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
    let (parts, body) = answer.into_parts();
    if parts.status == StatusCode::CREATED {
        let cookies: Vec<HeaderValue> = parts.headers.get_all(SET_COOKIE).iter().cloned().collect();
        return Ok(Entered::In(cookies));
    }
    if parts.status == StatusCode::TOO_MANY_REQUESTS {
        let seconds = parts.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).unwrap_or("60");
        return Ok(Entered::Throttled(seconds.to_owned()));
    }
    let body = body.collect().await.map_err(|error| broken(error.to_string()))?.to_bytes();
    let problem = serde_json::from_slice(&body).map_err(|error| broken(error.to_string()))?;
    Ok(Entered::Refused(problem))
}

/// An answer that sets cookies.
pub(super) fn with_cookies(mut response: Response, cookies: Vec<HeaderValue>) -> Response {
    for cookie in cookies {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// Signs out: the session ends, wherever its cookie may still be.
async fn leave(State(site): State<Site>, PostedFirst(posted): PostedFirst) -> Result<Response, Fault> {
    if let Some(session) = &posted.reader.me.session {
        match posted.reader.api.end_session(&session.id).await.map_err(Fault::from) {
            // It ended a moment ago.
            Ok(()) | Err(Fault::NotFound) => {}
            Err(fault) => return Err(fault),
        }
    }
    let mut response = Redirect::to("/sign-in?done=signed_out").into_response();
    clear_cookie(&site.app, &mut response);
    Ok(response)
}
