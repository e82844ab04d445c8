//! Times on a page: what the reader sees, and the exact moment.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::text::{EN, counted};

/// A moment, as `<time>`: readable where no script runs; the script puts it into the reader's zone. The exact one is
/// its title.
#[derive(Template, Debug, Clone)]
#[template(path = "parts/moment.html")]
pub(super) struct Moment {
    iso: String,
    text: String,
    exact: String,
}

// It is a template, and so its own values are escaped.
impl HtmlSafe for Moment {}

impl Moment {
    /// A moment with its minute.
    pub(super) fn at(at: Timestamp) -> Self {
        Self { iso: at.to_string(), text: written(at, EN.format_minute), exact: written(at, EN.format_exact) }
    }

    /// A moment of the wire. What cannot be read is shown as it came.
    pub(super) fn read(text: &str) -> Self {
        match text.parse() {
            Ok(at) => Self::at(at),
            Err(_) => Self { iso: String::new(), text: text.to_owned(), exact: text.to_owned() },
        }
    }

    /// The exact moment in words, in UTC.
    pub(super) fn exact(&self) -> &str {
        &self.exact
    }
}

/// The day of a moment, in words, in UTC.
pub(super) fn day(at: Timestamp) -> String {
    written(at, EN.format_day)
}

/// A calendar day of the wire (`2026-11-26`), in words.
pub(super) fn day_of(text: &str) -> String {
    match text.parse::<jiff::civil::Date>() {
        Ok(date) => date.strftime(EN.format_day).to_string(),
        Err(_) => text.to_owned(),
    }
}

fn written(at: Timestamp, format: &str) -> String {
    at.to_zoned(TimeZone::UTC).strftime(format).to_string()
}

/// How long ago, in the largest unit that fits: `2 minutes ago`.
pub(super) fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = (now.as_second() - at.as_second()).max(0);
    let t = &EN;
    let (unit, one, many) = match seconds {
        0..60 => return t.just_now.to_owned(),
        60..3_600 => (60, t.minutes_ago_one, t.minutes_ago_many),
        3_600..86_400 => (3_600, t.hours_ago_one, t.hours_ago_many),
        _ => (86_400, t.days_ago_one, t.days_ago_many),
    };
    counted(one, many, (seconds / unit).unsigned_abs())
}

/// How much time is left until `end`, in the largest unit that fits: `9 minutes left`.
pub(super) fn left(end: Timestamp, now: Timestamp) -> String {
    let seconds = (end.as_second() - now.as_second()).max(0);
    let t = &EN;
    let (unit, one, many) = match seconds {
        0..60 => return t.seconds_left.to_owned(),
        60..3_600 => (60, t.minutes_left_one, t.minutes_left_many),
        _ => (3_600, t.hours_left_one, t.hours_left_many),
    };
    counted(one, many, (seconds / unit).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_readable_and_exact() {
        let html = Moment::read("2026-11-26T10:05:09.123Z").render().unwrap();
        assert!(html.contains(r#"datetime="2026-11-26T10:05:09.123Z""#), "{html}");
        assert!(html.contains("26 Nov 2026, 10:05 UTC") && html.contains("10:05:09 UTC"), "{html}");
    }

    #[test]
    fn what_is_no_moment_is_text() {
        let html = Moment::read("<b>").render().unwrap();
        assert!(!html.contains("<b>"), "{html}");
    }

    #[test]
    fn ago_is_rounded_down() {
        let at = |seconds: i64| Timestamp::from_second(1_000_000 + seconds).unwrap();
        for (seconds, text) in [
            (-5, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (7_199, "1 hour ago"),
            (172_800, "2 days ago"),
        ] {
            assert_eq!(ago(at(0), at(seconds)), text);
        }
    }

    #[test]
    fn what_is_left_is_rounded_down() {
        let at = |seconds: i64| Timestamp::from_second(1_000_000 + seconds).unwrap();
        for (seconds, text) in [
            (-5, "less than a minute left"),
            (59, "less than a minute left"),
            (60, "1 minute left"),
            (599, "9 minutes left"),
            (86_400, "24 hours left"),
        ] {
            assert_eq!(left(at(seconds), at(0)), text);
        }
    }
}
