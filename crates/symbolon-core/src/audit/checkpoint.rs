//! Checkpoints: the number and hash of a line, signed with Ed25519 (RFC 8032), to be kept where whoever can write to the
//! record cannot write.

use std::fmt::{self, Write};
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::Head;

/// What a signature says it is of, so that it can be taken for nothing else that a key might sign.
const DOMAIN: &[u8] = b"symbolon audit checkpoint 1\0";

/// The key that signs checkpoints. It signs nothing else, and does not print.
#[derive(Clone)]
pub struct AuditKey(SigningKey);

impl AuditKey {
    /// From its 32 secret bytes (the seed of RFC 8032 section 5.1.5).
    pub fn new(seed: &Zeroizing<[u8; 32]>) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// What its signatures are verified with.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// A checkpoint of `head`, signed at `at`, which is kept to the millisecond.
    pub fn sign(&self, head: Head, at: Timestamp) -> Checkpoint {
        let signature = Signature(self.0.sign(&message(head, at)).to_bytes());
        Checkpoint { head, at, key: self.public().id(), signature }
    }
}

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditKey({})", self.public().id())
    }
}

/// The key that signs, and those that did before it.
#[derive(Debug, Clone)]
pub struct AuditKeys {
    /// It signs.
    pub current: AuditKey,
    /// They sign no more, and what they have signed stays verifiable.
    pub former: Vec<PublicKey>,
}

impl AuditKeys {
    /// All that a checkpoint may be signed with.
    pub fn public(&self) -> Vec<PublicKey> {
        std::iter::once(self.current.public()).chain(self.former.iter().copied()).collect()
    }
}

/// What is signed.
fn message(head: Head, at: Timestamp) -> Vec<u8> {
    let at = at.as_millisecond().to_be_bytes();
    [DOMAIN, &head.seq.to_be_bytes(), head.hash.as_bytes(), &at].concat()
}

/// A key that checkpoints are verified with, written as the base64 of its 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// A text that is no public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a public key is the base64 of the 32 bytes of an Ed25519 key, as `symbolon audit key` prints it")]
pub struct KeyFault;

impl PublicKey {
    /// What the key is called: the first 16 hexadecimal digits of its SHA-256.
    pub fn id(&self) -> String {
        let digest = Sha256::digest(self.0.as_bytes());
        digest.iter().take(8).fold(String::with_capacity(16), |mut id, byte| {
            // Writing to a String does not fail.
            let _ = write!(id, "{byte:02x}");
            id
        })
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(self.0.as_bytes()))
    }
}

impl FromStr for PublicKey {
    type Err = KeyFault;

    fn from_str(text: &str) -> Result<Self, KeyFault> {
        let bytes: [u8; 32] =
            BASE64.decode(text).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(KeyFault)?;
        // A key of small order would confirm signatures that nobody made.
        let key = VerifyingKey::from_bytes(&bytes).ok().filter(|key| !key.is_weak());
        key.map(Self).ok_or(KeyFault)
    }
}

/// A signature, written as the base64 of its 64 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub(super) [u8; 64]);

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(self.0))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Signature {
    type Err = CheckpointFault;

    fn from_str(text: &str) -> Result<Self, CheckpointFault> {
        let bytes = BASE64.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(CheckpointFault::Form)
    }
}

/// A line that was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The line.
    pub head: Head,
    /// When it was signed.
    pub at: Timestamp,
    /// What the key is called that signed it.
    pub key: String,
    /// Over all of the above but the key's name.
    pub signature: Signature,
}

/// Why a checkpoint vouches for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointFault {
    /// It has not the form of one.
    #[error("a signature is the base64 of 64 bytes")]
    Form,
    /// None of the keys that are known has its name.
    #[error("it is signed with a key that is not known here; give that key with --public-key")]
    UnknownKey,
    /// The signature is of something else, or by somebody else.
    #[error("its signature is not of what it says: it was changed, or was never signed with this key")]
    Signature,
}

impl Checkpoint {
    /// Whether one of these keys has signed it.
    pub fn verify(&self, keys: &[PublicKey]) -> Result<(), CheckpointFault> {
        let key = keys.iter().find(|key| key.id() == self.key).ok_or(CheckpointFault::UnknownKey)?;
        let signature = ed25519_dalek::Signature::from_bytes(&self.signature.0);
        // Strict: nobody can make a second signature of a first (RFC 8032 section 8.4).
        let confirmed = key.0.verify_strict(&message(self.head, self.at), &signature);
        confirmed.map_err(|_| CheckpointFault::Signature)
    }
}
