//! GitHub's signatures: ECDSA over P-256 and SHA-256, of a body's bytes as they came.

use std::sync::Arc;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;

/// What stands before the point in the DER of a public key on P-256 (RFC 5480 section 2.1.1): of such a key every byte but
/// the point's is given.
const P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// The public keys that GitHub names, as far as they can be read.
#[derive(Debug, Clone)]
pub(super) struct KeySet(Arc<[PublicKey]>);

/// One of them.
#[derive(Debug, Clone)]
pub(crate) struct PublicKey {
    id: String,
    /// Uncompressed.
    point: Vec<u8>,
}

/// What GitHub answers. What else it says is ignored.
#[derive(Deserialize)]
struct Document {
    public_keys: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    key_identifier: String,
    /// PEM.
    key: String,
    is_current: bool,
}

impl KeySet {
    /// Reads GitHub's document. `None` where it is none, or has no current key on P-256: then nothing can be signed.
    pub(super) fn read(json: &[u8]) -> Option<Self> {
        let document: Document = serde_json::from_slice(json).ok()?;
        // One that is not current any more signs nothing.
        let current = document.public_keys.into_iter().filter(|entry| entry.is_current);
        let keys: Arc<[PublicKey]> = current.filter_map(PublicKey::of).collect();
        if keys.is_empty() { None } else { Some(Self(keys)) }
    }

    /// The current key of this identifier.
    pub(super) fn key(&self, id: &str) -> Option<PublicKey> {
        self.0.iter().find(|key| key.id == id).cloned()
    }
}

impl PublicKey {
    fn of(entry: Entry) -> Option<Self> {
        let der = SubjectPublicKeyInfoDer::from_pem_slice(entry.key.as_bytes()).ok()?;
        let point = der.strip_prefix(&P256[..]).filter(|point| point.len() == 65)?;
        Some(Self { id: entry.key_identifier, point: point.to_vec() })
    }

    /// Whether `signature`, the base64 of ASN.1's DER, is this key's over `body`.
    pub(crate) fn verifies(&self, body: &[u8], signature: &str) -> bool {
        let Ok(signature) = STANDARD.decode(signature) else { return false };
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.point).verify(body, &signature).is_ok()
    }
}

#[cfg(test)]
mod tests;
