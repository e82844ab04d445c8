//! The session JWT: `sub`, `sid`, `aud`, `exp` under one pinned algorithm, HS256 (RFC 7519, RFC 7515).
//!
//! The header is one constant. A JWT with any other header, however well signed, is not ours: there is no
//! algorithm to negotiate and so none to confuse. Whether the session lives, and what its user may do, comes
//! from the index and never from the claims (DESIGN part 4, rule 4).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::digest::Digest;
use crate::id::SessionId;
use crate::record::Session;

/// `{"alg":"HS256","typ":"symbolon-session+jwt"}`. The type tells our JWTs from an application's own, which a
/// proxy may have to let through.
const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6InN5bWJvbG9uLXNlc3Npb24rand0In0";
const AUDIENCE: &str = "symbolon";

/// The key that signs sessions. Not the pepper: a leak of one does not touch the other.
#[derive(Clone)]
pub struct SessionKey(Hmac<Sha256>);

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    sid: String,
    aud: String,
    iat: i64,
    exp: i64,
}

impl SessionKey {
    /// From 32 secret bytes.
    pub fn new(key: &Zeroizing<[u8; 32]>) -> Self {
        Self(Hmac::new_from_slice(key.as_slice()).unwrap_or_else(|_| unreachable!("HMAC takes any key")))
    }

    /// The digest of a text that is no JWT, under this key.
    pub(crate) fn digest(&self, text: &[u8]) -> Digest {
        let mut mac = self.0.clone();
        mac.update(text);
        Digest::from_bytes(mac.finalize().into_bytes().into())
    }

    /// Whether `text` claims to be a session of Symbolon's, by its pinned header.
    pub fn claims(text: &[u8]) -> bool {
        text.strip_prefix(HEADER.as_bytes()).is_some_and(|rest| rest.first() == Some(&b'.'))
    }

    /// The JWT of `session`. Its times are whole seconds, the end rounded up: the index knows the exact one.
    pub fn sign(&self, session: &Session) -> SecretString {
        let claims = Claims {
            sub: session.user.to_string(),
            sid: session.id.to_string(),
            aud: AUDIENCE.to_owned(),
            iat: session.created_at.as_second(),
            exp: session.expires_at.as_second() + i64::from(session.expires_at.subsec_nanosecond() > 0),
        };
        let claims = serde_json::to_vec(&claims).unwrap_or_else(|_| unreachable!("strings and numbers"));
        let mut jwt = format!("{HEADER}.{}", BASE64URL.encode(claims));
        let mut mac = self.0.clone();
        mac.update(jwt.as_bytes());
        jwt.push('.');
        BASE64URL.encode_string(mac.finalize().into_bytes(), &mut jwt);
        jwt.into()
    }

    /// The session that a JWT speaks of, if we signed it for us and it has not run out at `now`. Every other
    /// text is `None`; there is nothing to tell apart.
    pub fn open(&self, jwt: &[u8], now: Timestamp) -> Option<SessionId> {
        if !Self::claims(jwt) {
            return None;
        }
        let dot = jwt.iter().rposition(|b| *b == b'.')?;
        let (signed, signature) = (&jwt[..dot], &jwt[dot + 1..]);
        let mut mac = self.0.clone();
        mac.update(signed);
        // In constant time, by the library.
        mac.verify_slice(&BASE64URL.decode(signature).ok()?).ok()?;
        let claims = BASE64URL.decode(signed.get(HEADER.len() + 1..)?).ok()?;
        let claims: Claims = serde_json::from_slice(&claims).ok()?;
        (claims.aud == AUDIENCE && claims.exp > now.as_second()).then(|| claims.sid.parse().ok())?
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::id::UserId;

    fn key(byte: u8) -> SessionKey {
        SessionKey::new(&Zeroizing::new([byte; 32]))
    }

    fn session() -> Session {
        let at = |s| Timestamp::from_second(s).unwrap();
        let id = "ses_00000000000170008000000000000001".parse().unwrap();
        Session { id, user: UserId::SYSTEM, created_at: at(1000), expires_at: at(2000), client_ip: None }
    }

    #[test]
    fn the_header_is_what_it_says() {
        let header = BASE64URL.decode(HEADER).unwrap();
        assert_eq!(header, br#"{"alg":"HS256","typ":"symbolon-session+jwt"}"#);
    }

    #[test]
    fn opens_what_it_signed_until_the_end() {
        let jwt = key(1).sign(&session());
        let jwt = jwt.expose_secret().as_bytes();
        assert_eq!(key(1).open(jwt, Timestamp::from_second(1999).unwrap()), Some(session().id));
        assert_eq!(key(1).open(jwt, Timestamp::from_second(2000).unwrap()), None);
        assert_eq!(key(2).open(jwt, Timestamp::from_second(1999).unwrap()), None);
    }

    #[test]
    fn a_broken_second_is_the_indexs_to_judge() {
        let half = Timestamp::from_millisecond(2_000_500).unwrap();
        let jwt = key(1).sign(&Session { expires_at: half, ..session() });
        let jwt = jwt.expose_secret().as_bytes();
        assert_eq!(key(1).open(jwt, half), Some(session().id));
        assert_eq!(key(1).open(jwt, Timestamp::from_second(2001).unwrap()), None);
    }

    #[test]
    fn refuses_every_changed_character_and_other_algorithms() {
        let jwt = key(1).sign(&session());
        let jwt = jwt.expose_secret();
        let now = Timestamp::from_second(1500).unwrap();
        for at in 0..jwt.len() {
            let mut changed = jwt.as_bytes().to_vec();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(key(1).open(&changed, now), None, "character {at}");
        }
        let claims = jwt.split('.').nth(1).unwrap();
        let none = BASE64URL.encode(br#"{"alg":"none","typ":"symbolon-session+jwt"}"#);
        assert_eq!(key(1).open(format!("{none}.{claims}.").as_bytes(), now), None);
        // Well signed by our key, and not of our header or for us.
        let signed = |header: &str, claims: &str| {
            let text = format!("{header}.{}", BASE64URL.encode(claims));
            let mut mac = key(1).0;
            mac.update(text.as_bytes());
            format!("{text}.{}", BASE64URL.encode(mac.finalize().into_bytes()))
        };
        let with = |aud: &str, sid: &str| {
            format!(r#"{{"sub":"usr_","sid":"{sid}","aud":"{aud}","iat":1,"exp":2000}}"#)
        };
        let sid = session().id.to_string();
        let own = BASE64URL.decode(claims).unwrap();
        let own = std::str::from_utf8(&own).unwrap();
        for other in [
            r#"{"alg":"HS256","typ":"JWT"}"#,
            r#"{"alg":"HS384","typ":"symbolon-session+jwt"}"#,
            r#"{"typ":"symbolon-session+jwt","alg":"HS256"}"#,
        ] {
            let jwt = signed(&BASE64URL.encode(other), own);
            assert_eq!(key(1).open(jwt.as_bytes(), now), None, "{other}");
        }
        assert_eq!(key(1).open(signed(HEADER, &with("symbolon", &sid)).as_bytes(), now), Some(session().id));
        for claims in [with("odin", &sid), with("symbolon", "ses_"), "{}".to_owned(), String::new()] {
            assert_eq!(key(1).open(signed(HEADER, &claims).as_bytes(), now), None, "{claims}");
        }
        assert_eq!(key(1).open(format!("{HEADER}.{claims}.").as_bytes(), now), None);
    }
}
