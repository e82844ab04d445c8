//! Tokens that were made by a token, and scopes that are lent to one.
//!
//! A child never does what its parent could not do at that moment: nothing of the parent is written into it, it is looked
//! at anew in each decision. What is lent ends by itself.

use jiff::Timestamp;

use crate::id::TokenId;
use crate::name::ScopeName;

/// How many generations there are at most below a token that a person made.
pub const MAX_DEPTH: u8 = 4;

/// The token that a token was derived from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parent {
    /// Which.
    pub id: TokenId,
    /// How far the child is from a token that was not derived: 1 for a child of one.
    pub depth: u8,
}

/// Scopes that somebody lends to a token for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loan {
    /// What is lent. The owner's role cuts it, as it cuts what is granted.
    pub scopes: Vec<ScopeName>,
    /// The first moment at which it is not lent any more.
    pub until: Timestamp,
    /// The id of who lent it.
    pub by: String,
    /// The id of what it was asked by.
    pub ask: String,
}

impl Loan {
    /// Whether it gives anything at `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until > now
    }
}
