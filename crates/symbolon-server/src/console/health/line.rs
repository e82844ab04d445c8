//! Checks of the last seconds, as a line.

use std::fmt::Write;

use askama::Template;
use askama::filters::HtmlSafe;
use symbolon_api::Rate;

use crate::console::chart::scaled;
use crate::console::text::{EN, fill, number};

/// Seconds that are shown.
const SECONDS: usize = 60;
/// Units between two of them.
const STEP: usize = 5;
/// How high the line may rise, in units, under a chart of 60.
const HEIGHT: u64 = 58;

/// A line of checks per second, the last one on the right.
#[derive(Template, Debug)]
#[template(path = "parts/line.html")]
pub(super) struct RateLine {
    label: String,
    path: String,
    /// The same with the ground below it.
    area: String,
    /// Of the last second.
    pub(super) now: u64,
    /// The most in one of these seconds.
    pub(super) most: u64,
}

// A template, and so its own values are escaped.
impl HtmlSafe for RateLine {}

impl RateLine {
    /// Of these seconds, oldest first.
    pub(super) fn of(rates: &[Rate]) -> Self {
        let shown = &rates[rates.len().saturating_sub(SECONDS)..];
        let checks = shown
            .iter()
            .map(|rate| rate.allowed.saturating_add(rate.refused).saturating_add(rate.unavailable));
        let checks: Vec<u64> = checks.collect();
        let most = checks.iter().copied().max().unwrap_or_default();
        let least = checks.iter().copied().min().unwrap_or_default();
        let begins = (SECONDS - checks.len()) * STEP;
        let mut path = String::new();
        for (place, count) in checks.iter().enumerate() {
            let (letter, x) = (if place == 0 { 'M' } else { 'L' }, begins + place * STEP);
            // Writing to a String does not fail.
            let _ = write!(path, "{letter}{x} {}", 59 - scaled(*count, most, HEIGHT));
        }
        let area = if path.is_empty() { String::new() } else { format!("{path}V60H{begins}z") };
        let seconds = checks.len().to_string();
        let label = [("seconds", seconds.as_str()), ("least", &number(least)), ("most", &number(most))];
        Self {
            label: fill(EN.health_rate_label, &label),
            path,
            area,
            now: checks.last().copied().unwrap_or_default(),
            most,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(counts: &[u64]) -> Vec<Rate> {
        let rate = |allowed: &u64| Rate { at: String::new(), allowed: *allowed, refused: 1, unavailable: 0 };
        counts.iter().map(rate).collect()
    }

    #[test]
    fn the_last_second_is_on_the_right() {
        let line = RateLine::of(&rates(&[0, 9]));
        assert_eq!((line.path.as_str(), line.now, line.most), ("M290 54L295 1", 10, 10));
        assert_eq!(line.area, "M290 54L295 1V60H290z");
    }

    #[test]
    fn the_line_stays_in_its_chart() {
        let line = RateLine::of(&rates(&[u64::MAX; 70]));
        assert!(line.path.starts_with("M0 1L5 1") && line.path.ends_with("L295 1"), "{}", line.path);
        let none = RateLine::of(&[]);
        assert!(none.path.is_empty() && none.area.is_empty());
    }
}
