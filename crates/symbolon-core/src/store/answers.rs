//! What became of changes that were sent on to an application under an `Idempotency-Key`.

use std::fmt;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::StoreError;
use crate::digest::Digest;
use crate::id::TokenId;

/// How long that is known after the key was claimed.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// A token's claim on a key, for one request. It is made before the request is sent, so that of two of them one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerClaim {
    /// Who calls; a key means nothing outside its token.
    pub token: TokenId,
    /// The header's value.
    pub key: String,
    /// Digest of the request under the pepper.
    pub fingerprint: Digest,
    /// When it is made.
    pub at: Timestamp,
}

impl AnswerClaim {
    /// When it lapses: 24 hours after it was made.
    pub fn expires_at(&self) -> Timestamp {
        self.at.saturating_add(KEPT).unwrap_or(Timestamp::MAX)
    }
}

/// An answer of an application, as far as it is given again.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// Its HTTP status.
    pub status: u16,
    /// The value of `Content-Type`.
    pub content_type: Option<String>,
    /// The value of `Location`.
    pub location: Option<String>,
    /// The value of `ETag`.
    pub etag: Option<String>,
    /// Its body, whole.
    pub body: Vec<u8>,
}

/// What applications answer is for their callers, and not for a log.
impl fmt::Debug for KeptAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptAnswer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// How a claimed request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerOutcome {
    /// It was sent, and nobody knows what came of it.
    Unknown,
    /// It was answered, and the answer is not kept.
    NotKept,
    /// It was answered so.
    Kept(KeptAnswer),
}

/// The claim that stands where another was to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerBefore {
    /// Digest of its request, under the pepper of then.
    pub fingerprint: Digest,
    /// When it was made.
    pub at: Timestamp,
    /// How it ended; `None`: it is under way, or whoever made it has ended without a word.
    pub outcome: Option<AnswerOutcome>,
}

/// What a request is told whose key was claimed before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repeated {
    /// The key stands for another request.
    Other,
    /// The first is under way.
    UnderWay,
    /// The first was sent, or was about to be, and nobody knows what came of it.
    Unknown,
    /// The first was answered, and the answer is not kept.
    NotKept,
    /// The first was answered so.
    Kept(KeptAnswer),
}

impl AnswerBefore {
    /// What its repetition at `now` is told. `same` is whether it is one; an answer takes no longer than `longest`.
    pub fn repeated(self, same: bool, now: Timestamp, longest: SignedDuration) -> Repeated {
        match self.outcome {
            _ if !same => Repeated::Other,
            Some(AnswerOutcome::Kept(answer)) => Repeated::Kept(answer),
            Some(AnswerOutcome::NotKept) => Repeated::NotKept,
            Some(AnswerOutcome::Unknown) => Repeated::Unknown,
            None if now.duration_since(self.at) > longest => Repeated::Unknown,
            None => Repeated::UnderWay,
        }
    }
}

/// What the record does for changes that are sent on once. None of it has a line in the audit or a change record.
#[async_trait]
pub trait Answers: Send + Sync {
    /// Claims a key, durably when this returns. Refused with [`StoreError::Answered`] where the token's claim on it stands; of
    /// many at once one gets it, at whichever node. After any other error it may have been made all the same.
    async fn claim_answer(&self, claim: AnswerClaim) -> Result<(), StoreError>;
    /// Gives a claim up whose request had no effect. One that has ended, or lapsed and is another's by now, is let be.
    async fn release_answer(&self, claim: AnswerClaim) -> Result<(), StoreError>;
    /// Says how a claim ended, once. Refused with [`StoreError::NotFound`] if it is not there, or has ended.
    async fn end_answer(&self, claim: AnswerClaim, outcome: AnswerOutcome) -> Result<(), StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_request_is_told_nothing_of_the_first_and_silence_is_not_taken_for_work() {
        let at = Timestamp::UNIX_EPOCH;
        let kept = KeptAnswer { status: 201, content_type: None, location: None, etag: None, body: vec![1] };
        let told = |outcome: Option<AnswerOutcome>, same, after: i64| {
            let before = AnswerBefore { fingerprint: Digest::from_bytes([1; 32]), at, outcome };
            let now = Timestamp::from_second(after).unwrap();
            before.repeated(same, now, SignedDuration::from_secs(60))
        };
        for outcome in [
            None,
            Some(AnswerOutcome::Unknown),
            Some(AnswerOutcome::NotKept),
            Some(AnswerOutcome::Kept(kept.clone())),
        ] {
            assert_eq!(told(outcome, false, 61), Repeated::Other);
        }
        assert_eq!(told(None, true, 60), Repeated::UnderWay);
        assert_eq!(told(None, true, 61), Repeated::Unknown);
        // By a node whose clock is ahead.
        assert_eq!(told(None, true, -61), Repeated::UnderWay);
        assert_eq!(told(Some(AnswerOutcome::Unknown), true, 0), Repeated::Unknown);
        assert_eq!(told(Some(AnswerOutcome::NotKept), true, 61), Repeated::NotKept);
        assert_eq!(told(Some(AnswerOutcome::Kept(kept.clone())), true, 61), Repeated::Kept(kept));
    }
}
