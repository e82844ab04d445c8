//! What the caller presented (DESIGN part 4, rule 3): one `Authorization: Bearer`, or one `X-API-Key`, never in
//! the query.

use std::fmt;

use crate::session::SessionKey;
use crate::token::Prefix;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
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

    /// Whether anything here claims to be a token of `prefixes`, a key or a session of Symbolon's; so too where
    /// a header is repeated, for not every copy of it was looked at. In passthrough such a request is decided
    /// about and never handed on as somebody else's.
    pub fn claims_symbolon(&self, prefixes: &[Prefix], is_key: impl Fn(&[u8]) -> bool) -> bool {
        let ours = |word: &[u8]| {
            prefixes.iter().any(|prefix| prefix.claims(word))
                || Prefix::of_keys().claims(word)
                || SessionKey::claims(word)
        };
        // In a header that is malformed too: what we would refuse must not reach the application's logs.
        let holds = |value: &[u8]| value.split(|b| !visible(*b) || *b == b',').any(ours);
        self.repeated
            || self.authorization.is_some_and(holds)
            || self.api_key.is_some_and(holds)
            || self.authorization.and_then(bearer).is_some_and(&is_key)
            || self.api_key.is_some_and(is_key)
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

fn visible(byte: u8) -> bool {
    matches!(byte, 0x21..=0x7e)
}

/// One word of visible ASCII without a comma, which would be two credentials joined by a proxy.
fn word(value: &[u8]) -> Option<&[u8]> {
    let ok = !value.is_empty() && value.iter().all(|b| visible(*b) && *b != b',');
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
    #[test]
    fn what_claims_to_be_ours_is_not_somebody_elses() {
        let prefixes = ["odin".parse().unwrap(), "ody".parse().unwrap()];
        let claims = |credentials: Credentials<'_>| {
            credentials.claims_symbolon(&prefixes, |secret| secret == b"the-operators-own-key")
        };
        let session = "eyJhbGciOiJIUzI1NiIsInR5cCI6InN5bWJvbG9uLXNlc3Npb24rand0In0.e30.x";
        for ours in ["odin_x", "ody_", "symkey_x", "the-operators-own-key", session] {
            assert!(claims(Credentials::of_secret(ours.as_bytes())), "{ours}");
            assert!(
                claims(Credentials {
                    authorization: Some(format!("bearer {ours}").as_bytes()),
                    ..Credentials::default()
                }),
                "{ours}"
            );
        }
        for ours in ["Bearer  odin_x", "Bearer odin_x,", "Basic x, Bearer odin_x", "odin_x", "Bearer\todin_x"]
        {
            assert!(claims(of(Some(ours), None)), "{ours}");
        }
        assert!(claims(Credentials { repeated: true, ..of(Some("Basic x"), None) }));
        for theirs in
            ["Basic b2Rpbl94", "Bearer other_x", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.x", "Bearer xodin_x", ""]
        {
            assert!(!claims(of(Some(theirs), None)), "{theirs}");
            assert!(!claims(of(None, Some(theirs))), "{theirs}");
        }
        assert!(!claims(Credentials::default()));
    }
}
