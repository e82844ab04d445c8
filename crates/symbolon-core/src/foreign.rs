//! Hashes that other applications keep of their tokens (DESIGN part 5): what is taken, what each may cost, and
//! whether one is that of a secret.

use std::fmt;

use argon2::password_hash::phc;
use argon2::{Argon2, PasswordVerifier};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq;

/// bcrypt looks at so many bytes of a secret and at no more.
pub const BCRYPT_LOOKS_AT: usize = 72;

/// The dearest that are taken: each is some seconds of one core, for one check in the life of a token.
const MAX_BCRYPT_COST: u32 = 15;
const MAX_PBKDF2_ITERATIONS: u32 = 3_000_000;
const MAX_ARGON2_KIB: u32 = 256 * 1024;
const MAX_ARGON2_PASSES: u32 = 16;
const MAX_ARGON2_LANES: u32 = 16;
/// The longest text of a hash, in bytes.
const MAX_TEXT: usize = 512;

/// A hash made by another application. It does not print.
#[derive(Clone)]
pub struct ForeignHash {
    text: SecretString,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bcrypt,
    Argon2,
    Pbkdf2Sha256,
    Sha256,
    Sha512,
}

/// Why a text is no hash that is taken. It never quotes the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ForeignFault {
    /// None of the kinds.
    #[error(
        "the hash is none of bcrypt ($2b$…), argon2 ($argon2id$…), PBKDF2 as Django writes it (pbkdf2_sha256$…), or \
         SHA-256 or SHA-512 in hexadecimal digits, by themselves or as sha256$salt$digits"
    )]
    Kind,
    /// One of the kinds by its beginning, and broken further on.
    #[error("the hash begins as one of {0} does, and is not whole")]
    Broken(&'static str),
    /// Its check would cost too much.
    #[error("one check of the hash would take too long: {0}")]
    Dear(&'static str),
}

impl ForeignHash {
    /// Reads a hash; refuses one whose check would cost a denial of service.
    pub fn parse(text: &str) -> Result<Self, ForeignFault> {
        if text.len() > MAX_TEXT || !text.bytes().all(|b| matches!(b, 0x21..=0x7e)) {
            return Err(ForeignFault::Kind);
        }
        Ok(Self { kind: kind(text)?, text: text.into() })
    }

    /// The hash, for the record.
    pub fn as_text(&self) -> &str {
        self.text.expose_secret()
    }

    /// Whether it looks at all of a secret that is so many bytes long.
    pub fn looks_at(&self, length: usize) -> bool {
        self.kind != Kind::Bcrypt || length <= BCRYPT_LOOKS_AT
    }

    /// Whether it is the hash of `secret`. Takes a core for as long as its maker wanted: not for a request's thread.
    pub fn is_of(&self, secret: &[u8]) -> bool {
        let text = self.as_text();
        match self.kind {
            Kind::Bcrypt => bcrypt::verify(secret, text).unwrap_or(false),
            Kind::Argon2 => Argon2::default().verify_password(secret, text).is_ok(),
            Kind::Pbkdf2Sha256 => django(text).is_some_and(|made| made.is_of(secret)),
            Kind::Sha256 => salted::<Sha256>(text, secret),
            Kind::Sha512 => salted::<Sha512>(text, secret),
        }
    }
}

impl fmt::Debug for ForeignHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ForeignHash({:?}, ..)", self.kind)
    }
}

impl PartialEq for ForeignHash {
    fn eq(&self, other: &Self) -> bool {
        self.as_text().as_bytes().ct_eq(other.as_text().as_bytes()).into()
    }
}

impl Eq for ForeignHash {}

fn kind(text: &str) -> Result<Kind, ForeignFault> {
    if ["$2a$", "$2b$", "$2y$"].iter().any(|head| text.starts_with(head)) {
        return bcrypt_kind(text);
    }
    if text.starts_with("$argon2") {
        return argon2_kind(text);
    }
    if text.starts_with("pbkdf2_sha256$") {
        let made = django(text).ok_or(ForeignFault::Broken("PBKDF2"))?;
        if made.iterations > MAX_PBKDF2_ITERATIONS {
            return Err(ForeignFault::Dear("at most 3,000,000 iterations of PBKDF2 are taken"));
        }
        return Ok(Kind::Pbkdf2Sha256);
    }
    let (digits, named) = match text.split_once('$') {
        Some(("sha256", rest)) => (rest.split_once('$').map(|(_, digits)| digits), Some(Kind::Sha256)),
        Some(("sha512", rest)) => (rest.split_once('$').map(|(_, digits)| digits), Some(Kind::Sha512)),
        Some(_) => (None, None),
        None => (Some(text), None),
    };
    let length = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit())).map(str::len);
    match (length, named) {
        (Some(64), None | Some(Kind::Sha256)) => Ok(Kind::Sha256),
        (Some(128), None | Some(Kind::Sha512)) => Ok(Kind::Sha512),
        (_, Some(_)) => Err(ForeignFault::Broken("SHA-256 and SHA-512")),
        _ => Err(ForeignFault::Kind),
    }
}

/// `$2b$12$` and 22 characters of salt, 31 of hash. `$2x$` is left out: it marks a broken implementation's.
fn bcrypt_kind(text: &str) -> Result<Kind, ForeignFault> {
    let broken = ForeignFault::Broken("bcrypt");
    let (cost, rest) = text[4..].split_once('$').ok_or(broken)?;
    let digits = cost.len() == 2 && cost.bytes().all(|b| b.is_ascii_digit());
    let cost: u32 = cost.parse().ok().filter(|_| digits).ok_or(broken)?;
    let whole = rest.len() == 53 && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"./".contains(&b));
    match cost {
        _ if !whole => Err(broken),
        0..4 => Err(broken),
        4..=MAX_BCRYPT_COST => Ok(Kind::Bcrypt),
        _ => Err(ForeignFault::Dear("a cost of at most 15 of bcrypt is taken")),
    }
}

fn argon2_kind(text: &str) -> Result<Kind, ForeignFault> {
    let broken = ForeignFault::Broken("argon2");
    let hash = phc::PasswordHash::new(text).map_err(|_| broken)?;
    let known = ["argon2id", "argon2i", "argon2d"].contains(&hash.algorithm.as_str());
    let whole = known && hash.salt.is_some() && hash.hash.is_some();
    let cost = argon2::Params::try_from(&hash).ok().filter(|_| whole).ok_or(broken)?;
    let cheap = cost.m_cost() <= MAX_ARGON2_KIB
        && cost.t_cost() <= MAX_ARGON2_PASSES
        && cost.p_cost() <= MAX_ARGON2_LANES
        && cost.m_cost().saturating_mul(cost.t_cost()) <= 4 * MAX_ARGON2_KIB;
    if cheap {
        Ok(Kind::Argon2)
    } else {
        Err(ForeignFault::Dear(
            "at most 256 MiB, 16 passes, 16 lanes, and 1 GiB in all passes of argon2 are taken",
        ))
    }
}

/// `pbkdf2_sha256$iterations$salt$base64` (Django, "How Django stores passwords").
struct Django<'a> {
    iterations: u32,
    salt: &'a str,
    derived: [u8; 32],
}

fn django(text: &str) -> Option<Django<'_>> {
    let mut parts = text.split('$').skip(1);
    let (iterations, salt, derived) = (parts.next()?, parts.next()?, parts.next()?);
    let iterations = iterations.parse().ok().filter(|count| *count > 0)?;
    let derived = STANDARD.decode(derived).ok()?.try_into().ok()?;
    (parts.next().is_none() && !salt.is_empty()).then_some(Django { iterations, salt, derived })
}

impl Django<'_> {
    fn is_of(&self, secret: &[u8]) -> bool {
        let mut derived = [0; 32];
        pbkdf2::pbkdf2_hmac::<Sha256>(secret, self.salt.as_bytes(), self.iterations, &mut derived);
        derived.ct_eq(&self.derived).into()
    }
}

/// Hexadecimal digits of the salt and the secret, in this order; the salt is between two `$`, if there is one.
fn salted<D: sha2::Digest>(text: &str, secret: &[u8]) -> bool {
    let (salt, digits) = match text.split_once('$').and_then(|(_, rest)| rest.split_once('$')) {
        Some((salt, digits)) => (salt, digits),
        None => ("", text),
    };
    let made = D::new().chain_update(salt).chain_update(secret).finalize();
    made.as_slice().ct_eq(&bytes(digits)).into()
}

/// What hexadecimal digits stand for.
fn bytes(digits: &str) -> Vec<u8> {
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.as_bytes().chunks(2).map_while(pair).collect()
}

#[cfg(test)]
mod tests;
