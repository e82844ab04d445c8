//! Identifiers: typed, sortable by creation time, and printed with the kind in front (`tok_…`).

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::hex;
use crate::random::Entropy;

/// A text that is not an identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the form {kind}_ and 32 hexadecimal digits")]
pub struct IdFault {
    kind: &'static str,
}

/// 16 bytes in the layout of a UUID of version 7 (RFC 9562 section 5.7): 48 bits of milliseconds, then 74
/// random bits. The order of ids is the order of creation, to the millisecond.
fn uuid_v7(now: Timestamp, entropy: &dyn Entropy) -> [u8; 16] {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes[6..]);
    let millis = u64::try_from(now.as_millisecond()).unwrap_or(0).to_be_bytes();
    bytes[..6].copy_from_slice(&millis[2..]);
    bytes[6] = 0x70 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    bytes
}

fn print(kind: &str, bytes: &[u8; 16], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = [b'_'; 4 + 32];
    let (head, digits) = text.split_at_mut(4);
    head[..3].copy_from_slice(kind.as_bytes());
    hex::write(bytes, digits);
    f.write_str(str::from_utf8(&text).unwrap_or_else(|_| unreachable!("digits and letters")))
}

fn parse(kind: &'static str, text: &str) -> Result<[u8; 16], IdFault> {
    let digits = text.strip_prefix(kind).and_then(|rest| rest.strip_prefix('_'));
    // One spelling for one id: upper-case digits are refused.
    digits.and_then(hex::read).ok_or(IdFault { kind })
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// A new identifier for something created at `now`.
            pub fn new(now: Timestamp, entropy: &dyn Entropy) -> Self {
                Self(uuid_v7(now, entropy))
            }

            /// From its bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// Its bytes.
            pub const fn to_bytes(self) -> [u8; 16] {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                print($kind, &self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                print($kind, &self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = IdFault;
            fn from_str(text: &str) -> Result<Self, IdFault> {
                parse($kind, text).map(Self)
            }
        }
    )*};
}

ids! {
    /// A token's identity; it outlives the secret, the name and the revocation.
    TokenId = "tok";
    /// A user's identity.
    UserId = "usr";
    /// One sign-in of one user.
    SessionId = "ses";
    /// A system key or a verifier key.
    KeyId = "key";
    /// One request through one door; what a refusal names so that it can be explained later.
    RequestId = "req";
    /// A token's request for scopes that it has not.
    AskId = "ask";
    /// A node of a fleet for as long as it is one without a break; made of random bytes, for it says nothing and sorts nothing.
    NodeId = "nod";
}

impl UserId {
    /// The built-in user `system`, owner of tokens that the system key made for nobody in particular: highest
    /// role everywhere, no login (DESIGN part 4, issuing).
    pub const SYSTEM: Self = Self([0; 16]);
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Ones;
    impl Entropy for Ones {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0xff);
        }
    }

    #[test]
    fn prints_its_kind_and_reads_back() {
        let id = TokenId::new(Timestamp::from_millisecond(1).unwrap(), &Ones);
        assert_eq!(id.to_string(), "tok_0000000000017fffbfffffffffffffff");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn another_kind_and_another_spelling_are_refused() {
        for text in
            ["usr_0000000000017fffbfffffffffffffff", "tok_", "tok_0000000000017FFFBFFFFFFFFFFFFFFF", ""]
        {
            assert!(text.parse::<TokenId>().is_err(), "{text}");
        }
    }
}
