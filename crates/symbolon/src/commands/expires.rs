//! When a token ends, as people write it.

use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use symbolon_core::Timestamp;
use symbolon_core::lifetime::Lifetime;

/// An end as people write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expires {
    /// So long from now, or never.
    In(Lifetime),
    /// At this moment.
    At(Timestamp),
}

impl FromStr for Expires {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "never" {
            return Ok(Self::In(Lifetime::Never));
        }
        if let Ok(lifetime) = text.parse() {
            return Ok(Self::In(lifetime));
        }
        if let Ok(moment) = text.parse() {
            return Ok(Self::At(moment));
        }
        // jiff reads a date out of a longer text too, and would drop the hour of one without its offset.
        let date = text.parse::<Date>().ok().filter(|_| text.len() == "2027-01-31".len());
        let start = date.and_then(|date| date.to_zoned(TimeZone::UTC).ok());
        start
            .map(|start| Self::At(start.timestamp()))
            .ok_or("such as 30d, 2027-01-31, 2027-01-31T12:00:00Z or never")
    }
}

impl Expires {
    /// `expires_at` and `expires_in` of the wire.
    pub(super) fn fields(end: Option<&Self>) -> (Option<String>, Option<String>) {
        match end {
            None => (None, None),
            Some(Self::At(moment)) => (Some(moment.to_string()), None),
            Some(Self::In(lifetime)) => (None, Some(lifetime.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_read_as_people_write_it() {
        let at = |text: &str| Expires::At(text.parse().unwrap());
        for (text, end) in [
            ("30d", Expires::In(Lifetime::Seconds(2_592_000))),
            ("never", Expires::In(Lifetime::Never)),
            ("2027-01-31", at("2027-01-31T00:00:00Z")),
            ("2027-01-31T12:00:00Z", at("2027-01-31T12:00:00Z")),
            ("2027-01-31T12:00:00+02:00", at("2027-01-31T10:00:00Z")),
        ] {
            assert_eq!(text.parse(), Ok(end), "{text}");
        }
        for text in ["", "soon", "2027-02-30", "2027-01-31T12:00:00", "20270131", "31.1.2027", "1y"] {
            assert!(text.parse::<Expires>().is_err(), "{text}");
        }
    }
}
