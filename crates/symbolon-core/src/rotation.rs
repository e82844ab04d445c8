//! Rotation: a new secret under the same identity, and for how long the old one goes on working.
//!
//! Of a token's secrets at most two work at any moment: the present one and the old one. What was replaced is *retired*:
//! it opens nothing, and is remembered so that its use is noticed (RFC 9700 section 4.14.2 does so for refresh tokens).

mod grace;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

use crate::digest::Digest;

pub use grace::{Grace, GraceFault};

/// How many retired secrets of a token are remembered, the newest of them.
pub const MAX_RETIRED: usize = 8;

/// How often the reuse of one token's retired secrets is told of at most: whoever has one does not fill the record with it.
const REUSE_TOLD: SignedDuration = SignedDuration::from_hours(1);

/// When the old secret of a token that is rotated shall end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldEnds {
    /// So long after the new one is first used, and not before.
    AfterFirstUse(Grace),
    /// At this moment.
    At(Timestamp),
    /// With the rotation.
    Now,
}

/// The secret that was replaced, for as long as it may still work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OldSecret {
    /// Its digest and the number of the pepper that made it.
    pub digest: (Digest, u32),
    /// The first moment at which it no longer works; `None`: that of the token.
    pub until: Option<Timestamp>,
    /// It also ends so long after the present secret is first used.
    pub grace: Option<Grace>,
}

/// What is known of a token's secrets besides the digest of the present one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rotation {
    /// When the present secret was made, if that was not at the token's creation.
    pub at: Option<Timestamp>,
    /// When it was first used; kept only of one that replaced another.
    pub first_used_at: Option<Timestamp>,
    /// The secret before it.
    pub old: Option<OldSecret>,
    /// Digests of retired secrets with the numbers of their peppers, newest first, at most [`MAX_RETIRED`].
    pub retired: Vec<(Digest, u32)>,
    /// When a retired secret was last seen to be used.
    pub reused_at: Option<Timestamp>,
}

/// Which of a token's secrets one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The newest.
    Present,
    /// The one before it.
    Old,
    /// One that opens nothing any more.
    Retired,
}

impl Rotation {
    /// The moment from which the old secret does not work, where the present one was first used at `first_use`; `None`: not
    /// known yet, or when the token ends. Asked of a token without an old secret it says nothing.
    pub fn old_ends_at(&self, first_use: Option<Timestamp>) -> Option<Timestamp> {
        let OldSecret { until, grace, .. } = self.old?;
        let after_use = grace.zip(first_use.or(self.first_used_at)).map(|(grace, first)| grace.after(first));
        [until, after_use].into_iter().flatten().min()
    }

    /// Whether the old secret works at `now`.
    pub fn old_works(&self, first_use: Option<Timestamp>, now: Timestamp) -> bool {
        self.old.is_some() && self.old_ends_at(first_use).is_none_or(|end| now < end)
    }

    /// What is known once another secret has taken the place of `present`, if there was one, which was first used at
    /// `first_use`.
    ///
    /// One that nobody has used is taken to be lost: the one before it stays the old one, if that still works. In all other
    /// cases `present` is the old one from now on, and the one before it is retired, so that there is never a third.
    /// `end` is the token's end until now, which the old secret does not outlive.
    pub(crate) fn turned(
        &self,
        present: Option<(Digest, u32)>,
        first_use: Option<Timestamp>,
        ends: OldEnds,
        end: Option<Timestamp>,
        now: Timestamp,
    ) -> Self {
        let (until, grace) = match ends {
            OldEnds::AfterFirstUse(grace) => (None, Some(grace)),
            OldEnds::At(moment) => (Some(moment), None),
            OldEnds::Now => (None, None),
        };
        let first_use = first_use.or(self.first_used_at);
        let before = self.old.map(|old| old.digest);
        let never_used = first_use.is_none() && self.old_works(first_use, now);
        let (kept, replaced) = match ends {
            OldEnds::Now => (None, vec![present, before]),
            _ if never_used => (before, vec![present]),
            _ => (present, vec![before]),
        };
        // What is kept once more keeps the end that it had.
        let earlier = self.old.filter(|_| never_used).and_then(|old| old.until);
        let until = [until, end, earlier].into_iter().flatten().min();
        let retired = replaced.into_iter().flatten().chain(self.retired.iter().copied());
        // Which secret is meant is told by when it was made: no two of a token were made in one moment.
        let next = self.at.and_then(|at| at.checked_add(SignedDuration::from_millis(1)).ok());
        Self {
            at: Some(next.map_or(now, |next| next.max(now))),
            first_used_at: None,
            old: kept.map(|digest| OldSecret { digest, until, grace }),
            retired: retired.take(MAX_RETIRED).collect(),
            reused_at: self.reused_at,
        }
    }

    /// Nothing but what tells of the past: no digest is left.
    pub(crate) fn erased(&self) -> Self {
        Self { old: None, retired: Vec::new(), ..self.clone() }
    }

    /// Each digest that is not the present one's, and which it is.
    pub fn others(&self) -> impl Iterator<Item = (Digest, Which)> {
        let old = self.old.map(|old| (old.digest.0, Which::Old));
        old.into_iter().chain(self.retired.iter().map(|(digest, _)| (*digest, Which::Retired)))
    }
}

/// What checks see of the secrets of a token that was rotated. Noted without a lock, and told once.
#[derive(Debug)]
pub struct SecretUse {
    /// The first use of the present secret, in milliseconds since 1970; `i64::MIN` is never.
    first: AtomicI64,
    /// The reuse that was told of last, likewise.
    reuse: AtomicI64,
}

impl SecretUse {
    /// As the record has it.
    pub fn new(rotation: &Rotation) -> Self {
        let millis = |at: Option<Timestamp>| AtomicI64::new(at.map_or(i64::MIN, Timestamp::as_millisecond));
        Self { first: millis(rotation.first_used_at), reuse: millis(rotation.reused_at) }
    }

    /// The first use of the present secret, if there was one.
    pub fn first(&self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.first.load(Ordering::SeqCst)).ok()
    }

    /// Notes a use of the present secret. Whether it is the first: who is told so has it recorded.
    pub fn note(&self, now: Timestamp) -> bool {
        self.first.load(Ordering::SeqCst) == i64::MIN
            && self
                .first
                .compare_exchange(i64::MIN, now.as_millisecond(), Ordering::SeqCst, Ordering::SeqCst)
                .is_ok()
    }

    /// Notes a use of a retired secret. Whether it is to be told of: who is told so has it recorded.
    pub fn note_reuse(&self, now: Timestamp) -> bool {
        let told = self.reuse.load(Ordering::SeqCst);
        let (now, pause) = (now.as_millisecond(), i64::try_from(REUSE_TOLD.as_millis()).unwrap_or(i64::MAX));
        now.saturating_sub(told) >= pause
            && self.reuse.compare_exchange(told, now, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
}
