//! What tells a form of ours from a form of somebody else's page.

use std::fmt;

use subtle::ConstantTimeEq;
use symbolon_core::digest::Pepper;

use crate::app::App;

/// A keyed digest of whose the form is. Only pages of ours can know it, for only they are read with the cookie that it
/// is made of, and nobody makes one without the server's key.
///
/// It is one means of three: the cookie is `SameSite=Strict`, and a form is taken only from a page of the same origin.
#[derive(Clone)]
pub(super) struct FormToken {
    current: String,
    /// Under peppers that were rotated since: what a page that is open already carries.
    former: Vec<String>,
}

impl FormToken {
    /// Of a session, known by its JWT.
    pub(super) fn of_session(app: &App, jwt: &str) -> Self {
        Self::of(app, "session", jwt)
    }

    /// Of a browser in which nobody is signed in, known by a cookie of its own.
    pub(super) fn of_browser(app: &App, cookie: &str) -> Self {
        Self::of(app, "browser", cookie)
    }

    fn of(app: &App, kind: &str, secret: &str) -> Self {
        let (keys, text) = (app.keys(), format!("console form\0{kind}\0{secret}"));
        let under = |pepper: &Pepper| hex_of(pepper.digest(text.as_bytes()).as_bytes());
        Self { current: under(&keys.pepper), former: keys.former_peppers.iter().map(under).collect() }
    }

    /// Whether a form carries this very token.
    pub(super) fn is(&self, given: &str) -> bool {
        let is = |own: &String| -> bool { own.as_bytes().ct_eq(given.as_bytes()).into() };
        is(&self.current) || self.former.iter().any(is)
    }

    /// What a form carries.
    pub(super) fn as_str(&self) -> &str {
        &self.current
    }
}

impl fmt::Debug for FormToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FormToken(..)")
    }
}

/// Lower-case hex.
pub(super) fn hex_of(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}
