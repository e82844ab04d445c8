//! Lifetimes as people write them: `30d`, `12h`, `none`.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

/// How long a token lives from its creation, or for ever. Whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lifetime {
    /// So many seconds, at least one and at most a hundred years.
    Seconds(i64),
    /// No end. Ordered after every finite lifetime.
    Never,
}

/// A text that is no lifetime.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a lifetime is a whole number and a unit (s, m, h, d, w), such as 30d, at most 36500d; or none")]
pub struct LifetimeFault;

const MAX_SECONDS: i64 = 36_500 * 86_400;

impl Lifetime {
    /// A lifetime of so many seconds, if that is between one second and a hundred years.
    pub fn seconds(seconds: i64) -> Result<Self, LifetimeFault> {
        if (1..=MAX_SECONDS).contains(&seconds) { Ok(Self::Seconds(seconds)) } else { Err(LifetimeFault) }
    }

    /// The moment from which so long has passed at `now`; `None` where it never does, or never has.
    pub fn ago(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Seconds(seconds) => now.checked_sub(SignedDuration::from_secs(seconds)).ok(),
            Self::Never => None,
        }
    }

    /// The moment at which something created at `start` ends; `None` is never. A moment that no calendar
    /// holds is never reached either, and cannot come up before the year 9899.
    pub fn end(self, start: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Seconds(seconds) => start.checked_add(SignedDuration::from_secs(seconds)).ok(),
            Self::Never => None,
        }
    }
}

impl FromStr for Lifetime {
    type Err = LifetimeFault;

    fn from_str(text: &str) -> Result<Self, LifetimeFault> {
        if text == "none" {
            return Ok(Self::Never);
        }
        let (count, unit) = text.split_at_checked(text.len().wrapping_sub(1)).ok_or(LifetimeFault)?;
        let unit = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            "w" => 604_800,
            _ => return Err(LifetimeFault),
        };
        if count.is_empty() || !count.bytes().all(|b| b.is_ascii_digit()) {
            return Err(LifetimeFault);
        }
        let seconds = count.parse::<i64>().ok().and_then(|n| n.checked_mul(unit)).ok_or(LifetimeFault)?;
        Self::seconds(seconds)
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Seconds(seconds) = self else { return f.write_str("none") };
        let (size, unit) = [(86_400, "d"), (3_600, "h"), (60, "m")]
            .into_iter()
            .find(|(size, _)| seconds % size == 0)
            .unwrap_or((1, "s"));
        write!(f, "{}{unit}", seconds / size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, seconds) in [("30d", 2_592_000), ("12h", 43_200), ("1s", 1), ("2w", 1_209_600)] {
            assert_eq!(text.parse(), Ok(Lifetime::Seconds(seconds)), "{text}");
        }
        assert_eq!("none".parse(), Ok(Lifetime::Never));
        assert_eq!("90m".parse::<Lifetime>().unwrap().to_string(), "90m");
        assert_eq!("24h".parse::<Lifetime>().unwrap().to_string(), "1d");
    }

    #[test]
    fn refuses_what_is_no_lifetime() {
        for text in
            ["", "d", "0d", "-1d", "+1d", "30", "30 d", "1y", "36501d", "99999999999999999999d", "é", "never"]
        {
            assert!(text.parse::<Lifetime>().is_err(), "{text}");
        }
    }
}
