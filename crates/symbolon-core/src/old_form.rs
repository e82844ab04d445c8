//! The form of the tokens that an application made before it stood behind Symbolon, as its catalog declares it
//! (DESIGN part 5).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;

use crate::token::Prefix;

/// How the old tokens of a service look, and until when they count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldForm {
    /// What each begins with; may be empty.
    pub prefix: String,
    /// How many characters follow it.
    pub length: usize,
    /// Of which alphabet they are.
    pub alphabet: Alphabet,
    /// How many of those that follow the prefix the application keeps in clear, to find the row by.
    pub lookup: usize,
    /// What of a token the application has hashed.
    pub hashed: Hashed,
    /// The first moment at which none of them counts any more, whatever its row says.
    pub until: Timestamp,
}

/// The characters after the prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// `0-9 a-f A-F`.
    Hex,
    /// `0-9 A-Z a-z`.
    Alphanumeric,
    /// The same with `-` and `_` (RFC 4648 section 5).
    Base64Url,
    /// The same with `.`, `~`, `+`, `/` and `=`: all that a bearer credential may have (RFC 6750 section 2.1).
    Bearer,
}

/// A word that names no alphabet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an alphabet is hex, alphanumeric, base64url or bearer")]
pub struct AlphabetFault;

impl FromStr for Alphabet {
    type Err = AlphabetFault;

    fn from_str(text: &str) -> Result<Self, AlphabetFault> {
        Ok(match text {
            "hex" => Self::Hex,
            "alphanumeric" => Self::Alphanumeric,
            "base64url" => Self::Base64Url,
            "bearer" => Self::Bearer,
            _ => return Err(AlphabetFault),
        })
    }
}

impl Alphabet {
    fn holds(self, byte: u8) -> bool {
        match self {
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Base64Url => byte.is_ascii_alphanumeric() || b"-_".contains(&byte),
            Self::Bearer => byte.is_ascii_alphanumeric() || b"-_.~+/=".contains(&byte),
        }
    }
}

/// What of a token was hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hashed {
    /// All of it.
    Whole,
    /// What follows the prefix.
    AfterPrefix,
}

/// A word that names no part of a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("hashed is whole or after_prefix")]
pub struct HashedFault;

impl FromStr for Hashed {
    type Err = HashedFault;

    fn from_str(text: &str) -> Result<Self, HashedFault> {
        match text {
            "whole" => Ok(Self::Whole),
            "after_prefix" => Ok(Self::AfterPrefix),
            _ => Err(HashedFault),
        }
    }
}

/// The head of an old token by which its row is found, such as `odin_x7Kp2`. Not secret, and not unique: the
/// applications keep 24 or 30 random bits of it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct OldPrefix(Arc<str>);

impl OldPrefix {
    /// One read back from the record, where only [`OldForm::prefix_of_row`] has put any.
    pub fn kept(text: &str) -> Self {
        Self(text.into())
    }

    /// The head as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for OldPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl OldForm {
    /// Whether `text` looks like an old token.
    pub fn fits(&self, text: &[u8]) -> bool {
        text.len() == self.len() && self.rest(text).is_some()
    }

    /// What the row of an old token is found by; `None` if `text` is none by its looks.
    pub fn prefix_of(&self, text: &[u8]) -> Option<OldPrefix> {
        let head = text.get(..self.prefix.len() + self.lookup).filter(|_| self.fits(text))?;
        std::str::from_utf8(head).ok().map(OldPrefix::kept)
    }

    /// The same as the application's row has it.
    pub fn prefix_of_row(&self, column: &str) -> Option<OldPrefix> {
        let rest = self.rest(column.as_bytes())?;
        (rest.len() == self.lookup).then(|| OldPrefix::kept(column))
    }

    /// What of an old token was hashed.
    pub fn hashed<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        match self.hashed {
            Hashed::Whole => text,
            Hashed::AfterPrefix => text.get(self.prefix.len()..).unwrap_or_default(),
        }
    }

    /// How many bytes were hashed.
    pub fn hashed_len(&self) -> usize {
        match self.hashed {
            Hashed::Whole => self.len(),
            Hashed::AfterPrefix => self.length,
        }
    }

    /// Whether one text could be an old token and a token of Symbolon's of this prefix, or a key.
    pub fn is_mistakable(&self, native: &Prefix) -> bool {
        [native, &Prefix::of_keys()].into_iter().any(|prefix| {
            let head = format!("{}_", prefix.as_str());
            let same_start = self.prefix.starts_with(&head)
                || head
                    .strip_prefix(&*self.prefix)
                    .is_some_and(|rest| rest.bytes().all(|b| self.alphabet.holds(b)));
            same_start && self.len() == head.len() + crate::token::AFTER_PREFIX
        })
    }

    fn len(&self) -> usize {
        self.prefix.len() + self.length
    }

    fn rest<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        let rest = text.strip_prefix(self.prefix.as_bytes())?;
        rest.iter().all(|byte| self.alphabet.holds(*byte)).then_some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn odin() -> OldForm {
        OldForm {
            prefix: "odin_".to_owned(),
            length: 43,
            alphabet: Alphabet::Base64Url,
            lookup: 5,
            hashed: Hashed::Whole,
            until: Timestamp::MAX,
        }
    }

    #[test]
    fn an_old_token_is_known_by_its_looks() {
        let text = format!("odin_x-K_2{}", "a".repeat(38));
        let form = odin();
        assert!(form.fits(text.as_bytes()));
        assert_eq!(form.prefix_of(text.as_bytes()).unwrap().as_str(), "odin_x-K_2");
        assert_eq!(form.hashed(text.as_bytes()), text.as_bytes());
        let after = OldForm { hashed: Hashed::AfterPrefix, ..odin() };
        assert_eq!(after.hashed(text.as_bytes()), &text.as_bytes()[5..]);
        assert_eq!((form.hashed_len(), after.hashed_len()), (48, 43));
        for other in [
            "",
            "odin_",
            &text[..47],
            &format!("{text}a"),
            &text.replace("odin_", "odin-"),
            &text.replace('K', "."),
        ] {
            assert!(!form.fits(other.as_bytes()) && form.prefix_of(other.as_bytes()).is_none(), "{other}");
        }
    }

    #[test]
    fn a_row_has_the_prefix_and_the_characters_after_it() {
        let form = odin();
        assert!(form.prefix_of_row("odin_x-K_2").is_some());
        for other in ["", "odin_", "x-K_2", "odin_x-K_", "odin_x-K_22", "odin_x.K_2"] {
            assert_eq!(form.prefix_of_row(other), None, "{other}");
        }
    }

    #[test]
    fn what_could_be_a_token_or_a_key_of_symbolons_is_mistakable() {
        let prefix: Prefix = "odin".parse().unwrap();
        assert!(!odin().is_mistakable(&prefix));
        assert!(OldForm { length: 49, ..odin() }.is_mistakable(&prefix));
        assert!(!OldForm { length: 48, ..odin() }.is_mistakable(&prefix));
        assert!(OldForm { prefix: String::new(), length: 54, ..odin() }.is_mistakable(&prefix));
        assert!(OldForm { prefix: String::new(), length: 56, ..odin() }.is_mistakable(&prefix), "a key");
        let hex = OldForm { prefix: String::new(), length: 54, alphabet: Alphabet::Hex, ..odin() };
        assert!(!hex.is_mistakable(&prefix), "no hex text begins with odin_");
    }
}
