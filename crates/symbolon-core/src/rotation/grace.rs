//! The time that users of the old secret are given once the new one is in use.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

use crate::lifetime::Lifetime;

/// From the first use of the new secret to the end of the old one. Whole seconds, up to 30 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grace(u32);

/// A text that is no grace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a grace is a whole number and a unit (s, m, h, d, w), such as 1h, from 0s to 30d")]
pub struct GraceFault;

const MAX_SECONDS: u32 = 30 * 86_400;

impl Grace {
    /// An hour: what is given where nothing is said. Long enough for a deployment to reach all that share the secret.
    pub const DEFAULT: Self = Self(3_600);

    /// A grace of so many seconds, at most 30 days of them.
    pub fn seconds(seconds: u32) -> Result<Self, GraceFault> {
        if seconds <= MAX_SECONDS { Ok(Self(seconds)) } else { Err(GraceFault) }
    }

    /// How many seconds it is.
    pub fn as_seconds(self) -> u32 {
        self.0
    }

    /// The moment at which it is over, where it begins at `start`.
    pub(super) fn after(self, start: Timestamp) -> Timestamp {
        start.saturating_add(SignedDuration::from_secs(self.0.into())).unwrap_or(Timestamp::MAX)
    }
}

impl FromStr for Grace {
    type Err = GraceFault;

    fn from_str(text: &str) -> Result<Self, GraceFault> {
        if let Some(zeros) = text.strip_suffix(['s', 'm', 'h', 'd', 'w'])
            && !zeros.is_empty()
            && zeros.bytes().all(|b| b == b'0')
        {
            return Ok(Self(0));
        }
        match text.parse() {
            Ok(Lifetime::Seconds(seconds)) => {
                u32::try_from(seconds).map_err(|_| GraceFault).and_then(Self::seconds)
            }
            Ok(Lifetime::Never) | Err(_) => Err(GraceFault),
        }
    }
}

impl fmt::Display for Grace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Lifetime::seconds(self.0.into()) {
            Ok(lifetime) => lifetime.fmt(f),
            Err(_) => f.write_str("0s"),
        }
    }
}
