//! The audit that nobody can quietly change: each line carries a hash over itself and the line before.
//!
//! Whoever can write to the database can change a line, take one out or put one in, but then the chain is broken at that
//! line, or must be computed anew from there to its end. That, and an end that was cut off, is found by a [`Checkpoint`]: the
//! number and hash of one line, signed, and kept where the writer of the database cannot reach it.

mod chain;
mod checkpoint;

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::hex;
use crate::record::AuditLine;

pub use chain::{Anchors, Chain, Flaw, Verdict};
pub use checkpoint::{AuditKey, AuditKeys, Checkpoint, CheckpointFault, KeyFault, PublicKey, Signature};

/// The version of a line's encoding: its first byte. Another encoding gets another.
const ENCODING: u8 = 1;

/// The hash that a line carries: SHA-256 over the hash of the line before and the line's own encoding. Not a secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LineHash([u8; 32]);

impl LineHash {
    /// What stands before the first line. It is the hash of nothing that anybody knows.
    pub const GENESIS: Self = Self([0; 32]);

    /// A hash read back from the record.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the record.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for LineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for LineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A text that is no hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 64 hexadecimal digits in lower case")]
pub struct HashFault;

impl FromStr for LineHash {
    type Err = HashFault;

    fn from_str(text: &str) -> Result<Self, HashFault> {
        hex::read(text).map(Self).ok_or(HashFault)
    }
}

/// A line of the audit as the record keeps it. Actor and action are texts, for what they name may be long gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number: 1, 2, 3 and so on, without a gap.
    pub seq: u64,
    /// When, to the millisecond.
    pub at: Timestamp,
    /// The actor's id, `local`, `github`, `symbolon` or `anonymous`.
    pub actor: String,
    /// The sign-in by which a user acted.
    pub session: Option<String>,
    /// Address, if known.
    pub client_ip: Option<String>,
    /// Request id, if it came over HTTP.
    pub request_id: Option<String>,
    /// `noun.verb`.
    pub action: String,
    /// Id of what it was done to.
    pub subject: String,
    /// Service, if one is concerned.
    pub service: Option<String>,
    /// What changed: JSON, as the text that was written. The hash is over these very bytes.
    pub detail: String,
    /// Over the line before and all of the above.
    pub hash: LineHash,
}

impl Line {
    /// The line that is written as number `seq` after the one with the hash `previous`.
    pub fn after(previous: LineHash, seq: u64, said: &AuditLine) -> Self {
        let mut line = Self {
            seq,
            at: said.at,
            actor: said.origin.actor.to_string(),
            session: said.origin.actor.session().map(|id| id.to_string()),
            client_ip: said.origin.client_ip.map(|ip| ip.to_string()),
            request_id: said.origin.request.map(|id| id.to_string()),
            action: said.action.to_owned(),
            subject: said.subject.clone(),
            service: said.service.as_ref().map(ToString::to_string),
            detail: said.detail.to_string(),
            hash: LineHash::GENESIS,
        };
        line.hash = line.hash_after(previous);
        line
    }

    /// The hash that this line has to carry after one with the hash `previous`.
    pub fn hash_after(&self, previous: LineHash) -> LineHash {
        let mut sha = Sha256::new_with_prefix(previous.0);
        sha.update([ENCODING]);
        sha.update(self.seq.to_be_bytes());
        sha.update(self.at.as_millisecond().to_be_bytes());
        let Self { actor, session, client_ip, request_id, action, subject, service, detail, .. } = self;
        for field in [
            Some(actor),
            session.as_ref(),
            client_ip.as_ref(),
            request_id.as_ref(),
            Some(action),
            Some(subject),
            service.as_ref(),
            Some(detail),
        ] {
            // Its length before each text, and a mark whether there is one: no two lines are encoded alike.
            match field {
                None => sha.update([0]),
                Some(text) => {
                    sha.update([1]);
                    sha.update((text.len() as u64).to_be_bytes());
                    sha.update(text);
                }
            }
        }
        LineHash(sha.finalize().into())
    }
}

/// Where the chain ends: the last line's number and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The number; 0 before the first line.
    pub seq: u64,
    /// The hash; [`LineHash::GENESIS`] before the first line.
    pub hash: LineHash,
}

impl Head {
    /// Of an audit without a line.
    pub const EMPTY: Self = Self { seq: 0, hash: LineHash::GENESIS };
}

#[cfg(test)]
mod tests;
