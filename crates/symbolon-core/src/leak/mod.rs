//! Tokens and keys that lie where they should not: in files, in logs, in a repository's history.
//!
//! A token says by its checksum that it is one, so they are found without asking anybody, those of other installations
//! too. Which of them live, the index knows.

mod scan;

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::token::{MAX_PREFIX, MIN_PREFIX, Prefix, RANDOM_AND_CHECKSUM, TokenPrefix, TokenText};

pub use scan::Scan;

/// A token or key that was found. It prints as [`Find::shown`], and its memory is wiped.
#[derive(Clone)]
pub struct Find {
    text: SecretString,
    prefix: Prefix,
    token_prefix: TokenPrefix,
}

impl Find {
    /// The word before its `_`; that of keys is [`Prefix::of_keys`].
    pub fn prefix(&self) -> &Prefix {
        &self.prefix
    }

    /// Its identifying characters, which are no secret.
    pub fn token_prefix(&self) -> TokenPrefix {
        self.token_prefix
    }

    /// The secret, for the one that can say whether it lives.
    pub fn secret(&self) -> &SecretString {
        &self.text
    }

    /// What may be shown of it: `odin_7QhT2mXa…`.
    pub fn shown(&self) -> String {
        format!("{}_{}…", self.prefix.as_str(), self.token_prefix)
    }

    fn of(prefix: Prefix, text: &[u8]) -> Option<Self> {
        let token_prefix = TokenText::parse(&prefix, text).ok()?.token_prefix();
        let text = std::str::from_utf8(text).ok()?.to_owned().into();
        Some(Self { text, prefix, token_prefix })
    }
}

impl fmt::Debug for Find {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

/// A text in which each token or key stands as [`Find::shown`]: a path or an address may have one in it.
pub fn redacted(text: &str) -> String {
    let (mut kept, mut from) = (String::new(), 0);
    for mark in text.bytes().enumerate().filter_map(|(at, byte)| (byte == b'_').then_some(at)) {
        let Some((start, find)) = found_at(text.as_bytes(), mark).filter(|(start, _)| *start >= from) else {
            continue;
        };
        kept.push_str(text.get(from..start).unwrap_or_default());
        kept.push_str(&find.shown());
        from = start + find.text.expose_secret().len();
    }
    kept + text.get(from..).unwrap_or_default()
}

/// The token or key whose `_` stands at `mark`, and where it begins.
///
/// Nothing is asked of what stands beside it. In `\nodin_…` of JSON and in `%20odin_…` of an address its neighbours
/// belong to the alphabet too. So the checksum alone decides, and by chance it fits once in 280 million texts that have the
/// form and are none. In UTF-16 each character is followed or preceded by a zero, which is looked through.
fn found_at(bytes: &[u8], mark: usize) -> Option<(usize, Find)> {
    let step = if bytes.get(mark + 1) == Some(&0) { 2 } else { 1 };
    let mut after = [0; RANDOM_AND_CHECKSUM];
    for (index, place) in after.iter_mut().enumerate() {
        let at = mark + (index + 1) * step;
        let between = step == 1 || bytes.get(at - 1) == Some(&0);
        *place = *bytes.get(at).filter(|byte| between && byte.is_ascii_alphanumeric())?;
    }
    let before = |back: usize| {
        let at = mark.checked_sub(back * step)?;
        let between = step == 1 || bytes.get(at + 1) == Some(&0);
        bytes.get(at).copied().filter(|byte| between && (byte.is_ascii_lowercase() || byte.is_ascii_digit()))
    };
    let longest = (1..=MAX_PREFIX).take_while(|back| before(*back).is_some()).count();
    // Whichever it is, it is one prefix: the checksum covers it.
    (MIN_PREFIX..=longest).find_map(|length| {
        let mut text: zeroize::Zeroizing<Vec<u8>> =
            (1..=length).rev().filter_map(before).collect::<Vec<_>>().into();
        let prefix = std::str::from_utf8(&text).ok()?;
        let prefix =
            if prefix == Prefix::of_keys().as_str() { Prefix::of_keys() } else { prefix.parse().ok()? };
        text.push(b'_');
        text.extend_from_slice(&after);
        Some((mark - length * step, Find::of(prefix, &text)?))
    })
}

#[cfg(test)]
mod tests;
