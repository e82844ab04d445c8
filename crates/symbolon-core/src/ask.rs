//! Scopes that a token asks for because it has not got them, and what somebody said to that.
//!
//! An ask gives nobody a right: what is approved is lent to the token, in the token's own record
//! ([`Loan`](crate::derived::Loan)), and ends there by itself.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

use crate::decision::Keys;
use crate::digest::{Digest, Pepper};
use crate::id::{AskId, TokenId};
use crate::lifetime::Lifetime;
use crate::name::{ScopeName, ServiceName};
use crate::record::Token;

/// The longest reason, and the longest note of an answer, in characters.
pub const MAX_TEXT: usize = 500;
/// The most scopes that are asked for at once.
pub const MAX_SCOPES: usize = 50;
/// The longest time for which something is lent.
pub const LONGEST: Lifetime = Lifetime::Seconds(86_400);
/// How long an ask waits for an answer.
pub const OPEN: SignedDuration = SignedDuration::from_hours(24);
/// How often a token may ask in so long a time, whatever becomes of it: whoever answers is a person.
pub const MAX_ASKED: u32 = 20;
/// How long an ask is kept, from when it was made. The audit remembers it for longer.
pub const KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);

/// A token's request for scopes that it has not, for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Which.
    pub id: AskId,
    /// The token's service.
    pub service: ServiceName,
    /// The token that is to be lent something.
    pub token: TokenId,
    /// What it asks for, sorted.
    pub scopes: Vec<ScopeName>,
    /// For how long, from the answer on; never [`Lifetime::Never`].
    pub lasts: Lifetime,
    /// What for. The words of a machine, perhaps one that somebody else has talked into it.
    pub reason: String,
    /// The id of who asked: the token itself, or somebody for it.
    pub by: String,
    /// When.
    pub made_at: Timestamp,
    /// A MAC of all of the above: nobody who writes to the database has a person approve what was not asked.
    pub mark: Digest,
    /// What was said to it.
    pub answer: Option<Answer>,
    /// Counts changes from 1, as a token's does.
    pub revision: u64,
}

/// What was said to an ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// That.
    pub said: Said,
    /// The id of who said it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// A word to who asked.
    pub note: String,
}

/// Yes or no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// These scopes were lent, until then.
    Approved {
        /// Which, sorted: perhaps fewer than were asked for.
        scopes: Vec<ScopeName>,
        /// The first moment at which they are not lent any more.
        until: Timestamp,
    },
    /// Nothing was lent.
    Denied,
    /// Who asked does not want it any more.
    Withdrawn,
}

/// What has become of an ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AskState {
    /// It waits for an answer.
    Open,
    /// What was approved is lent now.
    Approved,
    /// What was approved is not lent any more.
    Ended,
    /// It was denied.
    Denied,
    /// Who asked has taken it back.
    Withdrawn,
    /// Nobody has answered, and nobody will: too long ago, or the token was revoked.
    Lapsed,
}

impl Ask {
    /// The MAC of what is asked, under this pepper. What was said to it is not in it.
    pub fn marked(&self, pepper: &Pepper) -> Digest {
        let Self { id, service, token, scopes, lasts, reason, by, made_at, mark: _, answer: _, revision: _ } =
            self;
        let scopes: Vec<_> = scopes.iter().map(ScopeName::as_str).collect();
        let said = serde_json::json!([
            id.to_string(),
            service.as_str(),
            token.to_string(),
            scopes,
            lasts.to_string(),
            reason,
            by,
            made_at.as_millisecond()
        ]);
        // As no secret begins that is digested under the same pepper.
        pepper.digest(format!("ask\0{said}").as_bytes())
    }

    /// Whether it is what was asked, under one of these keys.
    pub fn is_whole(&self, keys: &Keys) -> bool {
        keys.peppers().any(|pepper| self.marked(pepper) == self.mark)
    }

    /// What has become of it at `now`, where its token is this; `None`: there is none any more.
    pub fn state(&self, token: Option<&Token>, now: Timestamp) -> AskState {
        let token = token.filter(|token| token.revoked_at.is_none());
        let lent =
            |token: &Token| token.loans.iter().any(|loan| loan.ask == self.id.to_string() && loan.holds(now));
        match self.answer.as_ref().map(|answer| &answer.said) {
            None if token.is_none() || self.lapses_at() <= now => AskState::Lapsed,
            None => AskState::Open,
            Some(Said::Approved { .. }) if token.is_some_and(lent) => AskState::Approved,
            Some(Said::Approved { .. }) => AskState::Ended,
            Some(Said::Denied) => AskState::Denied,
            Some(Said::Withdrawn) => AskState::Withdrawn,
        }
    }

    /// The first moment at which nobody can answer it any more.
    pub fn lapses_at(&self) -> Timestamp {
        self.made_at.saturating_add(OPEN).unwrap_or(Timestamp::MAX)
    }
}

/// A text that is no state of an ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an ask is open, approved, ended, denied, withdrawn or lapsed")]
pub struct AskStateFault;

impl AskState {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Open, Self::Approved, Self::Ended, Self::Denied, Self::Withdrawn, Self::Lapsed];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Ended => "ended",
            Self::Denied => "denied",
            Self::Withdrawn => "withdrawn",
            Self::Lapsed => "lapsed",
        }
    }
}

impl fmt::Display for AskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for AskState {
    type Err = AskStateFault;

    fn from_str(text: &str) -> Result<Self, AskStateFault> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(AskStateFault)
    }
}
