//! What a token has beside every other that was taken over from an application (DESIGN part 5).

use sha2::{Digest as _, Sha256};

use crate::digest::Digest;
use crate::foreign::ForeignHash;
use crate::name::ServiceName;
use crate::old_form::OldPrefix;
use crate::record::Token;

/// Where a token was taken over from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Which row it was, kept for ever: what was taken over once is never taken over again, not even after it was
    /// revoked here.
    pub source: Source,
    /// The head of its old secret.
    pub old_prefix: OldPrefix,
    /// What has become of the old secret.
    pub secret: ImportedSecret,
}

/// What of an imported token's old secret is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportedSecret {
    /// The application's hash of it. Nobody has used it here yet; the token has no digest.
    Foreign(ForeignHash),
    /// Nothing but the token's digest, which is of the old secret: it was used and upgraded.
    Upgraded,
    /// Nothing. It opens nothing any more: the token was revoked, or has another secret.
    Gone,
}

/// Tells one row of an application from every other, and nothing else: a digest of its prefix and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Source(pub Digest);

impl Source {
    /// That of a row of `service`. Under no pepper: it must be the same after each of them has been replaced, for what was
    /// revoked is not to be taken over again. It tells whether a row is a known one, and nothing to whoever has not the row.
    pub fn of(service: &ServiceName, prefix: &OldPrefix, hash: &ForeignHash) -> Self {
        // Lengths are not needed: no part but the last can hold a zero byte.
        let parts = ["import", service.as_str(), prefix.as_str(), hash.as_text()];
        let text = zeroize::Zeroizing::new(parts.join("\0"));
        Self(Digest::from_bytes(Sha256::digest(text.as_bytes()).into()))
    }
}

impl Imported {
    /// The same without its old secret.
    #[must_use]
    pub fn gone(self) -> Self {
        Self { secret: ImportedSecret::Gone, ..self }
    }
}

impl Token {
    /// The application's hash of its secret, for as long as that was not used here.
    pub fn foreign(&self) -> Option<&ForeignHash> {
        match &self.imported.as_ref()?.secret {
            ImportedSecret::Foreign(hash) => Some(hash),
            ImportedSecret::Upgraded | ImportedSecret::Gone => None,
        }
    }

    /// Whether its secret is an old one, which counts until its service's catalog says.
    pub fn is_of_old_form(&self) -> bool {
        self.imported.as_ref().is_some_and(|imported| imported.secret != ImportedSecret::Gone)
    }
}
