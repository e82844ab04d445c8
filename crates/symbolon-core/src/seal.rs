//! Seals: a MAC on every row that grants, so that whoever writes to the database and has not the keys forges no right
//! (DESIGN part 5).
//!
//! The key is derived from the pepper, and so is in no database. What is sealed is the row's meaning and not its bytes:
//! a version, the kind of row, and then each field as a tag, a length and its bytes. No two rows have one such text. A
//! field that says nothing (a `None`, a `false`, an empty list) is left out. So a field that is added later, and says
//! nothing of the rows that are there, leaves their seals whole.

mod rows;
#[cfg(test)]
mod tests;

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

use crate::decision::Keys;
use crate::digest::Pepper;

/// What the subkey is derived with. Shorter than any secret that is digested under the same pepper may be, and with a
/// zero byte, which none of them has: no digest in the record is the subkey.
const SUBKEY: &[u8] = b"seal\0subkey";
const VERSION: u8 = 1;

/// A kind of row that is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A token that is not revoked. A tombstone opens nothing and has no seal; one that is made a token again has none
    /// either.
    Token,
    /// A user who is not removed.
    User,
    /// A system or verifier key.
    Key,
    /// A sign-in.
    Session,
    /// Whether a service's refusals are acted on, as it was switched.
    Enforcement,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Token, Self::User, Self::Key, Self::Session, Self::Enforcement];

    /// The word for logs, metrics and the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::User => "user",
            Self::Key => "key",
            Self::Session => "session",
            Self::Enforcement => "enforcement",
        }
    }

    /// What stands for it under the MAC. Never given to another.
    fn code(self) -> u8 {
        match self {
            Self::Token => 1,
            Self::User => 2,
            Self::Key => 3,
            Self::Session => 4,
            Self::Enforcement => 5,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What can be sealed: it writes down all of itself that grants or that a rule reads.
pub trait Sealed {
    /// Which kind of row it is.
    const KIND: Kind;
    /// Writes its fields in the order of their tags, each tag for one field for ever.
    fn fields(&self, fields: &mut Fields);
}

/// Takes the fields of a row, as the text that is sealed.
pub struct Fields(Vec<u8>);

impl Fields {
    /// As long as the text of most rows, or longer.
    const USUAL: usize = 512;

    fn put(&mut self, tag: u8, bytes: &[u8]) {
        self.0.push(tag);
        self.0.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, tag: u8, text: &str) {
        self.put(tag, text.as_bytes());
    }

    fn texts<T: ToString>(&mut self, tag: u8, texts: impl IntoIterator<Item = T>) {
        for text in texts {
            self.text(tag, &text.to_string());
        }
    }

    fn maybe_time(&mut self, tag: u8, time: Option<Timestamp>) {
        if let Some(time) = time {
            self.time(tag, time);
        }
    }

    /// In milliseconds, as the record keeps it.
    fn time(&mut self, tag: u8, time: Timestamp) {
        self.put(tag, &time.as_millisecond().to_be_bytes());
    }

    fn flag(&mut self, tag: u8, flag: bool) {
        if flag {
            self.put(tag, &[]);
        }
    }
}

/// The seal of one row: the number of the pepper under whose subkey it was made, and the MAC.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seal([u8; Seal::LENGTH]);

impl Seal {
    /// Its bytes: 4 for the number, the most significant first, and 32 for the MAC.
    pub const LENGTH: usize = 4 + 32;

    /// The bytes, for the record.
    pub fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal(..)")
    }
}

/// What a seal says of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The row is as it was written, under the current key.
    Whole,
    /// The row is as it was written, under a former key.
    Outdated,
    /// The row was not written with our keys, or was changed since.
    Broken,
}

/// Makes and checks seals.
#[derive(Clone)]
pub struct Sealer {
    /// The current one first.
    subkeys: Vec<(u32, Hmac<Sha256>)>,
}

impl Sealer {
    /// Seals under the current pepper, and checks under each.
    pub fn new(keys: &Keys) -> Self {
        Self { subkeys: keys.peppers().map(|pepper| (pepper.id(), subkey(pepper))).collect() }
    }

    /// The number of the pepper under which it seals.
    pub fn current(&self) -> u32 {
        self.subkeys.first().map_or(0, |(id, _)| *id)
    }

    /// Whether a pepper of this number is in use.
    pub fn knows(&self, pepper: u32) -> bool {
        self.subkeys.iter().any(|(id, _)| *id == pepper)
    }

    /// The seal of a row.
    pub fn seal(&self, row: &impl Sealed) -> Seal {
        let (id, key) = self.subkeys.first().unwrap_or_else(|| unreachable!("there is a current pepper"));
        let mut seal = [0; Seal::LENGTH];
        seal[..4].copy_from_slice(&id.to_be_bytes());
        seal[4..].copy_from_slice(&mac(key, row).finalize().into_bytes());
        Seal(seal)
    }

    /// What a seal as it was found says of a row; none at all is a broken one. In time that does not depend on where it
    /// differs.
    pub fn check(&self, row: &impl Sealed, seal: Option<&[u8]>) -> Verdict {
        let Some((id, given)) = seal.and_then(<[u8]>::split_first_chunk::<4>) else { return Verdict::Broken };
        let id = u32::from_be_bytes(*id);
        let known = self.subkeys.iter().find(|(known, _)| *known == id);
        match known.map(|(_, key)| mac(key, row).verify_slice(given)) {
            Some(Ok(())) if id == self.current() => Verdict::Whole,
            Some(Ok(())) => Verdict::Outdated,
            _ => Verdict::Broken,
        }
    }
}

fn subkey(pepper: &Pepper) -> Hmac<Sha256> {
    let key = pepper.digest(SUBKEY);
    Hmac::new_from_slice(key.as_bytes()).unwrap_or_else(|_| unreachable!("HMAC takes any key"))
}

fn mac<S: Sealed>(key: &Hmac<Sha256>, row: &S) -> Hmac<Sha256> {
    let mut fields = Fields(Vec::with_capacity(Fields::USUAL));
    fields.0.extend_from_slice(&[VERSION, S::KIND.code()]);
    row.fields(&mut fields);
    let mut mac = key.clone();
    mac.update(&fields.0);
    mac
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.subkeys.iter().map(|(id, _)| id)).finish()
    }
}
