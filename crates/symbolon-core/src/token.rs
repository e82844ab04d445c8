//! The token's text: prefix, identifier, secret, checksum (DESIGN part 5).
//!
//! ```text
//! odin_ 7QhT2mXa 9vK…(35 characters) 0Zc4Qe
//! prefix identifier  secret           checksum
//! ```

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroize;

use crate::digest::{Digest, Pepper};
use crate::random::Entropy;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM: usize = 43;
const CHECKSUM: usize = 6;
/// What follows the `_` of the prefix.
pub(crate) const AFTER_PREFIX: usize = RANDOM + CHECKSUM;
const IDENTIFIER: usize = 8;

/// What follows the `_` of a token: its random characters and its checksum.
pub(crate) const RANDOM_AND_CHECKSUM: usize = RANDOM + CHECKSUM;
/// The shortest prefix, in characters.
pub(crate) const MIN_PREFIX: usize = 2;
/// The longest.
pub(crate) const MAX_PREFIX: usize = 16;

/// The word before the `_` of every token of one service, from its catalog. `symkey` is kept for keys.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Prefix(Arc<str>);

/// A text that can be no prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a token prefix is 2 to 16 of a-z and 0-9, begins with a letter, and is not symkey")]
pub struct PrefixFault;

impl FromStr for Prefix {
    type Err = PrefixFault;

    fn from_str(text: &str) -> Result<Self, PrefixFault> {
        let ok = (MIN_PREFIX..=MAX_PREFIX).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            && text.as_bytes()[0].is_ascii_lowercase()
            && text != "symkey";
        if ok { Ok(Self(text.into())) } else { Err(PrefixFault) }
    }
}

impl Prefix {
    /// The prefix of system and verifier keys, which no catalog can take.
    pub fn of_keys() -> Self {
        Self("symkey".into())
    }

    /// The prefix without its `_`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `text` claims to be a token of this prefix. One that claims so and is not is refused; it is never
    /// taken for some other credential.
    pub fn claims(&self, text: &[u8]) -> bool {
        text.strip_prefix(self.0.as_bytes()).is_some_and(|rest| rest.first() == Some(&b'_'))
    }
}

/// The first 8 characters after the prefix: shown in lists, unique in a service, never secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenPrefix([u8; IDENTIFIER]);

impl TokenPrefix {
    /// From the bytes that [`TokenPrefix::to_bytes`] gave.
    pub const fn from_bytes(bytes: [u8; IDENTIFIER]) -> Self {
        Self(bytes)
    }

    /// Its characters.
    pub const fn to_bytes(self) -> [u8; IDENTIFIER] {
        self.0
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for TokenPrefix {
    type Err = TokenFault;

    fn from_str(text: &str) -> Result<Self, TokenFault> {
        let bytes: [u8; IDENTIFIER] = text.as_bytes().try_into().map_err(|_| TokenFault::Form)?;
        if bytes.iter().all(u8::is_ascii_alphanumeric) { Ok(Self(bytes)) } else { Err(TokenFault::Form) }
    }
}

impl fmt::Display for TokenPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for TokenPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a text is no token of the wanted prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Not `prefix_` and 49 characters of 0-9, A-Z, a-z.
    #[error("not of the form of a token")]
    Form,
    /// The last six characters do not belong to what is before them: mistyped, cut or made up.
    #[error("the checksum is wrong")]
    Checksum,
}

/// A text that has the form of a token and the right checksum. Whether it lives is the index's to say.
#[derive(Clone, Copy)]
pub struct TokenText<'a>(&'a [u8]);

impl<'a> TokenText<'a> {
    /// Checks form and checksum; no hashing, no lookup.
    pub fn parse(prefix: &Prefix, text: &'a [u8]) -> Result<Self, TokenFault> {
        let head = prefix.0.len() + 1;
        if text.len() != head + RANDOM + CHECKSUM || !prefix.claims(text) {
            return Err(TokenFault::Form);
        }
        // All of them, without a way out before the end: this is done by the vector.
        if !text[head..].iter().fold(true, |all, byte| all & byte.is_ascii_alphanumeric()) {
            return Err(TokenFault::Form);
        }
        let (body, sum) = text.split_at(head + RANDOM);
        if checksum(body) != *sum {
            return Err(TokenFault::Checksum);
        }
        Ok(Self(text))
    }

    /// The digest under which the index knows the token.
    pub fn digest(self, pepper: &Pepper) -> Digest {
        pepper.digest(self.as_bytes())
    }

    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The identifying characters.
    pub fn token_prefix(self) -> TokenPrefix {
        let start = self.0.len() - RANDOM - CHECKSUM;
        let mut bytes = [0; IDENTIFIER];
        bytes.copy_from_slice(&self.0[start..start + IDENTIFIER]);
        TokenPrefix(bytes)
    }
}

impl fmt::Debug for TokenText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenText({}…)", self.token_prefix())
    }
}

/// A new secret, on its way to the one reply that shows it. Printing shows nothing; memory is wiped.
pub struct NewSecret {
    text: SecretString,
    prefix: Prefix,
}

impl NewSecret {
    /// 43 characters, each uniform over 62, from `entropy`: 256 bits.
    pub fn generate(prefix: &Prefix, entropy: &dyn Entropy) -> Self {
        Self::drawn(prefix, &[], entropy)
    }

    /// Another secret for the token that is identified by `identifier`: 208 bits of it are new.
    pub fn again(prefix: &Prefix, identifier: TokenPrefix, entropy: &dyn Entropy) -> Self {
        Self::drawn(prefix, &identifier.0, entropy)
    }

    /// Begins with `identifier` and goes on with what is drawn.
    fn drawn(prefix: &Prefix, identifier: &[u8], entropy: &dyn Entropy) -> Self {
        let mut text = Vec::with_capacity(prefix.0.len() + 1 + RANDOM + CHECKSUM);
        text.extend_from_slice(prefix.0.as_bytes());
        text.push(b'_');
        let start = text.len();
        text.extend_from_slice(identifier);
        let mut pool = [0_u8; 64];
        while text.len() < start + RANDOM {
            entropy.fill(&mut pool);
            // 248 is the largest multiple of 62 in a byte; what is above would favour the first eight letters.
            let fair = pool.iter().filter(|b| **b < 248).map(|b| ALPHABET[usize::from(*b % 62)]);
            let missing = start + RANDOM - text.len();
            text.extend(fair.take(missing));
        }
        pool.zeroize();
        let sum = checksum(&text);
        text.extend_from_slice(&sum);
        let text = String::from_utf8(text).unwrap_or_else(|_| unreachable!("the alphabet is ASCII"));
        Self { text: SecretString::from(text), prefix: prefix.clone() }
    }

    /// The secret as the checker sees it.
    pub fn text(&self) -> TokenText<'_> {
        debug_assert!(TokenText::parse(&self.prefix, self.text.expose_secret().as_bytes()).is_ok());
        TokenText(self.text.expose_secret().as_bytes())
    }

    /// The secret itself, for the one reply that shows it.
    pub fn reveal(&self) -> &str {
        self.text.expose_secret()
    }
}

impl fmt::Debug for NewSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewSecret({}_…)", self.prefix.0)
    }
}

/// CRC-32 (ISO-HDLC) as six base62 digits, left-padded with `0`. Any change of one character changes it: a CRC
/// finds every burst of up to 32 bits.
fn checksum(body: &[u8]) -> [u8; CHECKSUM] {
    let mut rest = crc32fast::hash(body);
    let mut digits = [b'0'; CHECKSUM];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    digits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Bytes(Vec<u8>);
    impl Entropy for Bytes {
        fn fill(&self, bytes: &mut [u8]) {
            for (i, byte) in bytes.iter_mut().enumerate() {
                *byte = self.0[i % self.0.len()];
            }
        }
    }

    fn odin() -> Prefix {
        "odin".parse().unwrap()
    }

    #[test]
    fn the_form_is_the_documented_one() {
        let secret = NewSecret::generate(&odin(), &Bytes(vec![1, 2, 3, 61, 255, 62]));
        let text = secret.reveal();
        assert_eq!(text.len(), 54);
        assert!(text.strip_prefix("odin_").unwrap().bytes().all(|b| b.is_ascii_alphanumeric()));
        assert_eq!(secret.text().token_prefix().as_str(), &text[5..13]);
        assert!(!format!("{secret:?} {:?}", secret.text()).contains(&text[13..]));
    }

    #[test]
    fn the_checksum_is_the_one_of_zlib() {
        // CRC-32/ISO-HDLC of "123456789" is 0xCBF43926 (its published check value).
        assert_eq!(&checksum(b"123456789"), b"3jZRME");
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(seed in prop::collection::vec(0_u8..248, 64)) {
            let secret = NewSecret::generate(&odin(), &Bytes(seed));
            let text = TokenText::parse(&odin(), secret.reveal().as_bytes()).unwrap();
            prop_assert_eq!(text.0, secret.reveal().as_bytes());
        }

        #[test]
        fn every_corruption_of_one_character_is_refused(
            seed in prop::collection::vec(0_u8..248, 64), at in 0_usize..54, to in any::<u8>(),
        ) {
            let secret = NewSecret::generate(&odin(), &Bytes(seed));
            let mut text = secret.reveal().as_bytes().to_vec();
            prop_assume!(text[at] != to);
            text[at] = to;
            prop_assert!(TokenText::parse(&odin(), &text).is_err());
            text.remove(at);
            prop_assert!(TokenText::parse(&odin(), &text).is_err());
        }
    }
}
