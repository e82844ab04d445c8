//! What limit a token is asked to have.

use crate::catalog::Catalog;
use crate::code::Refusal;
use crate::rate::Rate;

/// How many requests a token shall be let make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RateLimit {
    /// As the catalog says, now and later.
    #[default]
    Default,
    /// By a limit of its own.
    Own(Rate),
}

impl RateLimit {
    /// The token's own rate, if it shall have one and the catalog allows it.
    pub(super) fn within(self, catalog: &Catalog) -> Result<Option<Rate>, Refusal> {
        let Self::Own(rate) = self else { return Ok(None) };
        match catalog.limits.max_token.filter(|max| !rate.is_within(*max)) {
            None => Ok(Some(rate)),
            Some(max) => Err(Refusal::field(
                "rate_limit",
                format!(
                    "a token of {} makes at most {max}, {} of them at once; {rate} would let more pass, at once or in time",
                    catalog.service,
                    max.burst()
                ),
            )),
        }
    }
}
