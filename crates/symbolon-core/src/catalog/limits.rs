//! How many requests tokens may make (`[limits]` in a catalog). Every limit is off unless it is set.

use crate::rate::Rate;

/// The rates of one service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Of all its tokens together.
    pub service: Option<Rate>,
    /// Of each token that has none of its own.
    pub token: Option<Rate>,
    /// Within what a token's own has to be.
    pub max_token: Option<Rate>,
}

impl Limits {
    /// The rate that a token is held to which has `own`. One of its own that the catalog allows no more gives way to the
    /// most that it allows.
    pub fn of_token(&self, own: Option<Rate>) -> Option<Rate> {
        match (own, self.max_token) {
            (None, _) => self.token,
            (Some(own), Some(max)) if !own.is_within(max) => Some(max),
            (own, _) => own,
        }
    }
}
