//! The cookies of a sign-in. `HttpOnly`: no script reads them. `SameSite=Strict`: no other site's request carries
//! them.

use axum::response::Response;
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue};
use jiff::SignedDuration;
use symbolon_core::device::Device;

use crate::app::App;
use crate::incoming::{cookie_name, device_cookie_name, is_for_loopback};

/// How long a device is known on which somebody has signed in.
pub(super) const DEVICE_LIFE: SignedDuration = SignedDuration::from_hours(180 * 24);

/// Whether cookies may be set in the answer to a request: without TLS only on this machine, for on a network everybody
/// could read them.
pub(crate) fn settable(app: &App, headers: &HeaderMap) -> bool {
    app.shared().parts.https || is_for_loopback(headers)
}

/// Sets the session's cookie.
pub(super) fn set_session(app: &App, response: &mut Response, jwt: &str, life: SignedDuration) {
    add(app, response, cookie_name(app.shared().parts.https), jwt, life.as_secs());
}

/// Sets the cookie by which the device is known at its next sign-in.
pub(super) fn set_device(app: &App, response: &mut Response, mark: &str) {
    add(app, response, device_cookie_name(app.shared().parts.https), mark, DEVICE_LIFE.as_secs());
}

/// The device's cookie for a user who has just proved to know the password: as a browser would send it.
pub(crate) async fn device_of(app: &App, name: &str) -> Option<HeaderValue> {
    let user = app.store().user_named(&name.parse().ok()?).await.ok()??;
    let end = app.now().saturating_add(DEVICE_LIFE).ok()?;
    let mark = Device::mark(&app.keys().pepper, &user, end, app.entropy());
    HeaderValue::try_from(format!("{}={mark}", device_cookie_name(app.shared().parts.https))).ok()
}

/// Takes the session's cookie back.
pub(crate) fn clear_cookie(app: &App, response: &mut Response) {
    add(app, response, cookie_name(app.shared().parts.https), "", 0);
}

fn add(app: &App, response: &mut Response, name: &str, value: &str, seconds: i64) {
    let secure = if app.shared().parts.https { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    if let Ok(mut cookie) = HeaderValue::try_from(cookie) {
        cookie.set_sensitive(true);
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}
