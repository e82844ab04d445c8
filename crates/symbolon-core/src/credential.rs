//! What the caller presented (DESIGN part 4, rule 3): one `Authorization: Bearer`, or one `X-API-Key`, never in
//! the query.

mod claim;

use std::fmt;

pub use claim::{claims_symbolon, holds_session};

/// The credential headers of one request, as bytes. A door fills it and decides nothing.
#[derive(Clone, Copy, Default)]
pub struct Credentials<'a> {
    /// The value of `Authorization`, the first if there are several.
    pub authorization: Option<&'a [u8]>,
    /// The value of `X-API-Key`, the first if there are several.
    pub api_key: Option<&'a [u8]>,
    /// Whether either header was there more than once.
    pub repeated: bool,
    /// Symbolon's own session cookie.
    pub cookie: Option<SessionCookie<'a>>,
}

/// The session cookie and what the browser said of where the request comes from.
#[derive(Clone, Copy)]
pub struct SessionCookie<'a> {
    /// The JWT in it.
    pub value: &'a [u8],
    /// Whether `Sec-Fetch-Site: same-origin`, or an `Origin` equal to the request's own, was sent. An unsafe
    /// method with a cookie needs it: a browser adds cookies to requests that other sites make.
    pub same_origin: bool,
}

impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("authorization", &self.authorization.is_some())
            .field("api_key", &self.api_key.is_some())
            .field("repeated", &self.repeated)
            .field("cookie", &self.cookie.is_some())
            .finish()
    }
}

/// Why the headers hold no single credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum CredentialFault {
    /// Two of a kind, or both kinds: which one counts would be a guess.
    #[error("more than one credential")]
    Two,
    /// An `Authorization` that is not `Bearer` and one word: a bad credential, not a missing one.
    #[error("not Bearer and one credential")]
    Form,
}

/// One presented credential. It does not print.
#[derive(Clone, Copy)]
pub enum Presented<'a> {
    /// From `Authorization: Bearer` or `X-API-Key`.
    Secret(&'a [u8]),
    /// From Symbolon's cookie, with nothing else presented.
    Cookie(SessionCookie<'a>),
}

impl fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secret(_) => "Secret(..)",
            Self::Cookie(_) => "Cookie(..)",
        })
    }
}

impl<'a> Credentials<'a> {
    /// A credential that was not in a header: the `token` of a verify call.
    pub fn of_secret(secret: &'a [u8]) -> Self {
        Self { api_key: Some(secret), ..Self::default() }
    }

    /// The one credential, none, or why neither. A cookie beside a secret is ignored.
    pub fn presented(&self) -> Result<Option<Presented<'a>>, CredentialFault> {
        if self.repeated || (self.authorization.is_some() && self.api_key.is_some()) {
            return Err(CredentialFault::Two);
        }
        let secret = match (self.authorization, self.api_key) {
            (Some(value), _) => Some(bearer(value).ok_or(CredentialFault::Form)?),
            (None, Some(value)) => Some(word(value).ok_or(CredentialFault::Form)?),
            (None, None) => None,
        };
        Ok(secret.map(Presented::Secret).or_else(|| self.cookie.map(Presented::Cookie)))
    }
}

/// RFC 6750 section 2.1, the scheme in any case (RFC 9110 section 11.1).
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked(7)?;
    if !scheme.eq_ignore_ascii_case(b"bearer ") {
        return None;
    }
    word(rest)
}

/// One word of visible ASCII without a comma, which would be two credentials joined by a proxy.
fn word(value: &[u8]) -> Option<&[u8]> {
    // Without a way out before the end, so that it is done by the vector.
    let fits = |byte: &u8| matches!(byte, 0x21..=0x2b | 0x2d..=0x7e);
    let ok = value.iter().fold(!value.is_empty(), |all, byte| all & fits(byte));
    ok.then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(authorization: Option<&'static str>, api_key: Option<&'static str>) -> Credentials<'static> {
        Credentials {
            authorization: authorization.map(str::as_bytes),
            api_key: api_key.map(str::as_bytes),
            ..Credentials::default()
        }
    }

    #[test]
    fn one_credential_or_a_fault() {
        assert!(of(None, None).presented().unwrap().is_none());
        for (authorization, api_key) in
            [(Some("Bearer x"), None), (Some("bEARER x"), None), (None, Some("x"))]
        {
            let presented = of(authorization, api_key).presented().unwrap();
            assert!(matches!(presented, Some(Presented::Secret(b"x"))), "{authorization:?} {api_key:?}");
        }
        assert_eq!(of(Some("Bearer x"), Some("x")).presented().unwrap_err(), CredentialFault::Two);
        let twice = Credentials { repeated: true, ..of(Some("Bearer x"), None) };
        assert_eq!(twice.presented().unwrap_err(), CredentialFault::Two);
        for bad in
            ["Bearer", "Bearer ", "Basic x", "Bearer x y", "Bearer  x", "Bearer x,Bearer", "Bearer\tx", ""]
        {
            assert_eq!(of(Some(bad), None).presented().unwrap_err(), CredentialFault::Form, "{bad}");
        }
        assert_eq!(of(None, Some("")).presented().unwrap_err(), CredentialFault::Form);
    }

    #[test]
    fn a_cookie_beside_a_secret_is_ignored() {
        let cookie = Some(SessionCookie { value: b"jwt", same_origin: true });
        let both = Credentials { cookie, ..of(Some("Bearer x"), None) };
        assert!(matches!(both.presented(), Ok(Some(Presented::Secret(b"x")))));
        let alone = Credentials { cookie, ..of(None, None) };
        assert!(matches!(alone.presented(), Ok(Some(Presented::Cookie(_)))));
    }
}
