//! What is stored instead of a secret: HMAC-SHA-256 under the server's pepper (DESIGN part 5).

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// The digest of a secret: what the index is keyed by and what a row holds. Of no use without the pepper, and
/// still not printed: a log line is not a place for it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// A digest read back from the record.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the record and for the index.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(..)")
    }
}

/// The server key under which secrets are digested. It lives outside the database, so that a copy of the
/// database lets nobody in.
///
/// 256 random bits need no slow hash: there is nothing to guess. The key is prepared once, so a digest costs
/// two compressions of SHA-256.
#[derive(Clone)]
pub struct Pepper {
    id: u32,
    prepared: Hmac<Sha256>,
}

impl Pepper {
    /// The pepper numbered `id`, from 32 secret bytes.
    pub fn new(id: u32, key: &Zeroizing<[u8; 32]>) -> Self {
        // HMAC takes a key of any length (RFC 2104 section 2); this length is its block's half.
        let prepared =
            Hmac::new_from_slice(key.as_slice()).unwrap_or_else(|_| unreachable!("HMAC takes any key"));
        Self { id, prepared }
    }

    /// Its number, stored beside each digest so that peppers can be rotated.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The digest of `secret`.
    pub fn digest(&self, secret: &[u8]) -> Digest {
        let mut mac = self.prepared.clone();
        mac.update(secret);
        Digest(mac.finalize().into_bytes().into())
    }

    /// Whether `digest` is that of `text`, in time that does not depend on where it differs.
    pub fn confirms(&self, text: &[u8], digest: &[u8]) -> bool {
        let mut mac = self.prepared.clone();
        mac.update(text);
        mac.verify_slice(digest).is_ok()
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pepper({})", self.id)
    }
}
